import { parentPort } from 'node:worker_threads';

/** A check that never ends; a later thread of the same file ends at once when the Secret is called `quick`. */
parentPort?.on('message', ({ id, input }: { id: number; input: { name: string } }) => {
  while (input.name !== 'quick');
  const verdict = { accepted: false, reason: 'MalformedJson', message: 'quick' };
  parentPort?.postMessage({ kind: 'verdict', id, verdict });
});
parentPort?.postMessage({ kind: 'ready' });
