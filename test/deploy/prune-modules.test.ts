import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { cp, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { deployPath } from './manifests.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const run = promisify(execFile);

describe('deploy/image/prune-modules.sh', function () {
  this.timeout(120_000);
  let directory: string;
  let licences: string[];

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'prune-modules-'));
    await Promise.all(productionPackages().map((path) => copyPackage(path, directory)));
    licences = await findLicences(directory);
    await run('sh', [deployPath('image/prune-modules.sh'), join(directory, 'node_modules')]);
  });
  after(() => rm(directory, { recursive: true }));

  it('leaves every production dependency in a state in which it loads', async () => {
    const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      dependencies: Record<string, string>;
    };
    const modules = Object.keys(dependencies).map((name) =>
      name === 'googleapis' ? 'googleapis/build/src/apis/walletobjects/index.js' : name,
    );
    const script = join(directory, 'load.mjs');
    // Some of @peculiar's packages want it first.
    const lines = ['reflect-metadata', ...modules].map((name) => `await import(${JSON.stringify(name)});`);
    await writeFile(script, `${lines.join('\n')}\nconsole.log('loaded');\n`);
    assert.equal((await run(process.execPath, [script])).stdout, 'loaded\n');
  });

  it('leaves what the documentation of the API shows', async () => {
    const page = readFileSync(join(root, 'src/api/docs-page.ts'), 'utf8');
    const files = [...page.matchAll(/ofSwagger\('([^']+)'/g)].map(([, name = '']) => name);
    assert.ok(files.length >= 3);
    const kept = await readdir(join(directory, 'node_modules/swagger-ui-dist'));
    assert.deepEqual(
      files.filter((name) => !kept.includes(name)),
      [],
    );
  });

  it('leaves of googleapis the Wallet API, and no types, source maps or documents', async () => {
    assert.deepEqual(await readdir(join(directory, 'node_modules/googleapis/build/src/apis')), ['walletobjects']);
    const files = await readdir(directory, { recursive: true });
    assert.deepEqual(
      files.filter((file) => /\.(ts|map)$|readme\.md$/i.test(file)),
      [],
    );
  });

  it('keeps every licence', async () => {
    assert.ok(licences.length > 50);
    assert.deepEqual(await findLicences(directory), licences);
  });
});

/** The folders of the packages that `npm ci --omit=dev` installs, as in `node_modules/zod`; nested ones lie within them. */
function productionPackages(): string[] {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { dev?: boolean }>;
  };
  return Object.entries(lock.packages)
    .filter(([path, { dev }]) => /^node_modules\/(@[^/]+\/)?[^/]+$/.test(path) && dev !== true)
    .map(([path]) => path)
    .filter((path) => existsSync(join(root, path)));
}

// Of googleapis' 300 APIs two are copied: one to keep and one to remove.
function copyPackage(path: string, directory: string): Promise<void> {
  return cp(join(root, path), join(directory, path), {
    recursive: true,
    filter: (source) => !/googleapis\/build\/src\/apis\/(?!walletobjects|drive)/.test(source),
  });
}

async function findLicences(directory: string): Promise<string[]> {
  const files = await readdir(directory, { recursive: true });
  return files
    .filter((file) => /(^|\/)(licen[cs]e|notice|copying)[^/]*$/i.test(file) && !/\.(ts|map)$/.test(file))
    .toSorted();
}
