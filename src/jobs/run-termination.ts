import { closeSync, ftruncateSync, openSync, writeSync } from 'node:fs';

/** Bytes of a termination message; Kubernetes cuts what is longer. */
const longest = 4_096;

/** Writes Kubernetes' termination message. Only where the file is there: elsewhere nobody asks for it. */
export function writeTermination(path: string, message: string): void {
  try {
    const file = openSync(path, 'r+');
    try {
      ftruncateSync(file);
      writeSync(file, beginning(message));
    } finally {
      closeSync(file);
    }
  } catch {
    // What it says was logged, too.
  }
}

/** As much as may be written, in whole characters: half of one would be no text to Kubernetes. */
function beginning(message: string): string {
  return new TextDecoder().decode(Buffer.from(message).subarray(0, longest), { stream: true });
}
