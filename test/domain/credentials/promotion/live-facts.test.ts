import assert from 'node:assert/strict';
import { decodeWalletCredential } from '../../../../src/adapters/kubernetes/wallet-credentials.ts';
import { factsOfFiles } from '../../../../src/domain/credentials/reading/facts-of-files.ts';
import { fingerprintOf } from '../../../../src/domain/credentials/checks/fingerprint.ts';
import { addDays, kubernetesTime } from '../../../../src/domain/credentials/instants.ts';
import { liveFactsOf } from '../../../../src/domain/credentials/promotion/live-facts.ts';
import type { Observed, RevisionMeta } from '../../../../src/domain/credentials/promotion/observed.ts';
import type {
  CertificateSummary,
  WalletCredentialStatus,
} from '../../../../src/domain/credentials/wallet-credential.ts';
import { Redacted } from '../../../../src/domain/redacted.ts';
import { createSources } from '../../../support/sources.ts';

const now = new Date('2026-06-01T00:00:00Z');
const target = { revision: 4, fingerprint: 'f' };
const signer: CertificateSummary = {
  role: 'signer',
  subject: 'CN=x',
  issuer: 'CN=y',
  serialNumber: '01',
  notBefore: '2026-01-01T00:00:00Z',
  notAfter: '2027-01-01T00:00:00Z',
  fingerprint: 'c',
};

const google = { google: { issuerId: '1' } };
const apple = { apple: { passTypeIdentifier: 'pass.x', teamIdentifier: 'ABCDE12345' } };

function observed(changes: Partial<Observed> & { spec?: object; status?: WalletCredentialStatus }): Observed {
  const { spec, status, ...rest } = changes;
  const metadata = { namespace: 'n', name: 'apple', uid: 'u', resourceVersion: '1', creationTimestamp: '' };
  return {
    now,
    resource: decodeWalletCredential({ metadata, spec: { secretRef: { name: 's' }, ...(spec ?? google) }, status }),
    source: { state: 'absent', message: '' },
    live: undefined,
    revisions: [],
    revisionContents: new Map(),
    verifications: new Map(),
    ...rest,
  };
}

function facts(changes: Parameters<typeof observed>[0]) {
  const found = liveFactsOf(observed(changes), target);
  return 'look' in found ? assert.fail(`it asks for ${found.look}`) : found;
}

const live = { revision: 4, fingerprint: 'f', since: '', secretName: 'apple-live', resourceVersion: '1' };
const revision: RevisionMeta = {
  revision: 4,
  fingerprint: 'f',
  secretName: 'apple-rev-4',
  uid: 'u4',
  resourceVersion: '4',
  createdAt: '2026-01-01T00:00:00Z',
};
const known: WalletCredentialStatus = { live, certificates: [], key: { id: 'k', firstSeen: '2026-02-01T00:00:00Z' } };

function accepted(warnings: { reason: 'UnknownRoot'; message: string }[] = []): Observed['source'] {
  return { state: 'accepted', resourceVersion: '9', fingerprint: 'f', warnings };
}

describe('live facts: where they come from', () => {
  it('is the status when it is about the same credential', () => {
    assert.deepEqual(facts({ status: known }).key, known.key);
  });

  it('is the source when the status is about another', () => {
    const other = { ...known, live: { ...live, fingerprint: 'g' } };
    assert.deepEqual(liveFactsOf(observed({ status: other, source: accepted() }), target), { look: 'source' });
  });

  it('is the revision when the source is another too', () => {
    assert.deepEqual(liveFactsOf(observed({ revisions: [revision] }), target), { look: 'revision', revision });
  });

  it('is the files themselves when no check passes any more', () => {
    const files = { 'google-wallet-sa.json': '{"private_key_id":"k7","client_email":"a@b"}' };
    const liveContent = { resourceVersion: '1', fingerprint: 'f', metadata: undefined, files: new Redacted(files) };
    const { id, clientEmail } = facts({ liveContent }).key;
    assert.deepEqual([id, clientEmail], ['k7', 'a@b']);
    const data = createSources(new Date('2020-01-01T00:00:00Z')).apple({ validDays: 30 });
    const pem = Object.fromEntries(Object.entries(data).map(([name, value]) => [name, value.toString()]));
    const ended = facts({ spec: apple, liveContent: { ...liveContent, files: new Redacted(pem) } });
    assert.equal(ended.expiresAt, '2020-01-31T00:00:00Z', 'a restored backup does not make it valid for ever');
  });
});

describe('live facts: how old the key is', () => {
  const content = { firstSeen: '2026-03-01T00:00:00Z' };
  const liveContent = {
    resourceVersion: '1',
    fingerprint: 'f',
    metadata: { revision: 4, fingerprint: 'f', keyFirstSeen: content.firstSeen },
    files: new Redacted({}),
  };
  const rows: [what: string, given: Parameters<typeof observed>[0], firstSeen: string][] = [
    [
      'as its revision says',
      { status: known, revisions: [{ ...revision, keyFirstSeen: '2026-01-09T00:00:00Z' }] },
      '2026-01-09T00:00:00Z',
    ],
    [
      'as another revision of the same key says',
      { status: known, revisions: [{ ...revision, revision: 2, keyId: 'k', keyFirstSeen: '2026-01-05T00:00:00Z' }] },
      '2026-01-05T00:00:00Z',
    ],
    [
      'not as a revision of another key says',
      { status: known, revisions: [{ ...revision, revision: 2, keyId: 'z', keyFirstSeen: '2026-01-05T00:00:00Z' }] },
      '2026-02-01T00:00:00Z',
    ],
    ['as the status says', { status: known }, '2026-02-01T00:00:00Z'],
    ['as metadata.json of the live Secret says', { liveContent }, content.firstSeen],
    ['from now on, when nothing is known', {}, '2026-06-01T00:00:00Z'],
  ];
  for (const [what, given, firstSeen] of rows) {
    it(what, () => assert.equal(facts(given).key.firstSeen, firstSeen));
  }
});

