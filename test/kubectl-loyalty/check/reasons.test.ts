import assert from 'node:assert/strict';
import { decodeWalletCredential } from '../../../src/adapters/kubernetes/wallet-credentials.ts';
import { type CheckThread, createCheckThread } from '../../../src/adapters/thread/check-thread.ts';
import { sourceReasons } from '../../../src/domain/credentials/reasons.ts';
import { appleFlaws } from '../../../src/example-credentials/apple-flaws.ts';
import { createAppleSource } from '../../../src/example-credentials/apple-source.ts';
import { createAuthority } from '../../../src/example-credentials/certificate-authority.ts';
import { daysAfter } from '../../../src/example-credentials/days.ts';
import { isAppleFlaw, isGoogleFlaw, flawNames, flawOf } from '../../../src/example-credentials/flaw-names.ts';
import { createGoogleSource } from '../../../src/example-credentials/google-source.ts';
import { generateRsaKey } from '../../../src/example-credentials/key-pair.ts';
import { sourceSecret, toYamlStream, walletCredential } from '../../../src/example-credentials/manifests.ts';
import type { SourceData } from '../../../src/example-credentials/source-data.ts';
import type { Provider } from '../../../src/domain/credentials/wallet-credential.ts';
import { issuerId, passTypeIdentifier, teamIdentifier } from '../../support/sources.ts';
import { check, createFiles, type Files } from './files.ts';

const now = new Date('2026-06-01T12:00:00Z');

describe('kubectl loyalty check, of every flaw', () => {
  const key = generateRsaKey();
  const authority = createAuthority({ now });
  let files: Files;
  let checks: CheckThread;
  before(() => {
    files = createFiles();
    checks = createCheckThread({ appleRootsPem: authority.root.certificate.pem });
  });
  after(async () => {
    files.remove();
    await checks.close();
  });

  function sourceOf(provider: Provider, flaw: string): SourceData {
    if (provider === 'google') return createGoogleSource({ flaw: isGoogleFlaw(flaw) ? flaw : 'none' }).data;
    const request = { authority, now, key, passTypeIdentifier, teamIdentifier };
    return createAppleSource({ ...request, flaw: isAppleFlaw(flaw) ? flaw : 'none' }).data;
  }

  function manifests(provider: Provider, data: SourceData): string {
    const place = { name: provider, namespace: 'loyalty' };
    const spec = provider === 'apple' ? { apple: { passTypeIdentifier, teamIdentifier } } : { google: { issuerId } };
    const documents = [sourceSecret({ ...place, name: 'source' }, data, ''), walletCredential(place, 'source', spec)];
    return files.write('flaw.yaml', toYamlStream('', documents));
  }

  const cases = (['apple', 'google'] as const).flatMap((provider) =>
    flawNames.filter((name) => flawOf(provider, name)).map((name) => ({ provider, name })),
  );
  for (const { provider, name } of cases) {
    const wanted = flawOf(provider, name)?.reason;
    it(`finds ${wanted} of ${provider} in a file: ${name}`, async () => {
      const data = sourceOf(provider, name);
      const { results } = await check(checks, [manifests(provider, data)], { now });
      const [result] = results;
      assert.equal(results.length, 1);
      if (wanted === 'UnknownRoot') {
        assert.deepEqual([result?.accepted, result?.warnings[0]?.reason], [true, wanted]);
        return;
      }
      assert.equal(result?.reason, wanted);
      // The controller checks the Secret of the cluster by this call.
      const bytes = Object.entries(data).map(([each, value]) => [each, Buffer.from(value as string)] as const);
      const provided =
        provider === 'apple' ? { apple: { passTypeIdentifier, teamIdentifier } } : { google: { issuerId } };
      const { spec } = decodeWalletCredential({ metadata: {}, spec: { secretRef: { name: 'source' }, ...provided } });
      const verdict = await checks.check({ name: 'source', spec, data: Object.fromEntries(bytes), now });
      assert.ok(!verdict.accepted);
      assert.deepEqual([result?.reason, result?.message], [verdict.reason, verdict.message]);
    });
  }

  it('has a flaw for every reason but the one of a Secret that is not there', () => {
    const found = new Set(cases.map(({ provider, name }) => flawOf(provider, name)?.reason));
    const missing = Object.keys(sourceReasons).filter((reason) => !found.has(reason as keyof typeof sourceReasons));
    assert.deepEqual(missing, ['SecretNotFound']);
    assert.ok(Object.keys(appleFlaws).length > 30);
  });

  it('checks as of another day: the certificate of today has expired in two years, and its validity is said', async () => {
    const file = manifests('apple', sourceOf('apple', 'none'));
    const today = await check(checks, [file], { now });
    assert.deepEqual([today.results[0]?.accepted, today.results[0]?.expiresAt], [true, '2027-06-30T12:00:00Z']);
    const later = await check(checks, [file], { now: daysAfter(now, 730) });
    assert.equal(later.results[0]?.reason, 'Expired');
    const before = await check(checks, [file], { now: daysAfter(now, -2) });
    assert.equal(before.results[0]?.reason, 'NotYetValid');
  });
});
