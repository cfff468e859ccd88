import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { cycleIn, type Import, importedBy, readFolders, readImports } from './support/imports.ts';

/** What lies directly in src, from the top down. An arrow goes down, never up and never to a neighbour. */
const layers = [
  ['main'],
  ['controller', 'api', 'jobs', 'kubectl-loyalty', 'example-credentials', 'demo-data'],
  ['config.ts', 'command-line.ts', 'health-server.ts', 'metrics.ts'],
  ['adapters'],
  ['log.ts', 'errors.ts'],
  ['domain'],
];
const imports = readImports();
const topOf = (path: string): string => path.split('/')[0] ?? '';
const layerOf = (path: string): number => layers.findIndex((layer) => layer.includes(topOf(path)));

/** Imports that do not go down; a folder may import what is in it. */
function notDown(all: readonly Import[]): Import[] {
  return all.filter(({ from, to }) => topOf(from) !== topOf(to) && layerOf(from) >= layerOf(to));
}

/** The arrows between the folders that lie side by side in a folder. */
function arrowsIn(folder: string, all: readonly Import[]): Map<string, Set<string>> {
  const arrows = new Map<string, Set<string>>();
  const inside = (path: string): string | undefined => {
    const [child, ...rest] = path.startsWith(folder) ? path.slice(folder.length).split('/') : [];
    return rest.length > 0 ? child : undefined;
  };
  for (const { from, to } of all) {
    const [child, other] = [inside(from), inside(to)];
    if (child === undefined || other === undefined || child === other) continue;
    arrows.set(child, (arrows.get(child) ?? new Set()).add(other));
  }
  return arrows;
}

/** The folders that src/README.md names, each with its line. */
function mapped(readme: string): Map<string, string> {
  const found = new Map<string, string>();
  const way: string[] = [];
  for (const [, indent = '', name = '', line = ''] of readme.matchAll(/^( *)([\w-]+)\/ +(\S.*)$/gm)) {
    way.splice(indent.length / 2, way.length, name);
    found.set(way.join('/'), line);
  }
  return found;
}

describe('the structure of src', () => {
  it('is known: everything in it has a layer', () => {
    const unknown = new Set(imports.flatMap(({ from, to }) => [topOf(from), topOf(to)]).filter((top) => layerOf(top) < 0)); // prettier-ignore
    assert.deepEqual([...unknown], [], 'give it a layer in test/structure.test.ts and a line in src/README.md');
  });

  it('has no arrow upward, and none to a neighbour', () => {
    assert.ok(imports.length > 1_000, `only ${imports.length} imports were found`);
    assert.deepEqual(notDown(imports), []);
  });

  it('has no circle of folders that lie side by side', () => {
    const parents = ['', ...readFolders(9).map((path) => `${path}/`)];
    const circles = parents.flatMap((parent) => {
      const circle = cycleIn(arrowsIn(parent, imports));
      return circle ? [`src/${parent}: ${circle.join(' → ')}`] : [];
    });
    assert.deepEqual(circles, []);
  });

  it('is on the map, two levels deep, a line for each folder', () => {
    const map = mapped(readFileSync(new URL('../src/README.md', import.meta.url), 'utf8'));
    const missing = readFolders(2).filter((folder) => !map.has(folder));
    assert.deepEqual(missing, [], 'folders without a line in the drawing of src/README.md');
    const gone = [...map.keys()].filter((folder) => !readFolders(9).includes(folder));
    assert.deepEqual(gone, [], 'folders that src/README.md names and that are not there');
  });

  it('is looked at by something that finds what is wrong', () => {
    const text = `import type {\n  Lot,\n} from '../../api/a.ts';\nexport { b } from './b.ts';\nawait import('../c/c.ts');\nimport 'koa';\n`;
    const found = importedBy('domain/d/d.ts', text);
    assert.deepEqual(found.map(({ to }) => to), ['api/a.ts', 'domain/d/b.ts', 'domain/c/c.ts']); // prettier-ignore
    assert.deepEqual(notDown(found).map(({ to }) => to), ['api/a.ts']); // prettier-ignore
    assert.equal(notDown([{ from: 'api/a.ts', to: 'jobs/b.ts' }]).length, 1);
    const circle = [...found, { from: 'domain/c/c.ts', to: 'domain/e/e.ts' }, { from: 'domain/e/e.ts', to: 'domain/d/d.ts' }]; // prettier-ignore
    assert.deepEqual(cycleIn(arrowsIn('domain/', circle)), ['d', 'c', 'e', 'd']);
  });
});
