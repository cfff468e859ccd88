import assert from 'node:assert/strict';
import type { WalletCredential } from '../../../src/domain/credentials/wallet-credential.ts';
import { ExitError } from '../../../src/errors.ts';
import { changeOf } from '../../../src/kubectl-loyalty/rollback/change.ts';
import { millisecondsOf } from '../../../src/kubectl-loyalty/rollback/duration.ts';
import { outcomeOfRollback, outcomeOfUndo } from '../../../src/kubectl-loyalty/rollback/outcome.ts';
import { targetOf } from '../../../src/kubectl-loyalty/rollback/target.ts';
import { appleCredential, conditions, healthyStatus } from '../credentials.ts';

function withRevisions(live: number | undefined, ...kept: number[]): WalletCredential {
  const { live: usual, revisions, ...rest } = healthyStatus();
  const status = {
    ...rest,
    ...(live !== undefined && { live: { ...usual!, revision: live } }),
    revisions: kept.map((revision) => ({ ...revisions![0]!, revision })),
  };
  return appleCredential(status);
}

describe('the revision to roll back to', () => {
  const cases: [what: string, credential: WalletCredential, wanted: number | undefined, target: number][] = [
    ['the one before what is live', withRevisions(3, 1, 2, 3), undefined, 2],
    ['over a gap', withRevisions(9, 2, 5, 9), undefined, 5],
    ['one more after a rollback', withRevisions(2, 1, 2, 3), undefined, 1],
    ['whatever their order', withRevisions(5, 5, 1, 4, 2), undefined, 4],
    ['the one that is named', withRevisions(3, 1, 2, 3), 1, 1],
    ['a later one that is named', withRevisions(1, 1, 2, 3), 3, 3],
    ['what is live, to pin it', withRevisions(3, 2), 3, 3],
  ];
  for (const [what, credential, wanted, target] of cases) {
    it(`is ${what}`, () => assert.equal(targetOf(credential, wanted), target));
  }

  const refusals: [what: string, credential: WalletCredential, wanted: number | undefined, message: RegExp][] = [
    [
      'there is none before',
      withRevisions(1, 1, 2),
      undefined,
      /before the one that is live.* Kept revisions: 1, 2; live: 1\.$/,
    ],
    [
      'it is not kept',
      withRevisions(3, 2, 3),
      1,
      /^Revision 1 of apple is not kept\. Kept revisions: 2, 3; live: 3\.$/,
    ],
    [
      'nothing is live',
      withRevisions(undefined, 1, 2),
      undefined,
      /^Nothing of apple is live.*Kept revisions: 1, 2; live: none/,
    ],
    ['nothing is known', appleCredential({}), undefined, /Kept revisions: none; live: none/],
    [
      'the limit keeps none',
      appleCredential(healthyStatus({ revisions: [] }), { revisionHistoryLimit: 1 }),
      undefined,
      /revisionHistoryLimit is 1, which keeps none/,
    ],
  ];
  for (const [what, credential, wanted, message] of refusals) {
    it(`is refused when ${what}`, () =>
      assert.throws(
        () => targetOf(credential, wanted),
        (error: unknown) => {
          assert.ok(error instanceof ExitError && error.exitCode === 64);
          assert.match(error.message, message);
          return true;
        },
      ));
  }
});

describe('the patch of a rollback', () => {
  it('holds only if the resource is as it was read', () => {
    const { patch } = changeOf(appleCredential(), 2);
    assert.deepEqual(patch, { metadata: { resourceVersion: '42' }, spec: { rollbackTo: 2 } });
    const undo = changeOf(appleCredential(undefined, { rollbackTo: 2 }), null);
    assert.deepEqual(undo.patch, { metadata: { resourceVersion: '42' }, spec: { rollbackTo: null } });
  });

  it('is none when it is so already', () => {
    assert.equal(changeOf(appleCredential(), null).patch, undefined);
    assert.equal(changeOf(appleCredential(undefined, { rollbackTo: 2 }), 2).patch, undefined);
  });
});

describe('the outcome of a rollback', () => {
  const live2 = { ...healthyStatus().live!, revision: 2 };
  const status = (changes: Parameters<typeof conditions>[0], observedGeneration = 2): WalletCredential =>
    appleCredential(
      healthyStatus({ observedGeneration, live: live2, conditions: conditions(changes) }),
      {},
      { generation: 2 },
    );

  it('is not known before the controller has acted on this very change', () => {
    assert.equal(outcomeOfRollback(status({}, 1), 2).state, 'waiting');
    assert.equal(outcomeOfUndo(status({}, 1)).state, 'waiting');
    assert.equal(outcomeOfRollback({ ...appleCredential(), status: {} }, 2).state, 'waiting');
  });

  it('is done when that revision is live, whatever is said of the source', () => {
    assert.equal(outcomeOfRollback(status({ SourceAccepted: ['False', 'Pinned'] }), 2).state, 'done');
    assert.equal(outcomeOfRollback(status({ SourceAccepted: ['False', 'KeyMismatch'] }), 2).state, 'done');
    assert.equal(outcomeOfRollback(status({}), 1).state, 'waiting');
  });

  for (const reason of ['RevisionInvalid', 'RevisionNotFound', 'Suspended']) {
    it(`is refused with ${reason}, and the message of the controller`, () => {
      const found = status({ SourceAccepted: ['False', reason, 'So it is.'] });
      assert.deepEqual(outcomeOfRollback(found, 1), { state: 'refused', reason, message: 'So it is.' });
    });
  }

  it('is refused with LiveSecretConflict', () => {
    const found = status({ Ready: ['False', 'LiveSecretConflict', 'Not ours.'] });
    assert.deepEqual(outcomeOfRollback(found, 1), {
      state: 'refused',
      reason: 'LiveSecretConflict',
      message: 'Not ours.',
    });
  });

  it('of an undo is done when the source is live, refused when it is rejected, and waits for the provider', () => {
    assert.equal(outcomeOfUndo(status({})).state, 'done');
    const rejected = outcomeOfUndo(status({ SourceAccepted: ['False', 'KeyMismatch', 'No.'] }));
    assert.deepEqual(rejected, { state: 'refused', reason: 'KeyMismatch', message: 'No.' });
    assert.equal(outcomeOfUndo(status({ SourceAccepted: ['Unknown', 'VerificationPending'] })).state, 'waiting');
  });
});

describe('a duration', () => {
  const durations: Record<string, number | undefined> = {
    '30s': 30_000,
    '2m': 120_000,
    '1m30s': 90_000,
    '1.5h': 5_400_000,
    '250ms': 250,
    '0': 0,
    '0s': 0,
    '30': undefined,
    '-1s': undefined,
    s: undefined,
    '': undefined,
    '1d': undefined,
    '1s ': undefined,
  };
  for (const [text, milliseconds] of Object.entries(durations)) {
    it(`is ${milliseconds ?? 'none'}: ${JSON.stringify(text)}`, () => assert.equal(millisecondsOf(text), milliseconds));
  }
});
