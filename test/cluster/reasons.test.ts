import assert from 'node:assert/strict';
import { promotionReasons, sourceReasons } from '../../src/domain/credentials/reasons.ts';
import type { ConditionType, WalletCredential } from '../../src/domain/credentials/wallet-credential.ts';
import { type AppleFlaw, appleFlaws } from '../../src/example-credentials/apple-flaws.ts';
import { type GoogleFlaw, googleFlaws } from '../../src/example-credentials/google-flaws.ts';
import { createGoogleSource } from '../../src/example-credentials/google-source.ts';
import { generateRsaKey } from '../../src/example-credentials/key-pair.ts';
import type { SourceData } from '../../src/example-credentials/source-data.ts';
import { conditionOf, type Namespace, type Secret } from '../support/cluster.ts';
import { seriesOf } from '../support/scrape.ts';
import { appleSpec, googleSpec } from '../support/sources.ts';
import { type Stage, startStage } from '../support/stage.ts';
import { eventually } from '../support/wait.ts';

const second = 1_000;
const day = 86_400 * second;
const account = { privateKey: generateRsaKey().privateKey };

/** What a reason is told by: given for every rejection by the checks. */
interface Told {
  reason: string;
  /** Part of the diagnosis. */
  says?: RegExp;
  /** How often it was counted since the controller started. */
  count?: number;
}

