import { closeSync, ftruncateSync, openSync, writeSync } from 'node:fs';

/** Bytes of a termination message; Kubernetes cuts what is longer. */
const longest = 4_096;

/** Writes Kubernetes' termination message. Only where the file is there: elsewhere nobody asks for it. */
export function writeTermination(path: string, message: string): void {
  try {
    const file = openSync(path, 'r+');
    try {
      ftruncateSync(file);
      writeSync(file, Buffer.from(message).subarray(0, longest));
    } finally {
      closeSync(file);
    }
  } catch {
    // What it says was logged, too.
  }
}
