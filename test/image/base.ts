import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const cache = fileURLToPath(new URL('../../.cache/', import.meta.url));
/** What Debian's slim images are without. */
const leftOut = [
  'usr/share/doc',
  'usr/share/man',
  'usr/share/info',
  'usr/share/locale',
  'var/lib/apt/lists',
  'var/cache/apt',
  'var/log/bootstrap.log',
];

/**
 * A folder with what `debian:RELEASE-slim` has, made by debootstrap once and kept under .cache.
 * @throws Error with what debootstrap said; it needs Debian's packages, and root.
 */
export async function debianBase(release: string): Promise<string> {
  const folder = join(cache, `debian-${release}`);
  if (existsSync(folder)) return folder;
  const unfinished = `${folder}.unfinished`;
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(cache, { recursive: true });
  await run('debootstrap', ['--variant=minbase', release, unfinished], { maxBuffer: 1 << 26 });
  for (const path of leftOut) await rm(join(unfinished, path), { recursive: true, force: true });
  await mkdir(join(unfinished, 'var/lib/apt/lists/partial'), { recursive: true });
  await mkdir(join(unfinished, 'var/cache/apt/archives/partial'), { recursive: true });
  // As Debian's images have it, so that apt keeps neither packages nor its binary caches.
  const clean = [
    'DPkg::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb /var/cache/apt/*.bin || true"; };',
    'APT::Update::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb /var/cache/apt/*.bin || true"; };',
    'Dir::Cache::pkgcache ""; Dir::Cache::srcpkgcache "";',
  ];
  await writeFile(join(unfinished, 'etc/apt/apt.conf.d/docker-clean'), `${clean.join('\n')}\n`);
  await rename(unfinished, folder);
  return folder;
}

/** Adds what `node:VERSION-RELEASE-slim` has besides: the Node of node_modules, and this machine's npm. */
export async function addNode(root: string): Promise<void> {
  const node = createRequire(import.meta.url).resolve('node/bin/node');
  await cp(node, join(root, 'usr/local/bin/node'), { dereference: true });
  const { stdout } = await run('/bin/sh', ['-c', 'readlink -f "$(command -v npm)"']);
  const npm = dirname(dirname(stdout.trim()));
  const target = join(root, 'usr/local/lib/node_modules/npm');
  await mkdir(dirname(target), { recursive: true });
  await cp(npm, target, { recursive: true, dereference: true });
  await symlink('../lib/node_modules/npm/bin/npm-cli.js', join(root, 'usr/local/bin/npm'));
}
