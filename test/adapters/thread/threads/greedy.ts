import { parentPort } from 'node:worker_threads';

/** A check that takes all the memory it can get. */
parentPort?.on('message', () => {
  const kept: object[] = [];
  for (;;) kept.push({ something: Array.from({ length: 1_000 }, () => kept.length) });
});
parentPort?.postMessage({ kind: 'ready' });
