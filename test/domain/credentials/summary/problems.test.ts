import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { onlineReasons, promotionReasons, sourceReasons } from '../../../../src/domain/credentials/reasons.ts';
import type { ConditionType, WalletCredential } from '../../../../src/domain/credentials/wallet-credential.ts';
import { adviceOn } from '../../../../src/domain/credentials/summary/advice.ts';
import { problemsOf } from '../../../../src/domain/credentials/summary/problems.ts';
import { appleCredential, conditions, healthyStatus } from '../../../kubectl-loyalty/credentials.ts';

const flags = '-n loyalty';

/** `SEVERITY REASON` of each. */
function problems(credential: WalletCredential): string[] {
  return problemsOf(credential, flags).map(({ severity, reason }) => `${severity} ${reason}`);
}

function withCondition(type: ConditionType, status: 'True' | 'False' | 'Unknown', reason: string): WalletCredential {
  return appleCredential(healthyStatus({ conditions: conditions({ [type]: [status, reason] }) }));
}

describe('the problems of a WalletCredential', () => {
  it('are none when all is well', () => {
    assert.deepEqual(problems(appleCredential()), []);
  });

  const cases: [ConditionType, 'True' | 'False' | 'Unknown', string, string[]][] = [
    ['Ready', 'False', 'Expired', ['critical Expired']],
    ['Ready', 'Unknown', 'LiveSecretChanged', ['critical LiveSecretChanged']],
    ['Ready', 'False', 'LiveSecretConflict', ['critical LiveSecretConflict']],
    ['SourceAccepted', 'False', 'WwdrMismatch', ['warning WwdrMismatch']],
    ['SourceAccepted', 'False', 'SecretNotFound', ['warning SecretNotFound']],
    ['SourceAccepted', 'False', 'PermissionDenied', ['warning PermissionDenied']],
    ['SourceAccepted', 'False', 'RevisionInvalid', ['warning RevisionInvalid']],
    ['SourceAccepted', 'False', 'Pinned', ['info Pinned']],
    ['SourceAccepted', 'Unknown', 'Suspended', ['info Suspended']],
    ['SourceAccepted', 'Unknown', 'VerificationPending', ['info VerificationPending']],
    ['ExpiringSoon', 'True', 'WithinWarning', ['warning WithinWarning']],
    ['ExpiringSoon', 'True', 'WithinCritical', ['critical WithinCritical']],
    ['ExpiringSoon', 'Unknown', 'DoesNotExpire', []],
    ['RotationDue', 'True', 'IntervalExceeded', ['warning IntervalExceeded']],
    ['RotationDue', 'False', 'Fresh', []],
    ['Verified', 'False', 'UnknownRoot', ['warning UnknownRoot']],
    ['Verified', 'False', 'CertificateRevoked', ['warning CertificateRevoked']],
    ['Verified', 'Unknown', 'Unreachable', ['info Unreachable']],
    ['Verified', 'True', 'Verified', []],
  ];
  for (const [type, status, reason, expected] of cases) {
    it(`for ${type}=${status}, ${reason}: ${expected.join() || 'none'}`, () =>
      assert.deepEqual(problems(withCondition(type, status, reason)), expected));
  }

  it('are said once where two conditions have one cause', () => {
    const { live: _live, ...nothingLive } = healthyStatus();
    const rejected = conditions({
      Ready: ['False', 'NoLiveCredential'],
      SourceAccepted: ['False', 'KeyMismatch'],
      ExpiringSoon: ['Unknown', 'NoLiveCredential'],
    });
    assert.deepEqual(problems(appleCredential({ ...nothingLive, conditions: rejected })), ['critical KeyMismatch']);
    const expired = conditions({ Ready: ['False', 'Expired'], ExpiringSoon: ['True', 'Expired'] });
    assert.deepEqual(problems(appleCredential(healthyStatus({ conditions: expired }))), ['critical Expired']);
    const conflict = conditions({
      Ready: ['False', 'LiveSecretConflict'],
      SourceAccepted: ['False', 'LiveSecretConflict'],
    });
    assert.deepEqual(problems(appleCredential(healthyStatus({ conditions: conflict }))), [
      'critical LiveSecretConflict',
    ]);
  });

  it('are said of both where nothing is live and the source is as somebody wants it', () => {
    const found = conditions({ Ready: ['False', 'NoLiveCredential'], SourceAccepted: ['Unknown', 'Suspended'] });
    const credential = appleCredential(healthyStatus({ conditions: found }), { suspend: true });
    assert.deepEqual(problems(credential), ['critical NoLiveCredential', 'info Suspended']);
  });

  it('come worst first', () => {
    const found = conditions({
      SourceAccepted: ['False', 'Pinned'],
      ExpiringSoon: ['True', 'WithinCritical'],
      Verified: ['False', 'UnknownRoot'],
    });
    const credential = appleCredential(healthyStatus({ conditions: found }));
    assert.deepEqual(problems(credential), ['critical WithinCritical', 'warning UnknownRoot', 'info Pinned']);
  });

  it('are that nobody looks: no status at all, or one of an older spec', () => {
    assert.deepEqual(problems({ ...appleCredential(), status: {} }), ['critical NotLookedAt']);
    assert.deepEqual(problems(appleCredential(healthyStatus(), {}, { generation: 2 })), ['warning NotActedOn']);
  });
});

