import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** Paths of the CommonJS modules that are in memory when a module was imported into a new process, and nothing of it called. */
export async function modulesLoadedBy(module: URL): Promise<string[]> {
  const script = `
    import { createRequire } from 'node:module';
    await import(${JSON.stringify(module.href)});
    console.log(JSON.stringify(Object.keys(createRequire(import.meta.url).cache)));`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script]);
  return JSON.parse(stdout) as string[];
}
