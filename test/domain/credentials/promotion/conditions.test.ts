import assert from 'node:assert/strict';
import { type ConditionInput, conditionsOf } from '../../../../src/domain/credentials/promotion/conditions.ts';
import type { LiveFacts } from '../../../../src/domain/credentials/promotion/live-facts.ts';
import type { Verification } from '../../../../src/domain/credentials/promotion/observed.ts';
import type { ConditionType, WalletCredential } from '../../../../src/domain/credentials/wallet-credential.ts';
import { decodeWalletCredential } from '../../../../src/adapters/kubernetes/wallet-credentials.ts';

function resource(changes: { spec?: object; status?: object } = {}): WalletCredential {
  const metadata = {
    namespace: 'n',
    name: 'apple',
    uid: 'u',
    resourceVersion: '1',
    generation: 7,
    creationTimestamp: '',
  };
  const spec = { secretRef: { name: 's' }, google: { issuerId: '1' }, ...changes.spec };
  return decodeWalletCredential({ metadata, spec, status: changes.status });
}

const facts: LiveFacts = {
  certificates: [],
  key: { firstSeen: '2026-01-01T00:00:00Z' },
  expiresAt: '2026-03-01T00:00:00Z',
  rotateBy: '2026-02-01T00:00:00Z',
};

function input(changes: Partial<ConditionInput> = {}, live: Partial<LiveFacts> = {}): ConditionInput {
  return {
    now: new Date('2026-01-15T00:00:00Z'),
    resource: resource(),
    liveState: 'intact',
    liveSecretName: 'apple-live',
    live: { revision: 4, facts: { ...facts, ...live } },
    acceptance: { status: 'True', reason: 'Promoted', message: 'It is live.' },
    verification: undefined,
    mayWrite: true,
    ...changes,
  };
}

/** `True/Live` of one condition. */
function found(type: ConditionType, given: ConditionInput): string {
  const condition = conditionsOf(given).find((candidate) => candidate.type === type) ?? assert.fail(`no ${type}`);
  return `${condition.status}/${condition.reason}`;
}

function without(name: 'expiresAt' | 'rotateBy'): ConditionInput {
  const { [name]: _, ...rest } = facts;
  return input({ live: { revision: 4, facts: rest } });
}

const at = (now: string): Partial<ConditionInput> => ({ now: new Date(now) });
const nothing: Partial<ConditionInput> = { live: undefined, liveState: 'absent' };
const online = resource({ spec: { verification: { online: true, intervalMinutes: 60 } } });

function verification(outcome: Verification['outcome'], reason: string): Partial<ConditionInput> {
  const record = { fingerprint: 'f', checkedAt: '2026-01-15T00:00:00Z', message: 'Said.', attempts: 0 };
  return { resource: online, verification: { ...record, outcome, reason } };
}

