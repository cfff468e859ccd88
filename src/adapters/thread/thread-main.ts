import { parentPort, workerData } from 'node:worker_threads';
import { checkSource } from '../../domain/credentials/checks/check-source.ts';
import { parseAppleRoots } from '../apple/apple-roots.ts';
import { credentialTools } from '../apple/encrypted-key.ts';
import type { CheckRequest, ThreadAnswer, ThreadData } from './thread-messages.ts';
import { plain } from './thread-verdict.ts';

/** The thread in which credentials are read: it may be ended at any moment, so it keeps nothing between two requests. */

const appleRoots = parseAppleRoots((workerData as ThreadData).appleRootsPem);

function answer(message: ThreadAnswer): void {
  parentPort?.postMessage(message);
}

/** The kind of an error and the places in our code, without its message. */
function placesOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  const places = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  return [error.name, ...places].join('\n');
}

parentPort?.on('message', ({ id, input }: CheckRequest) => {
  try {
    answer({ kind: 'verdict', id, verdict: plain(checkSource({ ...input, appleRoots }, credentialTools)) });
  } catch (error) {
    answer({ kind: 'failed', id, error: placesOf(error) });
  } finally {
    for (const bytes of Object.values(input.data)) bytes.fill(0);
  }
});

answer({ kind: 'ready' });
