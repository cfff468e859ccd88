import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { pythonProgram } from '../support/python.ts';

const dockerfile = fileURLToPath(new URL('../../Dockerfile', import.meta.url));
const requirements = fileURLToPath(new URL('requirements.txt', import.meta.url));

describe('hadolint', function () {
  this.timeout(300_000);

  it('finds nothing in the Dockerfile but what a comment there explains', async () => {
    const hadolint = await pythonProgram('hadolint', requirements);
    const { stdout } = await promisify(execFile)(hadolint, ['--failure-threshold', 'style', dockerfile]);
    assert.equal(stdout, '');
  });
});