describe('the advice on a problem', () => {
  /** Reasons that the conditions give besides those of reasons.ts. */
  const written = readFileSync(
    new URL('../../../../src/domain/credentials/promotion/conditions.ts', import.meta.url),
    'utf8',
  );
  const others = [...written.matchAll(/reason: '(\w+)'/g)].map(([, reason = '']) => reason);
  const all = new Set([...Object.keys({ ...sourceReasons, ...onlineReasons, ...promotionReasons }), ...others]);
  /** Said of what is well, or of nothing that one could do something about. */
  const silent = [
    'Promoted',
    'Live',
    'NotExpiring',
    'DoesNotExpire',
    'Fresh',
    'NoInterval',
    'Disabled',
    'Pending',
    'Verified',
  ];

  for (const reason of [...all].filter((each) => !silent.includes(each))) {
    it(`says what to do about ${reason}`, () => {
      const { advice, command } = adviceOn(reason, appleCredential(), flags);
      assert.match(advice, /[.:?]$/);
      if (advice.endsWith(':')) assert.ok(command);
      // Only a source that fails a check, or that the provider refuses, is to be replaced.
      const ofTheSource = reason in sourceReasons || reason in onlineReasons;
      if (/check -f FILE/.test(command ?? '')) assert.ok(ofTheSource, `${reason} has no advice of its own`);
    });
  }

  it('has commands for the namespace and context at hand', () => {
    const commands = ['Pinned', 'RevisionInvalid', 'Suspended', 'LiveSecretConflict'].map(
      (reason) => adviceOn(reason, appleCredential(), '-n loyalty --context prod').command,
    );
    assert.deepEqual(commands, [
      'kubectl loyalty rollback apple --undo -n loyalty --context prod',
      'kubectl loyalty rollback apple --to N -n loyalty --context prod',
      `kubectl patch wcred apple -n loyalty --context prod --type=merge -p '{"spec":{"suspend":null}}'`,
      'kubectl get secret apple-live --show-labels -n loyalty --context prod',
    ]);
  });

  it('says whether something is live', () => {
    const { live: _live, ...nothingLive } = healthyStatus();
    assert.match(adviceOn('KeyMismatch', appleCredential(), flags).advice, /^Revision 3 stays live meanwhile/);
    assert.match(adviceOn('KeyMismatch', appleCredential(nothingLive), flags).advice, /^Nothing is live/);
  });
});