describe('live facts: when it is to be rotated', () => {
  const answer = (key: object): Parameters<typeof observed>[0] => ({
    verifications: new Map([
      ['f', { fingerprint: 'f', checkedAt: '', outcome: 'verified', reason: '', message: '', attempts: 0, key }],
    ]),
  });
  const withSigner: WalletCredentialStatus = { ...known, certificates: [signer] };
  const rows: [what: string, given: Parameters<typeof observed>[0], rotateBy: string | undefined][] = [
    ['Google: 90 days after it was first seen', { status: known }, '2026-05-02T00:00:00Z'],
    [
      'Google: after the interval',
      { status: known, spec: { ...google, rotation: { intervalDays: 10 } } },
      '2026-02-11T00:00:00Z',
    ],
    [
      'Google: counted from its creation, once the provider has told that',
      { status: known, ...answer({ createdAt: '2025-12-01T00:00:00Z' }) },
      '2026-03-01T00:00:00Z',
    ],
    [
      'Google: counted so after a restart too',
      {
        status: {
          ...known,
          key: { ...known.key, firstSeen: '2026-02-01T00:00:00Z', createdAt: '2025-12-01T00:00:00Z' },
        },
      },
      '2026-03-01T00:00:00Z',
    ],
    ['Apple: no interval', { status: withSigner, spec: apple }, undefined],
    [
      'Apple: counted from the beginning of the signer certificate',
      { status: withSigner, spec: { ...apple, rotation: { intervalDays: 10 } } },
      '2026-01-11T00:00:00Z',
    ],
  ];
  for (const [what, given, rotateBy] of rows) it(what, () => assert.equal(facts(given).rotateBy, rotateBy));

  it('has the end that an organisation gave a Google key', () => {
    assert.equal(
      facts({ status: known, ...answer({ expiresAt: '2026-12-01T00:00:00Z' }) }).expiresAt,
      '2026-12-01T00:00:00Z',
    );
  });
});

describe('live facts: the unknown root', () => {
  const message = 'Which?';
  const lastTransitionTime = '2026-01-01T00:00:00Z';
  const verified = {
    type: 'Verified' as const,
    status: 'False' as const,
    reason: 'UnknownRoot',
    message,
    lastTransitionTime,
  };
  const status = { ...known, conditions: [verified] };

  it('is remembered by the status', () => assert.equal(facts({ status }).unknownRoot, message));

  it('is remembered beside a source that is another now', () => {
    assert.equal(
      facts({ status, source: { ...accepted(), fingerprint: 'g' } as Observed['source'] }).unknownRoot,
      message,
    );
  });

  it('goes when the source was read again under other roots, and comes likewise', () => {
    assert.equal(facts({ status, source: accepted() }).unknownRoot, undefined);
    assert.equal(facts({ status: known, source: accepted([{ reason: 'UnknownRoot', message }]) }).unknownRoot, message);
  });
});

describe('facts of files', () => {
  it('are those of the certificates in them, whatever a check would say of these', () => {
    const long = new Date('2020-01-01T00:00:00Z');
    const data = createSources(long).apple({ validDays: 30 });
    const files = Object.fromEntries(Object.entries(data).map(([name, value]) => [name, value.toString()]));
    const { certificates, expiresAt } = factsOfFiles(files);
    assert.deepEqual(
      certificates.map(({ role }) => role),
      ['signer', 'wwdr'],
    );
    assert.match(certificates[0]?.subject ?? '', /pass\.com\.example\.loyalty/);
    assert.equal(expiresAt, kubernetesTime(addDays(long, 30)));
    assert.equal(certificates[0]?.notAfter, expiresAt);
  });

  for (const [what, files] of Object.entries({
    'no files': {},
    'PEM of something else': { 'signer.pem': '-----BEGIN X-----\nAAAA\n-----END X-----\n' },
    'text that is not PEM': { 'signer.pem': 'hello', 'wwdr.pem': '' },
    'JSON that is not an object': { 'google-wallet-sa.json': 'null' },
    'JSON that is none': { 'google-wallet-sa.json': '{' },
    'fields of another type': { 'google-wallet-sa.json': '{"private_key_id":7}' },
    'more bytes than any credential': {
      'signer.pem': 'x'.repeat(1_000_000),
      'google-wallet-sa.json': `{"a":"${'x'.repeat(1_000_000)}"}`,
    },
  })) {
    it(`are none of ${what}`, () => assert.deepEqual(factsOfFiles(files), { certificates: [] }));
  }
});

describe('the fingerprint', () => {
  it('is over names and contents, in any order, and over nothing twice', () => {
    const same = fingerprintOf({ a: '1', b: '2' });
    assert.equal(fingerprintOf({ b: '2', a: '1' }), same);
    assert.match(same, /^[0-9a-f]{64}$/);
    const others = [
      { a: '2', b: '1' },
      { a: '1' },
      { a: '12', b: '' },
      { 'a1:b': '2' },
      { a: '1', b: '2', c: '' },
      { ab: '12' },
    ];
    assert.equal(new Set([same, ...others.map(fingerprintOf)]).size, others.length + 1);
  });
});
