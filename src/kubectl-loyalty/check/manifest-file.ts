import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { extname, join, resolve } from 'node:path';

/** A file that was named, or found in a folder that was. */
export interface ManifestFile {
  /** As it was named; `-` is standard input. */
  path: string;
  inFolder: boolean;
}

/** A file, or a document in it, that nobody can make sense of. */
export interface Unreadable {
  file: string;
  /** From 1. */
  document?: number;
  /** From 1. */
  line?: number;
  /** What was found, what to do. Never words of the file. */
  message: string;
}

const extensions = ['.yaml', '.yml', '.json'];
/** Bytes of one file. All objects of a large cluster are less. */
export const fileLimit = 32 * 1024 * 1024;

/**
 * The files behind the names, each once, those of a folder in the order of their names. As kubectl, it follows no links to
 * folders inside a folder.
 */
export async function findManifestFiles(
  names: readonly string[],
  recursive: boolean,
): Promise<{ files: ManifestFile[]; unreadable: Unreadable[] }> {
  const files: ManifestFile[] = [];
  const unreadable: Unreadable[] = [];
  for (const name of names) {
    try {
      const isFolder = name !== '-' && (await stat(name)).isDirectory();
      const found = isFolder ? await filesIn(name, recursive) : [{ path: name, inFolder: false }];
      if (found.length === 0) unreadable.push({ file: name, message: emptyFolder(recursive) });
      files.push(...found);
    } catch (error) {
      unreadable.push({ file: name, message: reasonOf(error, name) });
    }
  }
  return { files: eachOnce(files), unreadable };
}

/** A file and its folder may both be named: what it holds is there once. */
function eachOnce(files: readonly ManifestFile[]): ManifestFile[] {
  const distinct = new Map<string, ManifestFile>();
  for (const file of files) {
    const key = file.path === '-' ? '-' : resolve(file.path);
    if (distinct.get(key)?.inFolder !== false) distinct.set(key, file);
  }
  return [...distinct.values()];
}

function emptyFolder(recursive: boolean): string {
  const deeper = recursive ? '' : '; -R looks into the folders below, too';
  return `the folder has no file that ends in ${extensions.join(', ')}${deeper}`;
}

async function filesIn(folder: string, recursive: boolean): Promise<ManifestFile[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const found: ManifestFile[] = [];
  for (const entry of entries.toSorted((left, right) => (left.name < right.name ? -1 : 1))) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      if (recursive) found.push(...(await filesIn(path, recursive)));
    } else if (extensions.includes(extname(entry.name).toLowerCase()) && (await stat(path)).isFile()) {
      found.push({ path, inFolder: true });
    }
  }
  return found;
}

/** The text of a file. Pipes work, too: `-f <(sops -d secret.yaml)`. */
export async function readManifestFile(
  { path }: ManifestFile,
  stdin: AsyncIterable<Uint8Array | string>,
): Promise<{ text: string } | { unreadable: Unreadable }> {
  try {
    const bytes = await readAtMost(path === '-' ? stdin : createReadStream(path), fileLimit);
    if (!bytes)
      return { unreadable: { file: path, message: `is larger than ${fileLimit / 1024 / 1024} MiB: split it` } };
    const problem = notText(bytes);
    if (problem !== undefined) return { unreadable: { file: path, message: problem } };
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
  } catch (error) {
    return { unreadable: { file: path, message: reasonOf(error, path) } };
  }
}

async function readAtMost(stream: AsyncIterable<Uint8Array | string>, limit: number): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream) {
    chunks.push(Buffer.from(chunk as Uint8Array));
    size += chunk.length;
    if (size > limit) return undefined;
  }
  return Buffer.concat(chunks);
}

/** Files that are encrypted as a whole, by how they begin. */
const encrypted: [beginning: string, tool: string, advice: string][] = [
  ['\0GITCRYPT', 'git-crypt', 'unlock the repository first: git-crypt unlock'],
  ['$ANSIBLE_VAULT', 'Ansible Vault', 'decrypt it first: ansible-vault view FILE | kubectl loyalty check -f -'],
  ['-----BEGIN AGE ENCRYPTED FILE', 'age', 'decrypt it first: age -d FILE | kubectl loyalty check -f -'],
  ['age-encryption.org/', 'age', 'decrypt it first: age -d FILE | kubectl loyalty check -f -'],
  ['-----BEGIN PGP MESSAGE', 'PGP', 'decrypt it first: gpg -d FILE | kubectl loyalty check -f -'],
];

function notText(bytes: Buffer): string | undefined {
  const start = bytes.subarray(0, 64).toString('latin1');
  const found = encrypted.find(([beginning]) => start.startsWith(beginning));
  if (found) return `is encrypted by ${found[1]}; ${found[2]}`;
  if (/^(\u00ff\u00fe|\u00fe\u00ff)/.test(start)) return 'is text in UTF-16; save it as UTF-8';
  return bytes.includes(0) ? 'is binary; expected YAML or JSON' : undefined;
}

function reasonOf(error: unknown, path: string): string {
  if (/^https?:/.test(path)) return 'is an address, and check reads files only: curl it | kubectl loyalty check -f -';
  const { code } = error as NodeJS.ErrnoException;
  const reasons: Record<string, string> = {
    ENOENT: 'does not exist',
    EACCES: 'may not be read by you',
    EISDIR: 'is a folder',
    ELOOP: 'is a link that leads to itself',
    ERR_ENCODING_INVALID_ENCODED_DATA: 'is not text in UTF-8; expected YAML or JSON',
  };
  return reasons[code ?? ''] ?? `cannot be read (${code ?? 'unknown error'})`;
}
