import assert from 'node:assert/strict';
import { type OnlineReason, onlineReasons } from '../../src/domain/credentials/reasons.ts';
import type { WalletCredential } from '../../src/domain/credentials/wallet-credential.ts';
import { createAppleSource } from '../../src/example-credentials/apple-source.ts';
import { createAuthority } from '../../src/example-credentials/certificate-authority.ts';
import { daysAfter } from '../../src/example-credentials/days.ts';
import { createGoogleSource, type GoogleSource } from '../../src/example-credentials/google-source.ts';
import { generateRsaKey } from '../../src/example-credentials/key-pair.ts';
import { conditionOf, type Namespace, type Secret, textOf } from '../support/cluster.ts';
import { type FakeProviders, startFakeProviders } from '../support/fake-providers.ts';
import { seriesOf } from '../support/scrape.ts';
import { appleSpec, googleSpec, issuerId, passTypeIdentifier, teamIdentifier } from '../support/sources.ts';
import { type Stage, startStage } from '../support/stage.ts';
import { eventually } from '../support/wait.ts';

const key = generateRsaKey();
const online = { verification: { online: true } };
/** The shortest interval that the CRD allows. */
const everyMinute = { verification: { online: true, intervalMinutes: 1 } };

/** Each account is one that Google does not know yet. */
let accounts = 0;
function newAccount(): GoogleSource {
  accounts += 1;
  return createGoogleSource({ privateKey: key.privateKey, accountName: `wallet-${accounts}` });
}

