import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { LockedPackage } from './licences.ts';

/** `make sbom`: what is in the image, as CycloneDX. */

interface Manifest {
  devDependencies?: Record<string, string>;
}

interface Lock {
  packages: Record<string, LockedPackage & Manifest>;
}

export interface Sbom {
  bomFormat: string;
  specVersion: string;
  /** `purl` has the name under which a package is published, `pkg:npm/%40scope/name@version`. */
  components: { name: string; purl: string }[];
}

const root = fileURLToPath(new URL('..', import.meta.url));
const read = (name: string): unknown => JSON.parse(readFileSync(join(root, name), 'utf8'));

/**
 * npm writes it, of a package without development: `npm sbom --omit=dev` also leaves out what production and development both need, such as pg
 * (seen with npm 11.19).
 */
export function makeSbom(): Sbom {
  const folder = mkdtempSync(join(tmpdir(), 'orion-sbom-'));
  try {
    const write = (name: string, content: object): void => writeFileSync(join(folder, name), JSON.stringify(content));
    write('package.json', withoutDevelopment(read('package.json') as Manifest));
    write('package-lock.json', productionLock(read('package-lock.json') as Lock));
    const words = ['sbom', '--package-lock-only', '--sbom-type=application', '--sbom-format=cyclonedx'];
    const text = execFileSync('npm', words, { cwd: folder, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
    return JSON.parse(text) as Sbom;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function withoutDevelopment(manifest: Manifest): Manifest {
  const copy = { ...manifest };
  delete copy.devDependencies;
  return copy;
}

function productionLock(lock: Lock): object {
  const packages = Object.entries(lock.packages).filter(([, { dev }]) => dev !== true);
  return {
    ...lock,
    packages: Object.fromEntries(packages.map(([path, locked]) => [path, withoutDevelopment(locked)])),
  };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const sbom = makeSbom();
  mkdirSync(join(root, 'dist'), { recursive: true });
  writeFileSync(join(root, 'dist/sbom.json'), `${JSON.stringify(sbom, undefined, 2)}\n`);
  console.log(`dist/sbom.json: ${sbom.bomFormat} ${sbom.specVersion}, ${sbom.components.length} components`);
}