const rows: [type: ConditionType, when: string, given: ConditionInput, expected: string][] = [
  ['Ready', 'a live credential exists and is valid', input(), 'True/Live'],
  ['Ready', 'it has no end', without('expiresAt'), 'True/Live'],
  ['Ready', 'it ends this instant', input(at('2026-03-01T00:00:00Z')), 'False/Expired'],
  ['Ready', 'it ends in a millisecond', input(at('2026-02-28T23:59:59.999Z')), 'True/Live'],
  ['Ready', 'nothing is live', input(nothing), 'False/NoLiveCredential'],
  ['Ready', "somebody else's Secret is there", input({ ...nothing, liveState: 'foreign' }), 'False/LiveSecretConflict'],
  ['Ready', 'the live Secret is about to be put back', input({ liveState: 'spoilt' }), 'True/Live'],
  ['Ready', 'it is missing while suspended', input({ liveState: 'absent', mayWrite: false }), 'False/NoLiveCredential'],
  [
    'Ready',
    'it was changed while suspended',
    input({ liveState: 'spoilt', mayWrite: false }),
    'Unknown/LiveSecretChanged',
  ],
  ['Ready', 'it is as it was while suspended', input({ mayWrite: false }), 'True/Live'],
  ['SourceAccepted', 'the source is live', input(), 'True/Promoted'],
  [
    'SourceAccepted',
    'it is not',
    input({ acceptance: { status: 'False', reason: 'KeyMismatch', message: '' } }),
    'False/KeyMismatch',
  ],
  ['ExpiringSoon', 'more than 30 days are left', input(), 'False/NotExpiring'],
  ['ExpiringSoon', '30 days are left', input(at('2026-01-30T00:00:00Z')), 'True/WithinWarning'],
  ['ExpiringSoon', 'a millisecond more is left', input(at('2026-01-29T23:59:59.999Z')), 'False/NotExpiring'],
  ['ExpiringSoon', '7 days are left', input(at('2026-02-22T00:00:00Z')), 'True/WithinCritical'],
  ['ExpiringSoon', 'nothing is left', input(at('2026-03-01T00:00:00Z')), 'True/Expired'],
  ['ExpiringSoon', 'it has no end', without('expiresAt'), 'Unknown/DoesNotExpire'],
  ['ExpiringSoon', 'nothing is live', input(nothing), 'Unknown/NoLiveCredential'],
  ['RotationDue', 'the key is young', input(), 'False/Fresh'],
  ['RotationDue', 'the interval is over', input(at('2026-02-01T00:00:00Z')), 'True/IntervalExceeded'],
  ['RotationDue', 'there is no interval', without('rotateBy'), 'Unknown/NoInterval'],
  ['RotationDue', 'nothing is live', input(nothing), 'Unknown/NoLiveCredential'],
  ['Verified', 'it is off', input(), 'Unknown/Disabled'],
  ['Verified', 'nobody was asked yet', input({ resource: online }), 'Unknown/Pending'],
  ['Verified', 'the provider took it', input(verification('verified', 'Verified')), 'True/Verified'],
  ['Verified', 'it refused it', input(verification('refused', 'InvalidGrant')), 'False/InvalidGrant'],
  ['Verified', 'it was not reached', input(verification('unreachable', 'Unreachable')), 'Unknown/Unreachable'],
  ['Verified', 'the root is unknown', input({}, { unknownRoot: 'Which?' }), 'False/UnknownRoot'],
  [
    'Verified',
    'the root is unknown and the provider took it',
    input(verification('verified', 'Verified'), { unknownRoot: 'Which?' }),
    'False/UnknownRoot',
  ],
];

describe('conditions', () => {
  for (const [type, when, given, expected] of rows) {
    it(`${type}=${expected} when ${when}`, () => assert.equal(found(type, given), expected));
  }

  it('are all five, always, each with a message', () => {
    for (const [, , given] of rows) {
      const conditions = conditionsOf(given);
      assert.deepEqual(
        conditions.map(({ type }) => type),
        ['Ready', 'SourceAccepted', 'ExpiringSoon', 'RotationDue', 'Verified'],
      );
      assert.ok(conditions.slice(2).every(({ message }) => message.length > 3));
    }
  });

  it('keep lastTransitionTime while the status stays, though the reason changes', () => {
    const old = {
      type: 'ExpiringSoon',
      status: 'True',
      reason: 'WithinWarning',
      message: '',
      lastTransitionTime: 'then',
    };
    const given = input({ ...at('2026-02-25T00:00:00Z'), resource: resource({ status: { conditions: [old] } }) });
    const times = conditionsOf(given).map(({ type, lastTransitionTime }) => [type, lastTransitionTime]);
    assert.deepEqual(times.slice(1, 3), [
      ['SourceAccepted', '2026-02-25T00:00:00Z'],
      ['ExpiringSoon', 'then'],
    ]);
  });

  it('are about the generation at hand', () => {
    assert.ok(conditionsOf(input()).every(({ observedGeneration }) => observedGeneration === 7));
  });

  it('say nothing that changes from one look to the next', () => {
    const messages = (now: string): string[] => conditionsOf(input(at(now))).map(({ message }) => message);
    assert.deepEqual(messages('2026-02-10T00:00:00Z'), messages('2026-02-20T23:59:59Z'));
    assert.deepEqual(messages('2026-03-02T00:00:00Z'), messages('2027-03-02T00:00:00Z'));
  });
});