describe('online verification', () => {
  let stage: Stage;
  let namespace: Namespace;
  let providers: FakeProviders;
  /** A root that the controller does not know, and APNs does. */
  const stranger = createAuthority({ now: new Date() });
  const seen = new Set<string>();

  const users = (id = issuerId): Set<string> => {
    const known = providers.google.issuers.get(id) ?? new Set<string>();
    providers.google.issuers.set(id, known);
    return known;
  };

  /** Google knows the key and lets the account use the issuer. */
  function admit({ account }: GoogleSource, validity: { notBefore?: Date; notAfter?: Date } = {}): void {
    providers.google.accounts.register(account, validity);
    users().add(account.client_email);
  }

  async function putGoogle(name: string, source: GoogleSource, extra: object = online): Promise<void> {
    await namespace.putSecret(`${name}-source`, source.data);
    await namespace.putCredential(name, googleSpec(`${name}-source`, extra));
  }

  async function putApple(name: string, extra: object = online): Promise<void> {
    await namespace.putSecret(`${name}-source`, stage.sources.apple());
    await namespace.putCredential(name, appleSpec(`${name}-source`, extra));
  }

  async function live(name: string): Promise<Secret> {
    const found = await namespace.secret(`${name}-live`);
    assert.ok(found, `the live Secret of ${name}`);
    return found;
  }

  const verified = (name: string): Promise<WalletCredential> =>
    namespace.whenCondition(name, 'Verified', 'True', 'Verified');

  // What is to happen after a minute begins here, and is looked at in the end.
  const later = { google: newAccount(), again: newAccount(), lost: newAccount() };
  before(async () => {
    stage = await startStage();
    ({ namespace } = stage);
    providers = await startFakeProviders([stage.sources.authority, stranger], stage.cluster.controlPlane.directory);
    await stage.start(providers.environment);
    admit(later.google);
    admit(later.lost);
    providers.google.accounts.register(later.again.account);
    await putGoogle('later-google', later.google, everyMinute);
    await putApple('later-apple', everyMinute);
    await putGoogle('again', later.again, everyMinute);
    await Promise.all(['later-google', 'later-apple'].map(verified));
    await namespace.whenCondition('again', 'SourceAccepted', 'False', 'PermissionDenied');
    providers.google.inject('token', 'reset', 1);
    await putGoogle('lost', later.lost, everyMinute);
    await namespace.whenCondition('lost', 'Verified', 'Unknown', 'Unreachable');
  });
  after(async () => {
    await stage?.stop();
    await providers?.close();
  });

  function hasMetric(name: string, type: string, status: string, reason: string): Promise<void> {
    const labels = { namespace: namespace.name, name, type, status, reason };
    return eventually(
      async () => assert.equal(seriesOf(await stage.scrape(), 'loyalty_wallet_credential_condition', labels).length, 1),
      { describe: `the metric of ${name} ${type}=${status} (${reason})`, deadlineSeconds: 2 },
    );
  }

  function hasEvent(name: string, reason: string, message: string): Promise<void> {
    return eventually(
      async () => {
        const events = await namespace.events(name);
        assert.ok(
          events.some((event) => event.reason === reason && event.message.includes(message)),
          `${reason} (${message}) in ${JSON.stringify(events)}`,
        );
      },
      { describe: `the Event ${reason} of ${name}` },
    );
  }

  describe('of what the provider takes', () => {
    it('promotes it: Verified', async () => {
      for (const name of ['later-google', 'later-apple']) {
        const credential = await namespace.credential(name);
        assert.equal(conditionOf(credential, 'Ready')?.status, 'True');
        assert.equal(credential.status?.verification?.reason, 'Verified');
        assert.equal(credential.status?.verification?.fingerprint, credential.status?.live?.fingerprint);
        await hasMetric(name, 'Verified', 'True', 'Verified');
      }
      assert.match(conditionOf(await namespace.credential('later-apple'), 'Verified')?.message ?? '', /APNs takes/);
    });

    it('is not repeated by a restart', async () => {
      const asked = [providers.google.requests.length, providers.apns.pushes.length];
      await stage.restart(providers.environment);
      await putApple('after-restart', {});
      await namespace.whenCondition('after-restart', 'Ready', 'True');
      assert.deepEqual([providers.google.requests.length, providers.apns.pushes.length], asked);
      assert.equal(conditionOf(await namespace.credential('later-google'), 'Verified')?.status, 'True');
      assert.equal(conditionOf(await namespace.credential('again'), 'SourceAccepted')?.reason, 'PermissionDenied');
    });

    it('is waited for before a credential is promoted: VerificationPending', async () => {
      seen.add('VerificationPending');
      const [first, second] = [newAccount(), newAccount()];
      admit(first);
      admit(second);
      await putGoogle('pending', first);
      await verified('pending');
      const before = await live('pending');
      providers.google.inject('token', { delayMilliseconds: 1_000 }, 1);
      await namespace.putSecret('pending-source', second.data);
      const waiting = await namespace.whenCondition('pending', 'SourceAccepted', 'Unknown', 'VerificationPending');
      assert.equal(waiting.status?.source?.reason, 'VerificationPending');
      assert.deepEqual(await live('pending'), before);
      await hasMetric('pending', 'SourceAccepted', 'Unknown', 'VerificationPending');
      const { status } = await namespace.whenCondition('pending', 'SourceAccepted', 'True', 'Promoted');
      assert.equal(status?.live?.revision, 2);
    });
  });

  describe('blocks the promotion of what the provider refuses, and promotes it when the provider has changed its mind:', () => {
    interface Refusal {
      provider: 'google' | 'apple';
      /** Makes the provider refuse; answers what makes it take the credential again. */
      refuse(next: GoogleSource): () => void;
      extra?: object;
      says: RegExp;
    }

    const anotherIssuer = '3388000000098765432';
    const refusals: Record<OnlineReason, Refusal> = {
      InvalidGrant: {
        provider: 'google',
        refuse: (next) => () => admit(next),
        says: /there is no such service account/,
      },
      PermissionDenied: {
        provider: 'google',
        refuse(next) {
          providers.google.accounts.register(next.account);
          return () => admit(next);
        },
        says: /may not read issuer 3388000000012345678\. Add it as a user/,
      },
      IssuerNotFound: {
        provider: 'google',
        extra: { google: { issuerId: anotherIssuer } },
        refuse(next) {
          admit(next);
          providers.google.issuers.delete(anotherIssuer);
          return () => users(anotherIssuer).add(next.account.client_email);
        },
        says: /knows no issuer 3388000000098765432/,
      },
      CertificateRevoked: {
        provider: 'apple',
        refuse() {
          providers.ocsp.behave({ status: { revokedAt: new Date('2026-05-06T07:08:09Z'), reason: 1 } });
          return () => providers.ocsp.behave({});
        },
        says: /revoked the certificate on 2026-05-06/,
      },
      CertificateRefused: {
        provider: 'apple',
        refuse() {
          providers.apns.inject({ reply: { status: 403, reason: 'BadCertificate' } });
          return () => providers.apns.inject('hang', 0);
        },
        says: /BadCertificate/,
      },
    };

    async function makeGood(name: string, { provider, extra = {} }: Refusal): Promise<Secret> {
      if (provider === 'apple') await putApple(name);
      else {
        const source = newAccount();
        admit(source);
        users(anotherIssuer).add(source.account.client_email);
        await putGoogle(name, source, { ...online, ...extra });
      }
      await verified(name);
      return live(name);
    }

    for (const [reason, refusal] of Object.entries(refusals)) {
      it(reason, async () => {
        seen.add(reason);
        const name = reason.toLowerCase();
        const before = await makeGood(name, refusal);
        const next = newAccount();
        const relent = refusal.refuse(next);
        const data = refusal.provider === 'apple' ? stage.sources.apple() : next.data;
        await namespace.putSecret(`${name}-source`, data);
        const refused = await namespace.whenCondition(name, 'SourceAccepted', 'False', reason);
        const { message = '' } = conditionOf(refused, 'SourceAccepted') ?? {};
        assert.match(message, refusal.says);
        assert.match(message, /tried again after 1 hour, and when the source or the spec changes/);
        assert.deepEqual([refused.status?.source?.reason, refused.status?.source?.message], [reason, message]);
        assert.equal(conditionOf(refused, 'Ready')?.status, 'True');
        // Of what is live.
        assert.equal(conditionOf(refused, 'Verified')?.status, 'True');
        assert.deepEqual(await live(name), before);
        assert.equal(await namespace.secret(`${name}-rev-2`), undefined);
        await hasEvent(name, reason, message);
        await hasMetric(name, 'SourceAccepted', 'False', reason);
        const labels = { namespace: namespace.name, name, reason };
        const [count] = seriesOf(await stage.scrape(), 'loyalty_wallet_credential_rejections_total', labels);
        assert.equal(count?.value, 1);
        relent();
        await namespace.putSecret(`${name}-source`, data, { labels: { again: 'please' } });
        const { status } = await namespace.whenCondition(name, 'SourceAccepted', 'True', 'Promoted');
        assert.equal(status?.live?.revision, 2);
      });
    }

    it('and there is no reason that was left out', () => {
      assert.deepEqual([...seen].toSorted(), [...Object.keys(onlineReasons), 'VerificationPending'].toSorted());
    });
  });

  describe('does not block where the provider is not reached', () => {
    it('Google', async () => {
      const source = newAccount();
      admit(source);
      providers.google.inject('token', 'reset', 1);
      await putGoogle('unreached-google', source);
      const credential = await namespace.whenCondition('unreached-google', 'Verified', 'Unknown', 'Unreachable');
      assert.equal(conditionOf(credential, 'Ready')?.status, 'True');
      assert.equal(conditionOf(credential, 'SourceAccepted')?.reason, 'Promoted');
      assert.match(conditionOf(credential, 'Verified')?.message ?? '', /Google was not reached/);
      await hasMetric('unreached-google', 'Verified', 'Unknown', 'Unreachable');
    });

    it('Apple', async () => {
      providers.apns.inject({ reply: { status: 503, reason: 'Shutdown' } }, 1);
      await putApple('unreached-apple');
      const credential = await namespace.whenCondition('unreached-apple', 'Verified', 'Unknown', 'Unreachable');
      assert.equal(conditionOf(credential, 'Ready')?.status, 'True');
    });

    it('and OCSP alone, when APNs takes the certificate', async () => {
      providers.ocsp.behave({ fault: 'reset' });
      await putApple('no-ocsp');
      const credential = await verified('no-ocsp');
      assert.match(conditionOf(credential, 'Verified')?.message ?? '', /whether it is revoked is not known/);
      providers.ocsp.behave({});
    });
  });

  describe('beside other things', () => {
    it('does not hold up others when a provider hangs', async () => {
      providers.google.inject('token', 'hang');
      const names = Array.from({ length: 10 }, (_, index) => `hanging-${index}`);
      for (const name of names) {
        const source = newAccount();
        admit(source);
        await putGoogle(name, source);
      }
      await Promise.all(names.map((name) => namespace.whenCondition(name, 'SourceAccepted', 'Unknown')));
      await putApple('beside-offline', {});
      await putApple('beside-online');
      await namespace.whenCondition('beside-offline', 'Ready', 'True');
      await verified('beside-online');
      for (const name of names) {
        const credential = await namespace.credential(name);
        assert.equal(conditionOf(credential, 'SourceAccepted')?.reason, 'VerificationPending', name);
      }
      providers.google.inject('token', 'hang', 0);
      providers.google.connections.destroyAll();
      await Promise.all(names.map((name) => namespace.whenCondition(name, 'Ready', 'True')));
    });

    it('does not outweigh an unknown root: UnknownRoot, though APNs takes the certificate', async () => {
      const request = { passTypeIdentifier, teamIdentifier, key, now: new Date() };
      await namespace.putSecret('rootless-source', createAppleSource({ ...request, authority: stranger }).data);
      await namespace.putCredential('rootless', appleSpec('rootless-source', online));
      const credential = await namespace.whenCondition('rootless', 'Verified', 'False', 'UnknownRoot');
      assert.equal(conditionOf(credential, 'Ready')?.status, 'True');
      assert.equal(credential.status?.verification?.reason, 'Verified');
      await hasEvent('rootless', 'UnknownRoot', conditionOf(credential, 'Verified')?.message ?? '');
    });
  });

  describe('learns from the public certificate of a Google key', () => {
    it('when it was made, and counts the rotation from there', async () => {
      const source = newAccount();
      const made = daysAfter(new Date(), -100);
      admit(source, { notBefore: made });
      await putGoogle('old-key', source);
      const { status } = await namespace.whenCondition('old-key', 'RotationDue', 'True', 'IntervalExceeded');
      const instant = (days: number): string => daysAfter(made, days).toISOString().replace('.000', '');
      assert.equal(status?.key?.createdAt, instant(0));
      assert.equal(status?.rotateBy, instant(90));
      assert.equal(status?.summary?.rotateBy, instant(90).slice(0, 10));
      const metadata = JSON.parse(textOf(await live('old-key'), 'metadata.json')) as { rotateBy: string };
      assert.equal(metadata.rotateBy, instant(90));
      await hasMetric('old-key', 'RotationDue', 'True', 'IntervalExceeded');
      const [due] = seriesOf(await stage.scrape(), 'loyalty_wallet_credential_rotation_due_timestamp_seconds', {
        name: 'old-key',
      });
      assert.equal(due?.value, daysAfter(made, 90).getTime() / 1_000);
    });

    it('when it ends, where an organisation has set an end', async () => {
      const source = newAccount();
      const end = daysAfter(new Date(), 5);
      admit(source, { notAfter: end });
      await putGoogle('ending-key', source);
      const { status } = await namespace.whenCondition('ending-key', 'ExpiringSoon', 'True', 'WithinCritical');
      assert.equal(status?.expiresAt, end.toISOString().replace('.000', ''));
      await hasMetric('ending-key', 'ExpiringSoon', 'True', 'WithinCritical');
      const labels = { name: 'ending-key', role: 'key' };
      const [series] = seriesOf(await stage.scrape(), 'loyalty_wallet_credential_expiration_timestamp_seconds', labels);
      assert.equal(series?.value, end.getTime() / 1_000);
    });
  });

  describe('is repeated after the interval, and', () => {
    it('tells what the provider holds against what is live: Verified is False, and it stays live', async () => {
      const before = [await live('later-google'), await live('later-apple')];
      admit(later.again);
      providers.google.accounts.deleteKey(later.google.account);
      providers.ocsp.behave({ status: { revokedAt: new Date(), reason: 1 } });
      for (const [name, reason] of [
        ['later-google', 'InvalidGrant'],
        ['later-apple', 'CertificateRevoked'],
      ] as const) {
        const credential = await namespace.whenCondition(name, 'Verified', 'False', reason, 75);
        assert.equal(conditionOf(credential, 'Ready')?.status, 'True');
        assert.equal(conditionOf(credential, 'SourceAccepted')?.status, 'True');
        await hasEvent(name, reason, conditionOf(credential, 'Verified')?.message ?? '');
        await hasMetric(name, 'Verified', 'False', reason);
      }
      assert.deepEqual([await live('later-google'), await live('later-apple')], before);
    });

    it('promotes what was refused', async () => {
      const { status } = await namespace.whenCondition('again', 'SourceAccepted', 'True', 'Promoted', 75);
      assert.equal(status?.live?.revision, 1);
      await verified('again');
    });

    it('finds the provider that was not reached, sooner', async () => void (await verified('lost')));
  });

  describe('in all of this', () => {
    it('says nothing that is not for everybody', async () => {
      const told = JSON.stringify([
        stage.controller.text(),
        (await stage.controller.get('/metrics')).body,
        await namespace.events(),
        await Promise.all(['again', 'lost', 'later-google', 'later-apple'].map((name) => namespace.credential(name))),
      ]);
      assert.doesNotMatch(told, /secret-looking|ya29|PRIVATE KEY/);
    });
  });
});
