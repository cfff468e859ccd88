import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const cache = fileURLToPath(new URL('../../.cache/', import.meta.url));

/**
 * A program of the packages that a requirements.txt pins, in a virtual environment under .cache that is made when it is not there.
 * @throws Error that says what is missing when there is no Python 3.10 with venv.
 */
export async function pythonProgram(name: string, requirements: string): Promise<string> {
  const version = createHash('sha256')
    .update(await readFile(requirements))
    .digest('hex')
    .slice(0, 12);
  const folder = join(cache, `${name}-${version}`);
  const program = join(folder, 'bin', name);
  const exists = await access(program).then(
    () => true,
    () => false,
  );
  if (!exists) await install(folder, requirements);
  return program;
}

async function install(folder: string, requirements: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  try {
    await run('python3', ['-m', 'venv', folder]);
  } catch (cause) {
    const advice = 'Python 3.10 or newer with venv is needed (apt-get install python3-venv)';
    throw new Error(`cannot make a virtual environment: ${advice}.`, { cause });
  }
  const partial = `${folder}.failed`;
  try {
    const quiet = ['--quiet', '--disable-pip-version-check'];
    await run(join(folder, 'bin', 'python'), ['-m', 'pip', 'install', ...quiet, '--requirement', requirements]);
  } catch (cause) {
    // Half an environment must not be taken for a whole one.
    await rm(partial, { recursive: true, force: true });
    await rename(folder, partial);
    throw cause;
  }
}
