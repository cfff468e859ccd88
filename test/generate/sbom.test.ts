import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { type LockedPackage, licencesOf } from '../../generate/licences.ts';
import { makeSbom } from '../../generate/sbom.ts';

describe('the SBOM', () => {
  it('has every package that production installs, and no other', () => {
    const { bomFormat, components } = makeSbom();
    assert.equal(bomFormat, 'CycloneDX');
    const names = components.map(({ purl }) => decodeURIComponent(purl.replace('pkg:npm/', '')));
    const lock = readFileSync(new URL('../../package-lock.json', import.meta.url), 'utf8');
    const { packages } = JSON.parse(lock) as { packages: Record<string, LockedPackage> };
    assert.deepEqual([...new Set(names)].toSorted(), licencesOf(packages).map(({ name }) => name).toSorted()); // prettier-ignore
    for (const name of ['pg', 'zod', 'koa']) assert.ok(components.some((component) => component.name === name), name); // prettier-ignore
  });
});
