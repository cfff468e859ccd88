import { parentPort, workerData } from 'node:worker_threads';
import { type Files, SecretVolume } from './folders.ts';

/** Swaps a Secret volume between contents without a pause, until it is told to stop; counts in shared memory. */
export interface SwappingData {
  parent: string;
  contents: Files[];
  /** [0]: swaps done; [1]: not 0 when it is to stop. */
  counters: Int32Array<SharedArrayBuffer>;
}

const { parent, contents, counters } = workerData as SwappingData;
const volume = new SecretVolume(parent, contents[0] ?? {});
parentPort?.postMessage(volume.directory);
while (Atomics.load(counters, 1) === 0) {
  volume.swap(contents[Atomics.add(counters, 0, 1) % contents.length] ?? {});
}
