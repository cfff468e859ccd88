import assert from 'node:assert/strict';
import fc from 'fast-check';
import { firstMistake, nestingOf } from '../../src/domain/json-text.ts';

describe('where a text stops being JSON', () => {
  const cases: Record<string, [text: string, kind: string, line: number, column: number]> = {
    'a trailing comma': ['{"a": 1,\n}', 'syntax', 2, 1],
    'a missing comma': ['{"a": 1\n"b": 2}', 'syntax', 2, 1],
    'a missing colon': ['{"a" 1}', 'syntax', 1, 6],
    'a bare word': ['{"a": yes}', 'syntax', 1, 7],
    'single quotes': ["{'a': 1}", 'syntax', 1, 2],
    'a wrong bracket': ['[1}', 'syntax', 1, 3],
    'a bracket too many': ['{}}', 'second document', 1, 3],
    'a second document': ['{}\n{}', 'second document', 2, 1],
    'an escape that there is not': [String.raw`["\x"]`, 'syntax', 1, 3],
    'a line break in a string': ['{"a": "b\nc"}', 'line break in a string', 1, 9],
    'an open string': ['{"a": "b', 'cut off', 1, 9],
    'an open object': ['{"a": {', 'cut off', 1, 8],
    nothing: ['', 'cut off', 1, 1],
    'a number with a leading zero': ['[01]', 'syntax', 1, 3],
    'a comma first': ['[,1]', 'syntax', 1, 2],
  };
  for (const [name, [text, kind, line, column]] of Object.entries(cases)) {
    it(`is found: ${name}`, () => {
      assert.deepEqual(firstMistake(text), { kind, line, column });
    });
  }

  it('is nowhere in JSON, and somewhere in everything else', () => {
    const parses = (text: string): boolean => {
      try {
        JSON.parse(text);
        return true;
      } catch {
        return false;
      }
    };
    const damaged = fc
      .tuple(
        fc.json(),
        fc.nat(),
        fc.nat(3),
        fc.constantFrom('', '"', '\\', '{', '}', '[', ']', ',', ':', '0', '-', 'e', '\n', ' ', 'true'),
      )
      .map(([text, position, length, inserted]) => {
        const start = position % (text.length + 1);
        return text.slice(0, start) + inserted + text.slice(start + length);
      });
    fc.assert(
      fc.property(fc.oneof(fc.json(), damaged), (text) => {
        assert.equal(firstMistake(text) === undefined, parses(text), text);
      }),
      { numRuns: 3_000 },
    );
  });
});

describe('how deep a JSON is nested', () => {
  it('counts arrays and objects, and no brackets in strings', () => {
    const cases: [string, number][] = [
      ['1', 0],
      ['{}', 1],
      ['{"a": [1, {"b": []}], "c": {}}', 4],
      [String.raw`{"a": "[[[\"[["}`, 1],
      ['['.repeat(50_000), 50_000],
    ];
    for (const [text, depth] of cases) assert.equal(nestingOf(text), depth);
  });
});
