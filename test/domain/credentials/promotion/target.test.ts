import assert from 'node:assert/strict';
import { liveStateOf } from '../../../../src/domain/credentials/promotion/live-state.ts';
import { chooseTarget } from '../../../../src/domain/credentials/promotion/target.ts';
import type { Verdict } from '../../../../src/domain/credentials/verdict.ts';
import { absent, answer, content, type Given, marks, observe, rejected, source, unread } from './observations.ts';

/** `2 False/KeyMismatch`: the revision to be live, and what is said of the source; `look at …`. */
function chosen(given: Given): string {
  const observed = observe(given);
  const choice = chooseTarget(observed, liveStateOf(observed));
  if ('look' in choice)
    return `look at ${choice.look}${choice.look === 'revision' ? ` ${choice.revision.revision}` : ''}`;
  const { target, acceptance, mayWrite, verifyFirst } = choice;
  const asks = verifyFirst === undefined ? '' : `, asks about ${verifyFirst}`;
  return `${target?.revision ?? 'nothing'} ${acceptance.status}/${acceptance.reason}${mayWrite ? '' : ', writes nothing'}${asks}`;
}

const foreign = { uid: 'x', resourceVersion: '9', ours: false };
const online = { verification: { online: true, intervalMinutes: 60 } };
const expired: Verdict = { accepted: false, reason: 'Expired', message: 'It has.' };
const spoilt = (fingerprint: string, held = 'z'): Pick<Given, 'liveMeta' | 'liveContent'> => ({
  liveMeta: marks(fingerprint, '401'),
  liveContent: { resourceVersion: '401', fingerprint: held, metadata: undefined, files: content(held).files as never },
});

