import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseRunbook } from '../support/runbook/runbook.ts';
import { situations } from './situations.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const inFolder = (folder: string): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(folder, name));
const pages = ['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md', 'src/README.md', ...inFolder('docs'), ...inFolder('runbooks')]; // prettier-ignore

/** Of a text outside of code. */
function linksOf(markdown: string): string[] {
  const prose = markdown.replaceAll(/^```[^]*?^```$/gm, '').replaceAll(/`[^`\n]*`/g, '');
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
}

/** As GitHub makes them of headings. */
function anchorsOf(markdown: string): string[] {
  const headings = [...markdown.replaceAll(/^```[^]*?^```$/gm, '').matchAll(/^#+ (.+)$/gm)];
  return headings.map(([, text = '']) => text.toLowerCase().replaceAll(/[^\p{L}\p{N} _-]/gu, '').replaceAll(' ', '-')); // prettier-ignore
}

/** Why a link leads nowhere; undefined: it does not. */
function brokenLink(page: string, target: string): string | undefined {
  if (/^[a-z]+:/.test(target)) return undefined;
  const [path = '', anchor] = target.split('#');
  const file = path === '' ? page : join(dirname(page), path);
  if (!existsSync(join(root, file))) return `${page}: ${target}: there is no ${file}`;
  if (anchor === undefined || anchorsOf(read(file)).includes(anchor)) return undefined;
  return `${page}: ${target}: ${file} has no such heading`;
}

describe('the pages', () => {
  for (const page of pages) {
    it(`have commands that bash can read: ${page}`, () => {
      for (const { script, line } of parseRunbook(read(page).replaceAll(/^```sh$/gm, '```bash')).blocks) {
        const { status, stderr } = spawnSync('bash', ['-n'], { input: script, encoding: 'utf8' });
        assert.equal(status, 0, `${page}:${line}: ${stderr}`);
      }
    });
  }

  it('have links that lead somewhere', () => {
    assert.deepEqual(pages.flatMap((page) => linksOf(read(page)).flatMap((target) => brokenLink(page, target) ?? [])), []); // prettier-ignore
    assert.match(brokenLink('README.md', 'docs/nothing.md') ?? '', /there is no docs\/nothing\.md/);
    assert.match(brokenLink('docs/README.md', 'api.md#nothing') ?? '', /has no such heading/);
  });

  it('have no command that nothing runs, unless they say what it needs', () => {
    const others = pages.filter((page) => !(page in situations) && !page.startsWith('runbooks/'));
    const found = others.flatMap((page) =>
      parseRunbook(read(page)).blocks.flatMap(({ needs, line }) => (needs === undefined ? [`${page}:${line}`] : [])),
    );
    assert.deepEqual(found, [], 'give the page a situation in test/documentation, or write <!-- needs … --> above the block'); // prettier-ignore
  });

  it('are all in the index', () => {
    const linked = linksOf(read('docs/README.md'));
    const missing = readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md') && name !== 'README.md' && !linked.includes(name)); // prettier-ignore
    assert.deepEqual(missing, [], 'pages that docs/README.md does not link');
  });
});
