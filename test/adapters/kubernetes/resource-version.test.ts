import assert from 'node:assert/strict';
import { isOlder } from '../../../src/adapters/kubernetes/resource-version.ts';

describe('resource versions', () => {
  const rows: [left: string, right: string, older: boolean][] = [
    ['1', '2', true],
    ['2', '1', false],
    ['2', '2', false],
    ['9', '10', true],
    ['10', '9', false],
    ['99999999999999999998', '99999999999999999999', true],
    ['9007199254740993', '9007199254740992', false],
  ];
  for (const [left, right, older] of rows) {
    it(`${left} is ${older ? '' : 'not '}older than ${right}`, () => assert.equal(isOlder(left, right), older));
  }
});
