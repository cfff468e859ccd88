import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { deployPath, readManifests } from './manifests.ts';
import { fieldsOf, readSchema } from './resource-definition.ts';

describe('the example WalletCredentials', () => {
  const files = readdirSync(deployPath('examples')).toSorted();
  const manifests = files.flatMap((file) => readManifests(`examples/${file}`));

  it('are one for each provider, in whichever namespace they are applied to', () => {
    assert.deepEqual(files, ['apple.yaml', 'google.yaml']);
    assert.deepEqual(
      manifests.map(({ apiVersion, kind, metadata }) => ({ apiVersion, kind, metadata })),
      ['apple', 'google'].map((name) => ({
        apiVersion: 'loyalty.orion.dev/v1alpha1',
        kind: 'WalletCredential',
        metadata: { name },
      })),
    );
  });

  it('say only what one must say', () => {
    assert.deepEqual(
      manifests.map(({ spec }) => spec),
      [
        {
          secretRef: { name: 'apple-wallet-source' },
          apple: { passTypeIdentifier: 'pass.com.example.loyalty', teamIdentifier: 'ABCDE12345' },
        },
        { secretRef: { name: 'google-wallet-source' }, google: { issuerId: '3388000000012345678' } },
      ],
    );
  });

  it('use fields that the resource has', () => {
    const known = new Set([...fieldsOf(readSchema())].map(([path]) => path));
    for (const { spec } of manifests) {
      assert.deepEqual(
        pathsOf(spec, 'spec').filter((path) => !known.has(path)),
        [],
      );
    }
  });
});

function pathsOf(value: object, path: string): string[] {
  return Object.entries(value).flatMap(([name, field]: [string, unknown]) => [
    `${path}.${name}`,
    ...(typeof field === 'object' && field !== null ? pathsOf(field, `${path}.${name}`) : []),
  ]);
}
