import { execFile } from 'node:child_process';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface OperatingUser {
  uid: number;
  gid: number;
}

/** Whom PostgreSQL runs as: us, or `nobody` when we are root, as whom it refuses to. */
export async function operatingUser(): Promise<OperatingUser | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const id = async (flag: string): Promise<number> => Number((await run('id', [flag, 'nobody'])).stdout);
  return { uid: await id('-u'), gid: await id('-g') };
}

/** A folder with the programs that this user can run: a copy when the checkout is in a home that it cannot read. */
export async function runnableFolder(folder: string, user: OperatingUser | undefined, copy: string): Promise<string> {
  if (user === undefined) return folder;
  try {
    await run(join(folder, 'bin', 'postgres'), ['--version'], { ...user, cwd: '/' });
    return folder;
  } catch {
    await cp(folder, copy, { recursive: true, verbatimSymlinks: true });
    return copy;
  }
}
