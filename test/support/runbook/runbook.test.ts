import assert from 'node:assert/strict';
import { difference } from './expected-output.ts';
import { parseRunbook } from './runbook.ts';

const page = `# Alert

## Diagnosis

Look:

\`\`\`bash
kubectl get pods
\`\`\`

\`\`\`text
No resources found.
\`\`\`

## Mitigation

\`\`\`bash
# not a heading
true
\`\`\`

Words.

\`\`\`yaml
a: 1
\`\`\`
`;

describe('a page with commands', () => {
  it('has blocks, each with what it shows', () => {
    assert.deepEqual(parseRunbook(page), {
      title: 'Alert',
      sections: ['Diagnosis', 'Mitigation'],
      blocks: [
        { section: 'Diagnosis', line: 8, script: 'kubectl get pods\n', shows: 'No resources found.\n' },
        { section: 'Mitigation', line: 18, script: '# not a heading\ntrue\n', shows: undefined },
      ],
    });
  });

  it('says which blocks serve, and which need what no test has', () => {
    const says =
      '## A\n\n<!-- serves -->\n\n```bash\na\n```\n\n<!-- needs Docker -->\n\n```bash\nb\n```\n\nWords.\n\n```bash\nc\n```\n';
    const { blocks } = parseRunbook(says);
    assert.deepEqual(
      blocks.map(({ script, needs, serves }) => [script, needs, serves]),
      [
        ['a\n', undefined, true],
        ['b\n', 'Docker', undefined],
        ['c\n', undefined, undefined],
      ],
    );
  });

  it('has no text block that nothing is compared with', () => {
    assert.throws(
      () => parseRunbook(page.replace('\n```text', '\nIt shows:\n\n```text')),
      /not right below a bash block/,
    );
  });
});

describe('an output that a page says', () => {
  const says: [string, string, string][] = [
    ['the same', 'one\ntwo\n', 'one\ntwo\n'],
    ['columns of another width', 'NAME  AGE\napple  5d', 'NAME      AGE\napple     5d\n'],
    ['anything within a line', 'apple … True', 'apple  2026-01-01  True\n'],
    ['any number of lines', 'one\n…\nfour', 'one\ntwo\nthree\nfour'],
    ['no line where any number may be', '…\none\n…', 'one'],
    ['nothing', '', '\n'],
  ];
  for (const [what, shows, output] of says) {
    it(`may be ${what}`, () => assert.equal(difference(shows, output), undefined));
  }

  const other: [string, string, string, RegExp][] = [
    ['another word', 'one\ntwo', 'one\nthree', /^line 2 of the page was not found: two\n/],
    ['a line too much', 'one', 'one\ntwo', /^line 2 of the page was not found: the end\n/],
    ['a line too few', 'one\ntwo', 'one', /^line 2 of the page was not found: two\n/],
    ['part of a line', 'one', 'one two', /^line 1/],
    ['something where nothing is said', '', 'one', /^line 1 .*the end/],
    ['a dot for any character', 'a.c', 'abc', /^line 1/],
    ['a line that is missing after any number of lines', 'one\n…\nfive', 'one\ntwo\nthree', /^line 3 .*five/],
  ];
  for (const [what, shows, output, message] of other) {
    it(`is not ${what}`, () => assert.match(difference(shows, output) ?? 'no difference', message));
  }
});
