import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { readDocuments, type Reading } from '../../../src/kubectl-loyalty/check/documents.ts';
import { kubectlPath } from '../../support/control-plane/kubectl.ts';

function read(text: string, onlyRelevant = false): Reading {
  return readDocuments(text, { file: 'f.yaml', onlyRelevant });
}

function values(text: string): unknown[] {
  const { documents, unreadable } = read(text);
  assert.deepEqual(unreadable, []);
  return documents.map(({ value }) => value);
}

describe('documents in a file', () => {
  it('are as many as there are between ---, with the lines where they begin; those without content do not count', () => {
    const text = '# a comment\n---\n\n# another\na: 1\n---\n---   # empty\n--- {b: 2}\n---\nc: |\n  ---\n  text\n...\n';
    const found = read(text).documents.map(({ document, line, value }) => ({ document, line, value }));
    assert.deepEqual(found, [
      { document: 1, line: 5, value: { a: 1 } },
      { document: 2, line: 8, value: { b: 2 } },
      { document: 3, line: 10, value: { c: '---\ntext\n' } },
    ]);
  });

  it('may begin with a byte order mark or a directive, and have the line ends of Windows', () => {
    assert.deepEqual(values('\ufeff%YAML 1.1\r\n---\r\na: 1\r\nb: |\r\n  x\r\n---\r\nc: 3\r\n'), [
      { a: 1, b: 'x\n' },
      { c: 3 },
    ]);
  });

  it('may be JSON: one object, or a stream of them as jq writes it', () => {
    assert.deepEqual(values('{"a": {"b": [1, "}{"]}}'), [{ a: { b: [1, '}{'] } }]);
    assert.deepEqual(read('{"a": 1}\n\n{"b": "\\"}"} {"c": 3}\n').documents, [
      { file: 'f.yaml', document: 1, line: 1, value: { a: 1 } },
      { file: 'f.yaml', document: 2, line: 3, value: { b: '"}' } },
      { file: 'f.yaml', document: 3, line: 3, value: { c: 3 } },
    ]);
    assert.deepEqual(values('{a: yaml}\n---\n{b: yaml}'), [{ a: 'yaml' }, { b: 'yaml' }]);
  });

  it('take megabytes of JSON in one string', () => {
    const text = JSON.stringify({ a: 'x'.repeat(20_000_000) });
    assert.deepEqual(values(text), [JSON.parse(text)]);
  });

  it('of a folder are not parsed where they name neither kind', () => {
    const text = '{{- if .Values.x }}\nfoo: {{ a }}\n---\nkind: Secret\n';
    assert.deepEqual(
      read(text, true).documents.map(({ value }) => value),
      [undefined, { kind: 'Secret' }],
    );
    assert.equal(read(text, false).unreadable.length, 1);
  });
});

