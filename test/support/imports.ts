import { type Dirent, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const sources = fileURLToPath(new URL('../../src', import.meta.url));

/** One file of src that imports another; both are paths below src. */
export interface Import {
  from: string;
  to: string;
}

/** The relative paths that a TypeScript file imports, types and `import()` among them. */
export function importedBy(path: string, text: string): Import[] {
  const relative = /^\s*(?:import|export)\b[^;]*?'(\.{1,2}\/[^']+\.ts)'|\bimport\('(\.{1,2}\/[^']+\.ts)'\)/gm;
  return [...text.matchAll(relative)].map(([, named, loaded]) => ({
    from: path,
    to: join(dirname(path), named ?? loaded ?? ''),
  }));
}

/** What files of src import of src. */
export function readImports(): Import[] {
  return entries()
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name).slice(sources.length + 1))
    .flatMap((path) => importedBy(path, readFileSync(join(sources, path), 'utf8')));
}

/** The folders of src down to a depth, as `domain` and `domain/wallet`. */
export function readFolders(depth: number): string[] {
  return entries()
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(sources.length + 1))
    .filter((path) => path.split('/').length <= depth);
}

function entries(): Dirent[] {
  return readdirSync(sources, { recursive: true, withFileTypes: true });
}

/** Whether one of these nodes leads back to itself; undefined: none does. Else the way, its start at both ends. */
export function cycleIn(arrows: ReadonlyMap<string, ReadonlySet<string>>): string[] | undefined {
  const done = new Set<string>();
  const walk = (node: string, way: string[]): string[] | undefined => {
    if (way.includes(node)) return [...way.slice(way.indexOf(node)), node];
    if (done.has(node)) return undefined;
    for (const next of arrows.get(node) ?? []) {
      const found = walk(next, [...way, node]);
      if (found) return found;
    }
    done.add(node);
    return undefined;
  };
  for (const node of arrows.keys()) {
    const found = walk(node, []);
    if (found) return found;
  }
  return undefined;
}
