import { join } from 'node:path';
import { limits } from '../../domain/credentials/reading/limits.ts';
import type { Provider } from '../../domain/credentials/wallet-credential.ts';
import type { FileReading } from './file.ts';
import { keyFiles, metadataFile, requiredFiles } from './folder-files.ts';

interface Folder {
  provider: Provider;
  directory: string;
  mounted: boolean;
}

/** The permissions that others than the owner have to read or to write. */
const othersReadOrWrite = 0o066;

/** Why a folder has no directory to read from. */
export function folderProblem(directory: string, mounted: boolean, code: string): string {
  if (mounted) return `${directory}/..data cannot be followed (${code}): mount the live Secret again.`;
  if (code === 'ENOENT')
    return `${directory} does not exist: mount the live Secret there, or make a folder with its keys as files.`;
  if (code === 'ENOTDIR') return `${directory} is not a folder: name the folder, not a file in it.`;
  return `${directory} cannot be opened (${reasonOf(code)}).`;
}

/** Every problem with the files, apart from what they hold. */
export function fileProblems(folder: Folder, files: ReadonlyMap<string, FileReading>): string[] {
  return [...files].flatMap(([name, file]) => {
    const path = join(folder.directory, name);
    const problem = problemOf(folder, name, path, file);
    return problem === undefined ? [] : [problem];
  });
}

function problemOf({ provider, mounted }: Folder, name: string, path: string, file: FileReading): string | undefined {
  const expected = requiredFiles[provider][name];
  switch (file.outcome) {
    case 'failed':
      if (file.code !== 'ENOENT') return `${path} cannot be read (${reasonOf(file.code)}).`;
      return expected === undefined ? undefined : `${path} is missing: it must hold ${expected}.`;
    case 'not a file':
      return `${path} is not a regular file; it must hold ${expected ?? 'what the controller writes'}.`;
    case 'too large':
      return `${path} has ${file.size} bytes; at most ${limits.valueBytes} are read, which is far more than any credential has.`;
    case 'read':
      if (!mounted && keyFiles.includes(name) && (file.mode & othersReadOrWrite) !== 0)
        return modeProblem(path, file.mode);
      return isBlank(file.bytes) ? emptyProblem(path, name, expected) : undefined;
  }
}

function modeProblem(path: string, mode: number): string {
  const found = (mode & 0o7777).toString(8).padStart(3, '0');
  return `${path} holds a private key, and others than its owner may read or write it (mode ${found}; 600 is wanted): run chmod 600 ${path}.`;
}

function emptyProblem(path: string, name: string, expected: string | undefined): string {
  if (name === metadataFile) return `${path} is empty: remove it, or copy it from the live Secret.`;
  return `${path} is empty; it must hold ${expected ?? 'something'}.`;
}

function isBlank(bytes: Buffer): boolean {
  return bytes.every((byte) => byte === 0x20 || (byte >= 0x09 && byte <= 0x0d));
}

function reasonOf(code: string): string {
  if (code !== 'EACCES' && code !== 'EPERM') return code;
  const user = process.getuid?.();
  const who = user === undefined ? '' : ` by user ${user}`;
  return `${code}: not readable${who}; in a pod set securityContext.fsGroup, elsewhere make that user its owner`;
}
