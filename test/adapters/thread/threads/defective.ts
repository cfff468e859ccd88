import { parentPort } from 'node:worker_threads';

/** A check that meets a defect of ours. */
parentPort?.on('message', ({ id }: { id: number }) => {
  parentPort?.postMessage({ kind: 'failed', id, error: 'TypeError\n    at checkSource (check-source.ts:1:1)' });
});
parentPort?.postMessage({ kind: 'ready' });
