import { readFile } from 'node:fs/promises';
import type { ContainerLog } from './container-log.ts';
import type { Container } from './pod-object.ts';

const fileLimit = 4_096;
const logLimit = { lines: 80, characters: 2_048 };

/** What the container left in its terminationMessagePath; with FallbackToLogsOnError, after an error, else the end of its log. */
export async function terminationMessage(
  container: Container,
  file: string,
  log: ContainerLog,
  exitCode: number,
): Promise<string> {
  const left = (await readFile(file).catch(() => Buffer.alloc(0))).subarray(0, fileLimit).toString('utf8');
  const fallback = container.terminationMessagePolicy === 'FallbackToLogsOnError' && exitCode !== 0;
  if (left !== '' || !fallback) return left;
  const tail = log.lines().slice(-logLimit.lines);
  return tail
    .map(({ text }) => `${text}\n`)
    .join('')
    .slice(-logLimit.characters);
}
