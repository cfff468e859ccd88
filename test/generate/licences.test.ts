import assert from 'node:assert/strict';
import { licencesOf } from '../../generate/licences.ts';

const version = '1.0.0';

describe('licences of what production installs', () => {
  it('are listed by package, the same package once, those of development not', () => {
    const listed = licencesOf({
      '': { version },
      'node_modules/b': { version, license: 'ISC' },
      'node_modules/a': { version, license: 'MIT' },
      'node_modules/b/node_modules/a': { version, license: 'MIT' },
      'node_modules/c/node_modules/@scope/a': { version: '2.0.0', license: '(BSD-3-Clause OR GPL-2.0)' },
      'node_modules/a-old': { name: 'a', version: '0.9.0', license: 'MIT' },
      'node_modules/tool': { version, license: 'GPL-3.0', dev: true },
    });
    assert.deepEqual(listed, [
      { name: '@scope/a@2.0.0', licence: 'BSD-3-Clause' },
      { name: 'a@0.9.0', licence: 'MIT' },
      { name: 'a@1.0.0', licence: 'MIT' },
      { name: 'b@1.0.0', licence: 'ISC' },
    ]);
  });

  for (const license of [
    'GPL-3.0',
    'AGPL-3.0-only',
    'SEE LICENSE IN LICENSE',
    'MIT AND GPL-2.0',
    '(GPL-2.0 OR GPL-3.0)',
    'UNLICENSED',
    undefined,
  ])
    // prettier-ignore
    it(`are refused with the name of the package: ${license ?? 'none'}`, () => {
      const packages = { 'node_modules/a': { version, ...(license !== undefined && { license }) } };
      assert.throws(() => licencesOf(packages), /The licence of a@1\.0\.0 \(/);
    });
});
