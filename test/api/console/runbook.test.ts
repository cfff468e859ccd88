import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { runbooks } from '../../../src/api/console/runbook.ts';

describe('runbooks that the console links to', () => {
  for (const name of runbooks)
    it(`has ${name}`, () => assert.ok(existsSync(new URL(`../../../runbooks/${name}.md`, import.meta.url))));
});
