import assert from 'node:assert/strict';
import { Agent, request } from 'undici';
import { readSpecification } from '../../src/domain/credentials/specification/specification.ts';
import { acceptedCredentials } from '../deploy/accepted-credentials.ts';
import { refusals } from '../deploy/refused-credentials.ts';
import { appleCredential, googleCredential, type WrittenCredential } from '../deploy/written-credential.ts';
import { type Cluster, startCluster } from '../support/cluster.ts';

const apple = { passTypeIdentifier: 'pass.com.example.loyalty', teamIdentifier: 'ABCDE12345' };
const google = { issuerId: '3388000000012345678' };
const long = 'a'.repeat(254);

/** What people write that the table of refusals, which is about rules and bounds, does not have. */
const oddities: Record<string, WrittenCredential> = {
  'no secretRef': appleCredential({ secretRef: undefined }),
  'secretRef is null': appleCredential({ secretRef: null }),
  'secretRef is a string': appleCredential({ secretRef: 'apple-wallet-source' }),
  'secretRef without a name': appleCredential({ secretRef: {} }),
  'an empty name of the source Secret': appleCredential({ secretRef: { name: '' } }),
  'a name of the source Secret that is too long': appleCredential({ secretRef: { name: long } }),
  'a number as name of the source Secret': appleCredential({ secretRef: { name: 7 } }),
  'apple is null': appleCredential({ apple: null }),
  'apple is empty': appleCredential({ apple: {} }),
  'apple is a list': appleCredential({ apple: [] }),
  'apple without a team': appleCredential({ apple: { passTypeIdentifier: 'pass.com.example' } }),
  'an empty team': appleCredential({ apple: { ...apple, teamIdentifier: '' } }),
  'a pass type identifier with a line end': appleCredential({
    apple: { ...apple, passTypeIdentifier: 'pass.com.example\n' },
  }),
  'line ends in every value': appleCredential({
    secretRef: { name: 'a\nb' },
    live: { secretName: 'a\nb' },
    apple: { passTypeIdentifier: 'a\nb', teamIdentifier: 'a\nb', keys: { wwdr: 'a\nb', passphrase: 'a\nb' } },
  }),
  'a line end in the issuer id': googleCredential({ google: { issuerId: '42\n' } }),
  'keys is null': appleCredential({ apple: { ...apple, keys: null } }),
  'a data key is null': appleCredential({ apple: { ...apple, keys: { wwdr: null } } }),
  'a data key is a number': appleCredential({ apple: { ...apple, keys: { wwdr: 4 } } }),
  'a data key that is too long': appleCredential({ apple: { ...apple, keys: { wwdr: long } } }),
  'two rules at once': appleCredential({ apple: { passTypeIdentifier: 'com.example', teamIdentifier: 'abc' } }),
  'a rule and a bound': appleCredential({ secretRef: { name: 'Apple' }, revisionHistoryLimit: 0 }),
  'a rule and a missing field': appleCredential({ secretRef: { name: 'Apple' }, google: {} }),
  'a number as issuer id': googleCredential({ google: { issuerId: 3388 } }),
  'google without an issuer id': googleCredential({ google: {} }),
  'google key is null': googleCredential({ google: { ...google, key: null } }),
  'an unknown policy': appleCredential({ live: { deletionPolicy: 'Keep' } }),
  'live is null': appleCredential({ live: null }),
  'live secretName is null': appleCredential({ live: { secretName: null } }),
  'an empty name of the live Secret': appleCredential({ live: { secretName: '' } }),
  'expiry is null': appleCredential({ expiry: null }),
  'warningDays is a string': appleCredential({ expiry: { warningDays: '30' } }),
  'warningDays has a fraction': appleCredential({ expiry: { warningDays: 30.5 } }),
  'verification online is a word': appleCredential({ verification: { online: 'yes' } }),
  'suspend is null': appleCredential({ suspend: null }),
  'suspend is a string': appleCredential({ suspend: 'true' }),
  'rollbackTo is null': appleCredential({ rollbackTo: null }),
  'rollbackTo is a string': appleCredential({ rollbackTo: '4' }),
  'rotation is null': appleCredential({ rotation: null }),
  'revisionHistoryLimit is null': appleCredential({ revisionHistoryLimit: null }),
  'an unknown field': appleCredential({ suspended: true }),
  'unknown fields in fields': appleCredential({ apple: { ...apple, keys: { wwdrr: 'x' }, team: 'y' } }),
  'a name in capitals': appleCredential({}, 'Apple'),
  'a name in capitals that is too long': appleCredential({}, 'A'.repeat(64)),
};

interface Status {
  kind: string;
  message: string;
  details?: { causes?: { reason: string; message: string; field: string }[] };
}

describe('the specification of a WalletCredential, offline and on a real API server', () => {
  let cluster: Cluster;
  let agent: Agent;
  before(async () => {
    cluster = await startCluster({ kind: 'real', controllerManager: false, audit: false });
    agent = new Agent({ connect: { ca: cluster.controlPlane.certificateAuthority } });
  });
  after(async () => {
    await agent?.close();
    await cluster?.stop();
  });

  /** `FIELD: MESSAGE` of everything that the server says against it, sorted. Nothing is written. */
  async function serverErrors(resource: WrittenCredential): Promise<string[]> {
    const { url, adminToken } = cluster.controlPlane;
    const path = '/apis/loyalty.orion.dev/v1alpha1/namespaces/default/walletcredentials';
    const { body } = await request(`${url}${path}?dryRun=All&fieldValidation=Strict`, {
      method: 'POST',
      headers: { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' },
      body: JSON.stringify(resource),
      dispatcher: agent,
    });
    const answer = (await body.json()) as Status;
    if (answer.kind !== 'Status') return [];
    const unknown = [...answer.message.matchAll(/unknown field "([^"]+)"/g)].map(([, field]) => field);
    if (unknown.length > 0) return unknown.map((field) => `${field}: unknown field`).toSorted();
    const causes = (answer.details?.causes ?? []).filter(({ field }) => field !== '<nil>');
    return causes.map(({ field, message }) => `${field}: ${withoutValue(message)}`).toSorted();
  }

  const cases = {
    ...Object.fromEntries(refusals.map(({ mistake, resource }) => [mistake, resource])),
    ...acceptedCredentials,
    ...oddities,
  };
  for (const [what, resource] of Object.entries(cases)) {
    it(`is judged alike: ${what}`, async () => assert.deepEqual(offlineErrors(resource), await serverErrors(resource)));
  }
});

/** The server refuses unknown fields before it looks at anything else. */
function offlineErrors(resource: WrittenCredential): string[] {
  const reading = readSpecification(resource);
  if ('spec' in reading) return [];
  const unknown = reading.errors.filter(({ message }) => message === 'unknown field');
  const said = unknown.length > 0 ? unknown : reading.errors;
  return said.map(({ field, message }) => `${field}: ${message}`).toSorted();
}

/** Without `Invalid value: VALUE: `; rules on an object have no value. */
function withoutValue(message: string): string {
  return message.replace(/^Invalid value: (?:(?:"(?:[^"\\]|\\.)*"|-?[\d.]+|null): )?/s, '');
}
