import assert from 'node:assert/strict';
import { mkdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { locate } from '../../../src/adapters/credential-folder/location.ts';
import { temporaryDirectory } from './folders.ts';

describe('the location of credential files', () => {
  let directory: string;
  const names = ['issuer-id'];
  const pointTo = (target: string): void => {
    rmSync(join(directory, '..data'), { force: true });
    symlinkSync(target, join(directory, '..data'));
  };

  beforeEach(() => {
    directory = temporaryDirectory();
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  it('is the directory behind ..data, with a mark that a swap changes', () => {
    for (const name of ['..one', '..two']) mkdirSync(join(directory, name));
    pointTo('..one');
    const one = locate(directory, names);
    assert.deepEqual([one.mounted, one.base], [true, join(directory, '..one')]);
    assert.deepEqual(locate(directory, names), one);
    pointTo('..two');
    assert.notEqual(locate(directory, names).mark, one.mark);
  });

  it('tells two directories apart that are both gone: between two looks there were swaps', () => {
    pointTo('..one');
    const one = locate(directory, names);
    assert.deepEqual([one.base, one.code], [undefined, 'ENOENT']);
    pointTo('..two');
    assert.notEqual(locate(directory, names).mark, one.mark);
  });

  it('is a plain folder where there is no ..data, with a mark that every change of a file changes', () => {
    const file = join(directory, 'issuer-id');
    const marks = [locate(directory, names).mark];
    const look = (): number => marks.push(locate(directory, names).mark);
    writeFileSync(file, '1');
    look();
    writeFileSync(file, '22');
    look();
    utimesSync(file, 1, 1);
    look();
    rmSync(file);
    mkdirSync(file);
    look();
    assert.equal(new Set(marks).size, marks.length);
    assert.deepEqual([locate(directory, names).mounted, locate(directory, names).base], [false, directory]);
  });
});
