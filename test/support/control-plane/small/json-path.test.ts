import assert from 'node:assert/strict';
import { followJsonPath, parseJsonPath } from './json-path.ts';

const value = {
  spec: { size: 'small', list: ['a', 'b', 'c'], 'dotted.name': 1 },
  metadata: { annotations: { 'example.com/team': 'red' } },
  status: {
    conditions: [
      { type: 'Ready', status: 'True' },
      { type: 'Other', inner: { x: 'y' } },
    ],
  },
};

const paths: [path: string, found: unknown[]][] = [
  ['.spec.size', ['small']],
  ['.spec.none', []],
  ['.none.size', []],
  ['.spec.list[0]', ['a']],
  ['.spec.list[-1]', ['c']],
  ['.spec.list[9]', []],
  ['.spec.list[*]', ['a', 'b', 'c']],
  ["['spec']['size']", ['small']],
  ["['spec']['dotted.name']", [1]],
  ['.metadata.annotations.example\\.com/team', ['red']],
  ['.status.conditions[?(@.type=="Ready")].status', ['True']],
  [".status.conditions[?(@.type == 'None')].status", []],
  ['.status.conditions[?(@.inner.x=="y")].type', ['Other']],
  ['.spec.size.constructor', []],
];

describe('followJsonPath', () => {
  for (const [path, found] of paths) {
    it(path, () => assert.deepEqual(followJsonPath(parseJsonPath(path), value), found));
  }

  it('refuses what it does not know', () => {
    assert.throws(() => parseJsonPath('.spec.list[0:2]'), /cannot be read from character 10/);
  });
});
