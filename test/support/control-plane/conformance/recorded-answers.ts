import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';

/** What a real API server has answered: case → everything in the order of its requests, in normal form. */
export type RecordedAnswers = Record<string, unknown[]>;

function pathOf(group: string): string {
  return fileURLToPath(new URL(`recorded/${group.replaceAll(' ', '-')}.json`, import.meta.url));
}

/** The answers of a group of cases. */
export async function readAnswers(group: string): Promise<RecordedAnswers> {
  return JSON.parse(await readFile(pathOf(group), 'utf8')) as RecordedAnswers;
}

/** Writes the answers of a group of cases, in the house's format. */
export async function writeAnswers(group: string, answers: RecordedAnswers): Promise<void> {
  const path = pathOf(group);
  const options = await resolveConfig(path);
  await writeFile(path, await format(JSON.stringify(answers), { ...options, filepath: path }));
}
