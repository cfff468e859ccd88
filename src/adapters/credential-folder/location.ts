import { type BigIntStats, lstatSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Where the files of a folder are at this moment. */
export interface Location {
  /** A mounted Secret: kubelet fills a new directory and swaps the symlink `..data` to it; a directory once filled never changes. */
  mounted: boolean;
  /** The directory to read every file from; undefined: there is none. */
  base: string | undefined;
  /** The same text as long as nothing has changed. */
  mark: string;
  /** Why there is no base, as the operating system calls it. */
  code?: string;
}

/** The name of an error of the operating system, such as ENOENT. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
}

function statMark(path: string): string {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs }: BigIntStats = statSync(path, { bigint: true });
    return [dev, ino, size, mtimeNs, ctimeNs].join(':');
  } catch (error) {
    return codeOf(error);
  }
}

function isMounted(directory: string): boolean {
  try {
    lstatSync(join(directory, '..data'));
    return true;
  } catch {
    return false;
  }
}

function resolved(path: string): { base: string } | { code: string } {
  try {
    const base = realpathSync(path);
    return statSync(base).isDirectory() ? { base } : { code: 'ENOTDIR' };
  } catch (error) {
    return { code: codeOf(error) };
  }
}

/**
 * Resolves a credential folder once. Of a mounted Secret the mark is that of the directory behind `..data`; of a plain
 * folder it is made of every file's inode, size and times.
 */
export function locate(directory: string, names: readonly string[]): Location {
  const mounted = isMounted(directory);
  const place = resolved(mounted ? join(directory, '..data') : directory);
  if ('code' in place) return { mounted, base: undefined, mark: place.code, code: place.code };
  const { base } = place;
  const files = mounted ? [base] : names.map((name) => join(base, name));
  return { mounted, base, mark: [base, ...files.map(statMark)].join(' ') };
}
