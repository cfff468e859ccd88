import { type BigIntStats, readlinkSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';

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

/** Where `..data` points to; undefined: there is none, so nothing is mounted. */
function dataTarget(directory: string): string | undefined {
  try {
    return readlinkSync(join(directory, '..data'));
  } catch {
    return undefined;
  }
}

/** Why a path is not a directory that can be read from; undefined: it is. */
function obstacle(path: string): string | undefined {
  try {
    return statSync(path).isDirectory() ? undefined : 'ENOTDIR';
  } catch (error) {
    return codeOf(error);
  }
}

/**
 * Resolves a credential folder once. Of a mounted Secret the mark is that of the directory to which `..data` points; of a
 * plain folder it is made of every file's inode, size and times. The target is part of it even when it is gone already:
 * then `..data` points elsewhere by now, and another look has another mark.
 */
export function locate(directory: string, names: readonly string[]): Location {
  const target = dataTarget(directory);
  const mounted = target !== undefined;
  const base = mounted ? resolve(directory, target) : directory;
  const code = obstacle(base);
  if (code !== undefined) return { mounted, base: undefined, mark: `${base} ${code}`, code };
  const files = mounted ? [base] : names.map((name) => join(base, name));
  return { mounted, base, mark: [base, ...files.map(statMark)].join(' ') };
}
