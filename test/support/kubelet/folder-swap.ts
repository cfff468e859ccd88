import { randomBytes } from 'node:crypto';
import { chmod, chown, mkdir, readdir, readFile, readlink, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** The files of a volume by path: content and mode. */
export type Payload = Map<string, { content: Buffer; mode: number }>;

/**
 * Makes the folder show the payload, all of it at one instant, as kubelets do: the files are in a folder of their own, `..data`
 * is a symbolic link to it, and every file a link through `..data`. Writes nothing when the folder shows it already.
 */
export async function swapFolder(folder: string, payload: Payload, group?: number): Promise<void> {
  const before = await readlink(join(folder, '..data')).catch(() => undefined);
  if (before !== undefined && (await shows(join(folder, before), payload))) return;
  const name = `..${new Date().toISOString().replaceAll(/[-:T]/g, '_').slice(0, 19)}.${randomBytes(4).toString('hex')}`;
  await mkdir(join(folder, name), { mode: 0o755 });
  for (const [path, { content, mode }] of payload) {
    const file = join(folder, name, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content);
    if (group !== undefined) await chown(file, 0, group);
    await chmod(file, group === undefined ? mode : mode | 0o440); // not by writeFile, which the umask narrows
  }
  await symlink(name, join(folder, '..data_tmp'));
  await rename(join(folder, '..data_tmp'), join(folder, '..data'));
  await link(folder, new Set([...payload.keys()].map((path) => path.split('/')[0] ?? path)));
  if (before !== undefined) await rm(join(folder, before), { recursive: true });
}

async function shows(folder: string, payload: Payload): Promise<boolean> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true });
  if (found.filter((entry) => entry.isFile()).length !== payload.size) return false;
  for (const [path, { content }] of payload) {
    const file = await readFile(join(folder, path)).catch(() => undefined);
    if (file === undefined || !file.equals(content)) return false;
  }
  return true;
}

async function link(folder: string, names: Set<string>): Promise<void> {
  const found = (await readdir(folder)).filter((name) => !name.startsWith('..'));
  for (const name of found) if (!names.has(name)) await rm(join(folder, name));
  for (const name of names) if (!found.includes(name)) await symlink(join('..data', name), join(folder, name));
}
