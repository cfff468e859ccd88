import { readFileSync } from 'node:fs';

/** What the image may be made of: licences (SPDX) that ask for no more than to keep their text with the code. */
const allowed: ReadonlySet<string> = new Set([
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'ISC',
  'MIT',
  'PSF-2.0',
  'Unlicense',
]);

/** Packages whose package.json says it in other words than SPDX; each was read. */
const read: Readonly<Record<string, string>> = {
  // "BSD": the text of its LICENSE is the one with three clauses.
  'url-template@2.0.8': 'BSD-3-Clause',
};

/** A package of package-lock.json. */
export interface LockedPackage {
  /** Where it is installed under another name. */
  name?: string;
  version: string;
  license?: string;
  dev?: boolean;
}

export interface Licensed {
  /** `name@version` */
  name: string;
  licence: string;
}

/**
 * The licence of every package that production installs, sorted by name.
 * @throws Error that names every package whose licence is missing or not allowed
 */
export function licencesOf(packages: Readonly<Record<string, LockedPackage>>): Licensed[] {
  const installed = Object.entries(packages).filter(([path, { dev }]) => path !== '' && dev !== true);
  const found = installed.map(([path, { name: real, version, license }]) => {
    const name = `${real ?? path.replace(/^.*node_modules\//, '')}@${version}`;
    return { name, licence: read[name] ?? license ?? 'none' };
  });
  const chosen = found.map(({ name, licence }) => ({ name, licence: choose(licence) ?? '', said: licence }));
  const refused = chosen.filter(({ licence }) => licence === '').map(({ name, said }) => `${name} (${said})`);
  if (refused.length > 0) {
    throw new Error(
      `The licence of ${refused.join(', ')} is not on the list. Read it: if it may be in the image, add it to generate/licences.ts; else use another package.`,
    );
  }
  const unique = new Map(chosen.map(({ name, licence }) => [name, licence]));
  return [...unique].map(([name, licence]) => ({ name, licence })).toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** Of licences to choose from, `(A OR B)`, the first that is allowed; `A AND B` is none to choose from. */
function choose(licence: string): string | undefined {
  const choices = licence.replace(/^\((.*)\)$/, '$1').split(' OR ');
  return choices.find((choice) => allowed.has(choice));
}

/** docs/licences.md */
export function licencesPage(note: string): string {
  const lock = JSON.parse(readFileSync(new URL('../package-lock.json', import.meta.url), 'utf8')) as {
    packages: Record<string, LockedPackage>;
  };
  const licences = Map.groupBy(licencesOf(lock.packages), ({ licence }) => licence);
  const sections = [...licences]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([licence, packages]) => {
      const names = packages.map(({ name }) => name);
      return `## ${licence}: ${names.length}\n\n${names.map((name) => `- ${name}`).join('\n')}`;
    });
  const what =
    'Orion Loyalty is licensed under [Apache-2.0](../LICENSE). These are the packages that production installs, transitive ones included, by licence. A package with a licence that is not on the list in `generate/licences.ts` fails `make verify`. `make sbom` writes the same as CycloneDX.';
  return ['# Licences', note, what, ...sections, ''].join('\n\n');
}
