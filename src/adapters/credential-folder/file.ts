import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import { limits } from '../../domain/credentials/reading/limits.ts';
import { codeOf } from './location.ts';

/** One file of a folder as it was found. */
export type FileReading =
  | { outcome: 'read'; bytes: Buffer; mode: number }
  | { outcome: 'too large'; size: number; mode: number }
  | { outcome: 'not a file' }
  /** What the operating system said, such as ENOENT or EACCES. */
  | { outcome: 'failed'; code: string };

type Opened = { descriptor: number } | { code: string };

/**
 * Reads files of one directory. All are opened before the first is read: what kubelet removes meanwhile can still be
 * read, so the moment in which a swap can be met is some ten microseconds. That is also why nothing here is
 * asynchronous: the files are few, small and, in a pod, in memory.
 */
export function readFiles(base: string, names: readonly string[]): Map<string, FileReading> {
  const opened = names.map((name) => [name, open(join(base, name))] as const);
  try {
    return new Map(opened.map(([name, file]) => [name, readOpened(file)]));
  } finally {
    for (const [, file] of opened) if ('descriptor' in file) closeSync(file.descriptor);
  }
}

/** A named pipe would be waited for: O_NONBLOCK opens it at once, and it is found to be no file. */
function open(path: string): Opened {
  try {
    return { descriptor: openSync(path, constants.O_RDONLY | constants.O_NONBLOCK) };
  } catch (error) {
    return { code: codeOf(error) };
  }
}

function readOpened(file: Opened): FileReading {
  if ('code' in file) return { outcome: 'failed', code: file.code };
  try {
    const stats = fstatSync(file.descriptor);
    return stats.isFile() ? readRegular(file.descriptor, stats) : { outcome: 'not a file' };
  } catch (error) {
    return { outcome: 'failed', code: codeOf(error) };
  }
}

function readRegular(descriptor: number, { mode, size }: Stats): FileReading {
  const buffer = Buffer.alloc(limits.valueBytes + 1);
  let length = 0;
  for (;;) {
    const count = readSync(descriptor, buffer, length, buffer.length - length, length);
    length += count;
    if (count === 0 || length === buffer.length) break;
  }
  if (length > limits.valueBytes) return { outcome: 'too large', size: Math.max(size, length), mode };
  return { outcome: 'read', bytes: buffer.subarray(0, length), mode };
}