const groups: Record<string, Record<string, [given: Given, expected: string]>> = {
  'the source': {
    'is looked at first': [{ source: unread, live: 'b', kept: 'ab' }, 'look at source'],
    'is promoted when it is the first': [{ source: source('a') }, '1 True/Promoted'],
    'is promoted with the next number': [{ source: source('c'), live: 'b', kept: 'ab' }, '3 True/Promoted'],
    'stays what it is when it is live': [{ source: source('b'), live: 'b', kept: 'ab' }, '2 True/Promoted'],
    'stays so, though its revision Secret is gone': [{ source: source('b'), live: 'b', kept: 'a' }, '2 True/Promoted'],
    'is made live again from a kept revision': [{ source: source('a'), live: 'b', kept: 'ab' }, '1 True/Promoted'],
    'goes on from a broken-off promotion': [{ source: source('c'), live: 'b', kept: 'abc' }, '3 True/Promoted'],
    'gets a number after that of a broken-off promotion': [
      { source: source('d'), live: 'b', kept: 'abc' },
      '4 True/Promoted',
    ],
    'gets a number after the highest that the live Secret remembers': [
      { source: source('d'), live: 'a', kept: 'a', liveMeta: { ...marks('a'), highestRevision: 7 } },
      '8 True/Promoted',
    ],
    'gets a number after that of a WalletCredential of its name that is deleted': [
      { source: source('d'), kept: 'a', takenRevision: 5 },
      '6 True/Promoted',
    ],
    'gets back its number when the live Secret is damaged and its revision gone': [
      { source: source('b'), live: 'b', kept: 'a', ...spoilt('b') },
      '2 True/Promoted',
    ],
    'leaves live what is, when it is rejected': [{ source: rejected, live: 'b', kept: 'ab' }, '2 False/KeyMismatch'],
    'leaves live what is, when it is deleted': [{ source: absent, live: 'b', kept: 'ab' }, '2 False/SecretNotFound'],
    'leaves nothing live when it is rejected and nothing was': [{ source: rejected }, 'nothing False/KeyMismatch'],
  },
  'the last good one': {
    'is what the status says, when the live Secret is gone': [
      { source: rejected, live: 'b', kept: 'abc', liveMeta: undefined },
      '2 False/KeyMismatch',
    ],
    'is that too when it was changed': [
      { source: rejected, live: 'b', kept: 'abc', ...spoilt('b') },
      '2 False/KeyMismatch',
    ],
    'is what the live Secret still holds, when its revision is gone': [
      { source: rejected, live: 'b', kept: 'a', ...spoilt('b', 'b') },
      '2 False/KeyMismatch',
    ],
    'is the newest revision when nobody knows which': [{ source: rejected, kept: 'abc' }, '3 False/KeyMismatch'],
    'is what the live Secret says that it was, when the status is lost': [
      { source: rejected, kept: 'abc', ...spoilt('b') },
      '2 False/KeyMismatch',
    ],
    'is not a revision whose content was replaced': [
      { source: rejected, live: 'b', kept: 'ab', liveMeta: undefined, contents: { 2: content('z') } },
      '1 False/KeyMismatch',
    ],
    'is nothing when each was': [
      { source: rejected, live: 'a', kept: 'a', liveMeta: undefined, contents: { 1: content('z') } },
      'nothing False/KeyMismatch',
    ],
  },
  'a pin': {
    'makes a kept revision live, which is read first': [
      { source: source('b'), live: 'b', kept: 'ab', spec: { rollbackTo: 1 } },
      'look at revision 1',
    ],
    'makes it live when it passes': [
      { source: source('b'), live: 'b', kept: 'ab', spec: { rollbackTo: 1 }, contents: { 1: content('a') } },
      '1 False/Pinned',
    ],
    'needs no look when it is live': [
      { source: source('b'), live: 'a', kept: 'ab', spec: { rollbackTo: 1 } },
      '1 False/Pinned',
    ],
    'holds against a new source': [
      { source: source('c'), live: 'a', kept: 'ab', spec: { rollbackTo: 1 } },
      '1 False/Pinned',
    ],
    'says that the source is live where it is': [
      { source: source('a'), live: 'a', kept: 'ab', spec: { rollbackTo: 1 } },
      '1 True/Promoted',
    ],
    'says what is wrong with the source': [
      { source: rejected, live: 'a', kept: 'ab', spec: { rollbackTo: 1 } },
      '1 False/KeyMismatch',
    ],
    'may be to what is live and not kept any more': [
      { source: source('b'), live: 'a', kept: 'b', spec: { rollbackTo: 1 } },
      '1 False/Pinned',
    ],
    'to what is not kept': [
      { source: source('b'), live: 'b', kept: 'ab', spec: { rollbackTo: 9 } },
      '2 False/RevisionNotFound',
    ],
    'to what does not pass': [
      { source: source('b'), live: 'b', kept: 'ab', spec: { rollbackTo: 1 }, contents: { 1: content('a', expired) } },
      '2 False/RevisionInvalid',
    ],
    'to what was replaced': [
      { source: source('b'), live: 'b', kept: 'ab', spec: { rollbackTo: 1 }, contents: { 1: content('z') } },
      '2 False/RevisionInvalid',
    ],
    'before anything was promoted': [
      { source: source('a'), spec: { rollbackTo: 1 } },
      'nothing False/RevisionNotFound',
    ],
  },
  'a conflict': {
    'leaves the Secret alone': [
      { source: source('a'), liveMeta: foreign },
      'nothing False/LiveSecretConflict, writes nothing',
    ],
    'comes before a pin': [
      { source: source('b'), kept: 'ab', liveMeta: foreign, spec: { rollbackTo: 1 } },
      'nothing False/LiveSecretConflict, writes nothing',
    ],
    'does not hide what is wrong with the source': [
      { source: rejected, liveMeta: foreign },
      'nothing False/KeyMismatch, writes nothing',
    ],
  },
  suspension: {
    'leaves everything as it is': [
      { source: source('c'), live: 'b', kept: 'ab', spec: { suspend: true } },
      '2 Unknown/Suspended, writes nothing',
    ],
    'looks at no source': [
      { source: unread, live: 'b', kept: 'ab', spec: { suspend: true } },
      '2 Unknown/Suspended, writes nothing',
    ],
    'comes before a pin': [
      { source: source('b'), live: 'b', kept: 'ab', spec: { suspend: true, rollbackTo: 1 } },
      '2 Unknown/Suspended, writes nothing',
    ],
    'comes before a conflict': [
      { source: source('b'), liveMeta: foreign, spec: { suspend: true } },
      'nothing Unknown/Suspended, writes nothing',
    ],
  },
  'online verification': {
    'is asked for before a promotion': [
      { source: source('c'), live: 'b', kept: 'ab', spec: online },
      '2 Unknown/VerificationPending, asks about c',
    ],
    'is not asked for before what is live': [
      { source: source('b'), live: 'b', kept: 'ab', spec: online },
      '2 True/Promoted',
    ],
    'promotes what was taken': [
      {
        source: source('c'),
        live: 'b',
        kept: 'ab',
        spec: online,
        verifications: [answer('c', 'verified', 'Verified')],
      },
      '3 True/Promoted',
    ],
    'blocks what was refused': [
      {
        source: source('c'),
        live: 'b',
        kept: 'ab',
        spec: online,
        verifications: [answer('c', 'refused', 'InvalidGrant')],
      },
      '2 False/InvalidGrant, asks about c',
    ],
    'does not block what could not be asked': [
      {
        source: source('c'),
        live: 'b',
        kept: 'ab',
        spec: online,
        verifications: [answer('c', 'unreachable', 'Unreachable')],
      },
      '3 True/Promoted',
    ],
    'blocks a kept revision that was refused': [
      {
        source: source('a'),
        live: 'b',
        kept: 'ab',
        spec: online,
        verifications: [answer('a', 'refused', 'InvalidGrant')],
      },
      '2 False/InvalidGrant, asks about a',
    ],
    'does not take the live one away that is refused later': [
      {
        source: source('b'),
        live: 'b',
        kept: 'ab',
        spec: online,
        verifications: [answer('b', 'refused', 'InvalidGrant')],
      },
      '2 True/Promoted',
    ],
    'does not hold up a pin': [
      { source: source('b'), live: 'b', kept: 'ab', spec: { ...online, rollbackTo: 1 }, contents: { 1: content('a') } },
      '1 False/Pinned',
    ],
  },
};

describe('what is to be live', () => {
  for (const [group, rows] of Object.entries(groups)) {
    describe(group, () => {
      for (const [what, [given, expected]] of Object.entries(rows)) {
        it(`${what}: ${expected}`, () => assert.equal(chosen(given), expected));
      }
    });
  }
});
