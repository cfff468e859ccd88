import { parentPort } from 'node:worker_threads';

/** A check that takes the thread down with it. */
parentPort?.on('message', ({ input }: { input: { name: string } }) => {
  if (input.name === 'exit') process.exit(3);
  throw new Error('-----BEGIN PRIVATE KEY-----');
});
parentPort?.postMessage({ kind: 'ready' });
