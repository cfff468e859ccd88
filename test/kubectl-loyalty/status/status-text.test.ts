import assert from 'node:assert/strict';
import { decodeWalletCredential } from '../../../src/adapters/kubernetes/wallet-credentials.ts';
import type { WalletCredential } from '../../../src/domain/credentials/wallet-credential.ts';
import { summaryOf } from '../../../src/domain/credentials/summary/credential-summary.ts';
import { statusText } from '../../../src/kubectl-loyalty/status/status-text.ts';
import { googleSpec } from '../../support/sources.ts';
import { appleCredential, conditions, healthyStatus, instant } from '../credentials.ts';

const now = new Date('2027-12-01T12:00:00Z');

function text(credentials: WalletCredential[], allNamespaces = false, width = 100): string {
  const summaries = credentials.map((credential) => summaryOf(credential, now, `-n ${credential.metadata.namespace}`));
  return statusText(summaries, { now, width, allNamespaces });
}

const message =
  'The WWDR certificate in wwdr.pem of Secret apple-source did not issue the signer: the signer was issued by G4, the Secret holds G2.';
const rejected = healthyStatus({
  source: { accepted: false, reason: 'WwdrMismatch', message },
  conditions: conditions({
    SourceAccepted: ['False', 'WwdrMismatch', message],
    ExpiringSoon: ['True', 'WithinWarning', 'The live credential expires at 2027-12-22T10:00:00Z, within 30 days.'],
  }),
});
const google = decodeWalletCredential({
  metadata: { namespace: 'shop', name: 'google', uid: 'u', resourceVersion: '1', creationTimestamp: instant },
  spec: googleSpec('google-source'),
  status: {
    ...healthyStatus({ observedGeneration: 1, rotateBy: '2027-12-03T00:00:00Z' }),
    expiresAt: undefined,
  },
});

describe('the text of kubectl loyalty status', () => {
  it('is one table, and below it what is wrong and what to do, in lines that fit', () => {
    const shown = text([appleCredential(rejected), google]);
    assert.equal(
      shown,
      `\
NAME    PROVIDER  READY  REVISION  EXPIRES           SOURCE        ROTATE BY
apple   apple     True   3         2027-12-22 (20d)  WwdrMismatch  -
google  google    True   3         -                 accepted      2027-12-03 (36h)

apple: WwdrMismatch (warning)
  The WWDR certificate in wwdr.pem of Secret apple-source did not issue the signer: the signer was
  issued by G4, the Secret holds G2.
  Revision 3 stays live meanwhile. Put a good credential into Secret apple-source; try it before you
  apply it:
  $ kubectl loyalty check -f FILE

apple: WithinWarning (warning)
  The live credential expires at 2027-12-22T10:00:00Z, within 30 days.
  Put a new credential into Secret apple-source: it is checked, and pods take it up without a
  restart.
`,
    );
    for (const line of shown.split('\n')) assert.ok(line.length <= 100, line);
  });

  it('says the namespaces with -A', () => {
    const lines = text([appleCredential(rejected), google], true).split('\n');
    assert.match(lines[0] ?? '', /^NAMESPACE  NAME /);
    assert.match(lines[2] ?? '', /^shop       google  google /);
    assert.equal(lines[4], 'loyalty/apple: WwdrMismatch (warning)');
  });

  it('says so when nothing is live or known yet, when it has expired, and when a rotation is due', () => {
    const expired = healthyStatus({ expiresAt: '2027-11-30T00:00:00Z', rotateBy: '2027-12-01T00:00:00Z' });
    const lines = text([{ ...appleCredential(), status: {} }, appleCredential(expired)]).split('\n');
    assert.equal(lines[1], 'apple  apple     Unknown  -         -                     -         -');
    assert.equal(lines[2], 'apple  apple     True     3         2027-11-30 (expired)  accepted  2027-12-01 (due)');
  });

  it('fits 100 columns with usual names and the longest reason', () => {
    const source = { accepted: false, reason: 'VerificationPending', message: '' };
    const names = { name: 'apple-prod' };
    const rotating = healthyStatus({ source, rotateBy: '2027-12-31T00:00:00Z' });
    const [head = '', row = ''] = text([appleCredential(rotating, {}, names)]).split('\n');
    assert.ok(head.length <= 100 && row.length <= 100, row);
  });

  it('lets nothing through that moves the cursor', () => {
    const evil = conditions({ SourceAccepted: ['False', 'KeyMismatch', 'a\u001b[2Jb\u009bc\u202ed\re'] });
    const shown = text([appleCredential(healthyStatus({ conditions: evil }))]);
    assert.ok(/a \[2Jb c d e/.test(shown), shown);
  });
});

describe('the summary of a WalletCredential for programs', () => {
  it('has every field always', () => {
    const keys = (credential: WalletCredential): string[] => Object.keys(summaryOf(credential, now, ''));
    assert.deepEqual(keys({ ...appleCredential(), status: {} }), keys(appleCredential(rejected)));
    assert.deepEqual(keys(google), keys(appleCredential()));
  });

  it('has null for what is not known, and days downwards', () => {
    const { live, expiresAt, daysLeft, source, ready } = summaryOf({ ...appleCredential(), status: {} }, now, '');
    assert.deepEqual(
      { live, expiresAt, daysLeft, source, ready },
      {
        live: null,
        expiresAt: null,
        daysLeft: null,
        source: { secretName: 'apple-source', accepted: null, reason: null, message: null },
        ready: 'Unknown',
      },
    );
    assert.equal(summaryOf(appleCredential(), now, '').daysLeft, 20);
    const expired = appleCredential(healthyStatus({ expiresAt: '2027-11-30T13:00:00Z' }));
    assert.equal(summaryOf(expired, now, '').daysLeft, -1);
  });

  it('tells a pin and a suspension', () => {
    const { pinnedTo, suspended } = summaryOf(appleCredential(undefined, { rollbackTo: 2, suspend: true }), now, '');
    assert.deepEqual({ pinnedTo, suspended }, { pinnedTo: 2, suspended: true });
  });
});