describe('what cannot be parsed', () => {
  const mistakes: [what: string, text: string, line: number, message: RegExp][] = [
    ['an open bracket', 'a: 1\nb: [1,\n---\n', 2, /cannot be parsed/],
    ['an open quote', 'a: "x\n', 2, /lacks a closing quote/],
    ['a tab', 'a:\n\tb: 1\n', 2, /indented by a tab/],
    ['a value where a key belongs', 'a: 1\nMIIEvQ\nb: 2\n', 2, /lacks a colon/],
    ['a mapping after a value', 'a: b: c\n', 1, /nests a mapping/],
    ['an unknown anchor', 'a: *b\n', 1, /anchor/],
    ['a key twice', 'data:\n  k: 1\n  l: 2\n  k: 3\n', 4, /a key that the same mapping already has/],
    ['a template', 'kind: Secret\nname: {{ .Values.name }}\n', 2, /template/],
    ['a template around lines', '{{- if .x }}\nkind: Secret\n{{- end }}\n', 1, /helm template/],
    ['a deep nest', '['.repeat(100_000), 1, /nested deeper/],
    ['a deep nest of lists', '- '.repeat(500_000), 1, /nested deeper/],
    ['broken JSON', '{"a": 1,\n "b": tru\n', 3, /cannot be parsed/],
    ['a text that goes on after its end', 'a: 1\n...\nb: 2\n', 3, /goes on after the end/],
    ['a bomb of aliases', aliasBomb(), 1, /aliases/],
    ['a document that is too long', `a: ${'x'.repeat(5_000_000)}`, 1, /longer than 2 MiB/],
  ];
  for (const [what, text, line, message] of mistakes) {
    it(`is named with document and line: ${what}`, () => {
      const { documents, unreadable } = read(`good: 1\n---\n${text}`);
      assert.equal(documents[0]?.line, 1);
      assert.equal(unreadable.length, 1);
      const { message: found = '', ...place } = unreadable[0] ?? {};
      assert.match(found, message);
      assert.deepEqual(place, { file: 'f.yaml', document: 2, line: line + 2 });
    });
  }

  it('hides no other document', () => {
    const { documents, unreadable } = read('a: [\n---\nb: 2\n---\nc: "\n---\nd: 4\n');
    assert.deepEqual(
      documents.map(({ document, value }) => [document, value]),
      [
        [2, { b: 2 }],
        [4, { d: 4 }],
      ],
    );
    assert.deepEqual(
      unreadable.map(({ document }) => document),
      [1, 3],
    );
  });

  it('is never quoted: it may be a key', () => {
    const secret = 'MIIEvQIBADANBgkqhkiG9w0BAQEFAASC';
    const texts = [
      `a: "${secret}`,
      `a: 1\n${secret}\nb: 2`,
      `a: *${secret}`,
      `a: [${secret}}`,
      `a: !${secret}! x`,
    ].concat([
      `a: "\\${secret}"`,
      `%${secret}\n---\na: b: ${secret}`,
      `"${secret}": 1\n"${secret}": 2`,
      `{"a": ${secret}`,
    ]);
    for (const text of texts) {
      const { unreadable } = read(text);
      assert.equal(unreadable.length, 1, text);
      assert.ok(!JSON.stringify(unreadable).includes(secret.slice(0, 8)), JSON.stringify(unreadable));
    }
  });
});

/** Nine levels, each of nine of the one before. */
function aliasBomb(): string {
  const levels = Array.from({ length: 8 }, (_, level) => `b${level + 1}: &b${level + 1} [${`*b${level},`.repeat(9)}]`);
  return ['b0: &b0 [x,x,x,x,x,x,x,x,x]', ...levels].join('\n');
}

describe('a YAML document', () => {
  let directory: string;
  let program: string;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'documents-'));
    program = await kubectlPath();
  });
  after(() => rm(directory, { recursive: true }));

  /** What the real kubectl reads, without a cluster. */
  async function asKubectlReads(text: string): Promise<unknown> {
    const file = join(directory, 'f.yaml');
    await writeFile(file, text);
    const args = ['annotate', '--local', '-f', file, 'x=y', '-o=json', '--kubeconfig=/dev/null'];
    const { stdout } = await promisify(execFile)(program, args);
    return (JSON.parse(stdout) as { data: unknown }).data;
  }

  const scalars =
    'yes|no|on|off|y|n|TRUE|nO|~|null|""|010|0x1F|0b11|1_000|190:20:30|2001-12-14|2001-12-14T10:00:00Z|1e3';
  const more =
    '12345678E1|0123456789|.5|0.|+1|-0|=|"a\\x00b"|\'it\'\'s\'|a#b|a #b|AAAA==|3388000000012345678|"\\u00e4"';
  const lines = [...scalars.split('|'), ...more.split('|')].map((value, index) => `k${index}: ${value}`);

  it('is read as kubectl reads it: words, numbers, dates and strings of YAML 1.1', async () => {
    const text = ['apiVersion: v9', 'kind: Foo', 'metadata: {name: x}', 'data:', ...lines.map((line) => `  ${line}`)];
    const [mine] = values(text.join('\n')) as { data: unknown }[];
    assert.deepEqual(JSON.parse(JSON.stringify(mine?.data)), await asKubectlReads(text.join('\n')));
  });

  it('is read as kubectl reads it: anchors, merges, blocks and keys that are no strings', async () => {
    const text = [
      'apiVersion: v9\nkind: Foo\nmetadata: {name: x}\ndata:',
      '  base: &base {a: 1, b: 2}\n  merged:\n    <<: *base\n    b: 3\n  alias: *base\n  true: t\n  1: one\n  no: n',
      '  literal: |\n    one\n     two\n\n  folded: >-\n    one\n    two\n\n    three\n  keep: |+\n    x\n\n  plain: one\n    two\n',
    ].join('\n');
    const [mine] = values(text) as { data: unknown }[];
    assert.deepEqual(JSON.parse(JSON.stringify(mine?.data)), await asKubectlReads(text));
  });
});