describe('every reason, for the Secret or WalletCredential that deserves it', () => {
  let stage: Stage;
  let namespace: Namespace;
  const seen = new Set<string>();

  before(async () => {
    stage = await startStage();
    ({ namespace } = stage);
    await stage.start();
  });
  after(() => stage?.stop());

  async function live(name: string): Promise<Secret> {
    const secret = await namespace.secret(`${name}-live`);
    assert.ok(secret, `the live Secret of ${name}`);
    return secret;
  }

  /** A WalletCredential whose good source is live. */
  async function good(name: string, provider: 'apple' | 'google' = 'apple', extra: object = {}): Promise<Secret> {
    const data = provider === 'apple' ? stage.sources.apple() : createGoogleSource(account).data;
    const { metadata } = await namespace.putSecret(`${name}-source`, data);
    await namespace.putCredential(name, (provider === 'apple' ? appleSpec : googleSpec)(`${name}-source`, extra));
    const isPromoted = ({ status }: WalletCredential): boolean =>
      status?.source?.resourceVersion === metadata.resourceVersion && status.source.reason === 'Promoted';
    await namespace.whenCredential(name, isPromoted, `the source of ${name} to be promoted`);
    return live(name);
  }

  async function isUnchanged(name: string, before: Secret): Promise<void> {
    const now = await live(name);
    assert.equal(now.metadata.resourceVersion, before.metadata.resourceVersion);
    assert.deepEqual(now.data, before.data);
    assert.equal(conditionOf(await namespace.credential(name), 'Ready')?.status, 'True');
  }

  /** At the scrape after the status was written; the controller hears of that at the same time as we do. */
  function hasMetric(name: string, type: ConditionType, status: string, reason: string): Promise<void> {
    const labels = { namespace: namespace.name, name, type, status, reason };
    return eventually(
      async () => {
        const found = seriesOf(await stage.scrape(), 'loyalty_wallet_credential_condition', labels);
        assert.deepEqual(
          found.map(({ value }) => value),
          [1],
        );
      },
      { describe: `the metric of ${name} ${type}=${status} (${reason})`, deadlineSeconds: 2 },
    );
  }

  function hasEvent(name: string, reason: string, message: string, type = 'Warning'): Promise<void> {
    return eventually(
      async () => {
        const found = (await namespace.events(name)).filter((event) => event.reason === reason);
        assert.ok(
          found.some((event) => event.type === type && event.message.includes(message)),
          `no ${type} Event ${reason} with ${message}, only ${JSON.stringify(found)}`,
        );
      },
      { describe: `the Event ${reason} of ${name}` },
    );
  }

  /** The condition, status.source, an Event and two metrics all say the same. */
  async function isRejected(name: string, { reason, says = /./, count = 1 }: Told): Promise<WalletCredential> {
    seen.add(reason);
    const credential = await namespace.whenCondition(name, 'SourceAccepted', 'False', reason);
    const { message = '' } = conditionOf(credential, 'SourceAccepted') ?? {};
    assert.match(message, says);
    assert.match(message, /\. .*\.$/s, 'it says what was found, and what to do');
    const { accepted, reason: stated, message: told } = credential.status?.source ?? {};
    assert.deepEqual({ accepted, reason: stated, message: told }, { accepted: false, reason, message });
    await hasEvent(name, reason, message.slice(0, 900));
    await hasMetric(name, 'SourceAccepted', 'False', reason);
    const labels = { namespace: namespace.name, name, reason };
    const counted = seriesOf(await stage.scrape(), 'loyalty_wallet_credential_rejections_total', labels);
    assert.equal(counted[0]?.value, count, `rejections of ${name} with ${reason}`);
    return credential;
  }

  async function refusesSource(
    name: string,
    provider: 'apple' | 'google',
    data: SourceData,
    told: Told,
  ): Promise<void> {
    const before = await good(name, provider);
    const source = await namespace.putSecret(`${name}-source`, data);
    const { status } = await isRejected(name, told);
    assert.equal(status?.source?.resourceVersion, source.metadata.resourceVersion);
    assert.equal(status?.live?.revision, 1);
    assert.equal(await namespace.secret(`${name}-rev-2`), undefined);
    await isUnchanged(name, before);
  }

  describe('the flaws of Apple sources', () => {
    for (const [flaw, { reason, forms = [undefined] }] of Object.entries(appleFlaws)) {
      if (reason === 'UnknownRoot') continue;
      for (const form of forms) {
        it(`${flaw}${form ? ` in ${form}` : ''}: ${reason}`, async () => {
          const data = stage.sources.apple({ flaw: flaw as AppleFlaw, ...(form && { form }) });
          await refusesSource(`${flaw}-${form ?? 'any'}`, 'apple', data, { reason });
        });
      }
    }
  });

  describe('the flaws of Google sources', () => {
    for (const [flaw, { reason }] of Object.entries(googleFlaws)) {
      it(`${flaw}: ${reason}`, async () => {
        const { data } = createGoogleSource({ ...account, flaw: flaw as GoogleFlaw });
        await refusesSource(`google-${flaw}`, 'google', data, { reason });
      });
    }
  });

  describe('the source Secret', () => {
    it('does not exist yet: SecretNotFound, and it is taken when it appears', async () => {
      await namespace.putCredential('absent', appleSpec('absent-source'));
      const { status } = await isRejected('absent', { reason: 'SecretNotFound', says: /absent-source does not exist/ });
      assert.equal(status?.live, undefined);
      assert.equal(await namespace.secret('absent-live'), undefined);
      await hasMetric('absent', 'Ready', 'False', 'NoLiveCredential');
      await namespace.putSecret('absent-source', stage.sources.apple());
      await namespace.whenCondition('absent', 'Ready', 'True');
    });

    it('is deleted: SecretNotFound, and what is live stays', async () => {
      const before = await good('deleted');
      await namespace.deleteSecret('deleted-source');
      await isRejected('deleted', { reason: 'SecretNotFound' });
      await isUnchanged('deleted', before);
    });

    it('was never good: the reason, and nothing is live', async () => {
      await namespace.putSecret('never-source', stage.sources.apple({ flaw: 'wrong-team' }));
      await namespace.putCredential('never', appleSpec('never-source'));
      const credential = await isRejected('never', { reason: 'TeamMismatch', says: /ZZZZZ99999.*ABCDE12345/ });
      assert.match(conditionOf(credential, 'Ready')?.message ?? '', /TeamMismatch/);
      assert.deepEqual(credential.status?.revisions, []);
    });

    it('is wrong twice in different ways: each is told, and the counters go on', async () => {
      await good('twice');
      for (const count of [1, 2]) {
        await namespace.putSecret('twice-source', stage.sources.apple({ flaw: 'wrong-key' }));
        await isRejected('twice', { reason: 'KeyMismatch', count });
        await namespace.putSecret('twice-source', stage.sources.apple({ flaw: 'wrong-team' }));
        await isRejected('twice', { reason: 'TeamMismatch', count });
      }
    });
  });

  describe('the promotion', () => {
    it('of what is live: Promoted', async () => {
      seen.add('Promoted');
      await good('promoted');
      await hasEvent('promoted', 'Promoted', 'Revision 1 is live in Secret promoted-live.', 'Normal');
      await hasMetric('promoted', 'SourceAccepted', 'True', 'Promoted');
    });

    it('of another source while a revision is pinned: Pinned', async () => {
      seen.add('Pinned');
      await good('pinned');
      await namespace.patchSpec('pinned', { rollbackTo: 1 });
      await namespace.whenCondition('pinned', 'SourceAccepted', 'True', 'Promoted');
      const before = await live('pinned');
      await namespace.putSecret('pinned-source', stage.sources.apple());
      const { status } = await namespace.whenCondition('pinned', 'SourceAccepted', 'False', 'Pinned');
      assert.match(status?.source?.message ?? '', /rollbackTo pins revision 1/);
      await isUnchanged('pinned', before);
      await hasMetric('pinned', 'SourceAccepted', 'False', 'Pinned');
      await namespace.putSecret('pinned-source', stage.sources.apple({ flaw: 'wrong-key' }));
      await isRejected('pinned', { reason: 'KeyMismatch' });
      await isUnchanged('pinned', before);
    });

    it('back to a revision that is not kept: RevisionNotFound', async () => {
      const before = await good('unkept');
      await namespace.patchSpec('unkept', { rollbackTo: 7 });
      await isRejected('unkept', { reason: 'RevisionNotFound', says: /names revision 7, which is not kept/ });
      await isUnchanged('unkept', before);
      const [event] = (await namespace.events('unkept')).filter(({ reason }) => reason === 'RevisionNotFound');
      assert.doesNotMatch(event?.message ?? '', /source is rejected/);
    });

    it('while it is suspended: Suspended', async () => {
      seen.add('Suspended');
      const before = await good('suspended');
      await namespace.patchSpec('suspended', { suspend: true });
      await namespace.whenCondition('suspended', 'SourceAccepted', 'Unknown', 'Suspended');
      await namespace.putSecret('suspended-source', stage.sources.apple());
      await namespace.deleteSecret('suspended-rev-1');
      // The controller has seen the changes above when it has promoted this one.
      await good('after-suspended');
      await hasMetric('suspended', 'SourceAccepted', 'Unknown', 'Suspended');
      await isUnchanged('suspended', before);
      await namespace.patchSpec('suspended', { suspend: null });
      const { status } = await namespace.whenCondition('suspended', 'SourceAccepted', 'True', 'Promoted');
      assert.equal(status?.live?.revision, 2);
    });

    it("onto somebody else's Secret: LiveSecretConflict, until it is gone", async () => {
      seen.add('LiveSecretConflict');
      const theirs = await namespace.putSecret('conflict-live', { mine: 'hands off' });
      await namespace.putSecret('conflict-source', stage.sources.apple());
      await namespace.putCredential('conflict', appleSpec('conflict-source'));
      const credential = await namespace.whenCondition('conflict', 'Ready', 'False', 'LiveSecretConflict');
      const { message = '' } = conditionOf(credential, 'Ready') ?? {};
      assert.match(message, /conflict-live exists.*Delete it, or set spec\.live\.secretName/);
      assert.equal(conditionOf(credential, 'SourceAccepted')?.reason, 'LiveSecretConflict');
      assert.equal(credential.status?.source?.reason, 'LiveSecretConflict');
      await hasEvent('conflict', 'LiveSecretConflict', message);
      await hasMetric('conflict', 'Ready', 'False', 'LiveSecretConflict');
      assert.deepEqual(await namespace.secret('conflict-live'), theirs);
      await namespace.deleteSecret('conflict-live');
      await namespace.whenCondition('conflict', 'Ready', 'True');
    });

    it('under a root that is not known: UnknownRoot, a warning', async () => {
      await namespace.putSecret('rootless-source', stage.sources.apple({ flaw: 'unknown-root' }));
      await namespace.putCredential('rootless', appleSpec('rootless-source'));
      const credential = await namespace.whenCondition('rootless', 'Verified', 'False', 'UnknownRoot');
      assert.equal(conditionOf(credential, 'SourceAccepted')?.status, 'True');
      const { message = '' } = conditionOf(credential, 'Verified') ?? {};
      assert.match(message, /root/);
      await hasEvent('rootless', 'UnknownRoot', message);
      await hasMetric('rootless', 'Verified', 'False', 'UnknownRoot');
    });
  });

  describe('time passes', () => {
    /** The factory makes certificates that began an hour ago. */
    const beginning = (instant: number): Date => new Date(instant + 3_600 * second);

    async function validFor(name: string, milliseconds: number, reason: string): Promise<void> {
      const data = stage.sources.apple({ now: new Date(), validDays: milliseconds / day });
      await namespace.putSecret(`${name}-source`, data);
      await namespace.putCredential(name, appleSpec(`${name}-source`));
      await namespace.whenCondition(name, 'ExpiringSoon', reason === 'NotExpiring' ? 'False' : 'True', reason);
      await namespace.whenCondition(name, 'Ready', 'True');
    }

    /** By itself: nobody writes anything meanwhile. */
    async function turns(name: string, type: ConditionType, reason: string, told = reason): Promise<void> {
      const credential = await namespace.whenCondition(name, type, 'True', reason, 20);
      await hasEvent(name, told, conditionOf(credential, type)?.message ?? '');
      await hasMetric(name, type, 'True', reason);
    }

    // All at once, and each test waits for its own.
    before(async () => {
      await good('rotation', 'apple', { rotation: { intervalDays: 1 } });
      await Promise.all([
        validFor('warning', 30 * day + 5 * second, 'NotExpiring'),
        validFor('critical', 7 * day + 5 * second, 'WithinWarning'),
        validFor('expired', 8 * second, 'WithinCritical'),
        validFor('invalid', 8 * second, 'WithinCritical'),
      ]);
      const dayOld = stage.sources.apple({ now: beginning(Date.now() - day + 5 * second) });
      await namespace.putSecret('rotation-source', dayOld);
      const early = stage.sources.apple({ now: beginning(Date.now() + 5 * second) });
      await refusesSource('early', 'apple', early, { reason: 'NotYetValid', says: /valid/ });
    });

    it('and a certificate becomes valid: what was NotYetValid is promoted', async () => {
      const { status } = await namespace.whenCondition('early', 'SourceAccepted', 'True', 'Promoted');
      assert.equal(status?.live?.revision, 2);
    });

    it('and RotationDue turns True', () => turns('rotation', 'RotationDue', 'IntervalExceeded', 'RotationDue'));

    it('and ExpiringSoon turns to WithinWarning', () => turns('warning', 'ExpiringSoon', 'WithinWarning'));

    it('and ExpiringSoon turns to WithinCritical', () => turns('critical', 'ExpiringSoon', 'WithinCritical'));

    it('and ExpiringSoon turns to Expired and Ready to False, and the live Secret stays', async () => {
      const before = await live('expired');
      await turns('expired', 'ExpiringSoon', 'Expired');
      const credential = await namespace.whenCondition('expired', 'Ready', 'False', 'Expired');
      assert.match(conditionOf(credential, 'Ready')?.message ?? '', /expired at .* Put a new credential/);
      await hasMetric('expired', 'Ready', 'False', 'Expired');
      assert.deepEqual(await live('expired'), before);
    });

    it('and what is nearly at its end becomes live: one Event says both', async () => {
      await namespace.putSecret('ending-source', stage.sources.apple({ now: new Date(), validDays: 5 }));
      await namespace.putCredential('ending', appleSpec('ending-source'));
      await namespace.whenCondition('ending', 'ExpiringSoon', 'True', 'WithinCritical');
      await hasEvent(
        'ending',
        'WithinCritical',
        'Revision 1 is live in Secret ending-live. The live credential expires',
      );
      assert.equal((await namespace.events('ending')).length, 1);
    });

    it('and a revision expires: to go back to it is refused, RevisionInvalid', async () => {
      await namespace.whenCondition('invalid', 'Ready', 'False', 'Expired');
      const before = await good('invalid');
      await namespace.patchSpec('invalid', { rollbackTo: 1 });
      await isRejected('invalid', { reason: 'RevisionInvalid', says: /Revision 1 fails the check Expired/ });
      await isUnchanged('invalid', before);
    });
  });

  describe('the table of reasons', () => {
    it('has none that was left out', () => {
      // Those of the provider's answers, and VerificationPending, are in online.test.ts.
      const { VerificationPending: _, ...rest } = { ...sourceReasons, ...promotionReasons };
      assert.deepEqual([...seen].toSorted(), Object.keys(rest).toSorted());
    });
  });
});
