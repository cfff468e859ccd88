import assert from 'node:assert/strict';
import type { ManifestObject } from '../../../src/kubectl-loyalty/check/manifest-object.ts';
import { readSecretData } from '../../../src/kubectl-loyalty/check/secret-data.ts';
import { writtenSecrets } from './written-secrets.ts';

function secret(fields: Record<string, unknown>): ManifestObject {
  return { file: 'f', line: 1, apiVersion: 'v1', kind: 'Secret', namespace: undefined, name: 's', body: fields };
}

describe('the data of a Secret in a file', () => {
  for (const { what, fields, holds } of writtenSecrets) {
    it(`${holds ? 'are' : 'are not taken:'} ${what}`, () => {
      const reading = readSecretData(secret(fields));
      if (!holds) return assert.ok('errors' in reading, JSON.stringify(reading));
      assert.ok('data' in reading);
      const texts = Object.entries(reading.data).map(([key, bytes]) => [key, Buffer.from(bytes).toString()]);
      assert.deepEqual(Object.fromEntries(texts), holds);
    });
  }

  it('are not read where SOPS has encrypted them', () => {
    const fields = { data: { a: 'ENC[AES256_GCM,data:xyz,type:str]' }, sops: { mac: 'ENC[…]' } };
    assert.deepEqual(readSecretData(secret(fields)), { encryptedBy: 'SOPS' });
  });

  it('are not quoted by what is said of them', () => {
    const value = 'MIIEvQIBADANBgkqhkiG9w0BAQEFAASC!';
    const reading = readSecretData(
      secret({ data: { a: value, b: { value } }, stringData: { c: [value], '/': value } }),
    );
    assert.ok('errors' in reading && reading.errors.length === 4);
    assert.ok(!JSON.stringify(reading).includes(value.slice(0, 8)));
    assert.deepEqual(
      reading.errors.map(({ field }) => field),
      ['data[a]', 'data[b]', 'stringData[c]', 'data'],
    );
  });
});
