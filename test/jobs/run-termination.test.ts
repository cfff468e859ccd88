import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeTermination } from '../../src/jobs/run-termination.ts';

describe('the termination message', () => {
  let folder: string;
  let path: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'termination-'));
    path = join(folder, 'log');
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('takes the place of an earlier one', async () => {
    await writeFile(path, 'something longer from before');
    writeTermination(path, 'done\n');
    assert.equal(await readFile(path, 'utf8'), 'done\n');
  });

  it('ends with a whole character within 4 KiB', async () => {
    await writeFile(path, '');
    writeTermination(path, `x${'店'.repeat(2_000)}`);
    assert.equal(await readFile(path, 'utf8'), `x${'店'.repeat(1_365)}`);
    writeTermination(path, '店'.repeat(2_000));
    assert.equal((await readFile(path)).length, 4_095);
  });

  it('is written only where the file is there', () => {
    writeTermination(path, 'done\n');
    assert.ok(!existsSync(path));
    writeTermination(join(folder, 'none', 'log'), 'done\n');
  });
});
