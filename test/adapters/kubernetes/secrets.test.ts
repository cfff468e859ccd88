import assert from 'node:assert/strict';
import {
  decodeSecretData,
  decodeSecretMeta,
  filesOf,
  liveMetadataOf,
  liveMetaOf,
  liveSecret,
  revisionMetaOf,
  revisionSecret,
} from '../../../src/adapters/kubernetes/secrets.ts';
import { decodeWalletCredential } from '../../../src/adapters/kubernetes/wallet-credentials.ts';
import { fingerprintOf } from '../../../src/domain/credentials/checks/fingerprint.ts';
import { Redacted } from '../../../src/domain/redacted.ts';

const files = { 'google-wallet-sa.json': '{"private_key":"ü"}\n', 'issuer-id': '33' };
const fingerprint = fingerprintOf(files);
const metadata = { revision: 4, fingerprint, keyFirstSeen: '2026-01-01T00:00:00Z', rotateBy: '2026-04-01T00:00:00Z' };

function credential(deletionPolicy: 'Retain' | 'Delete' = 'Retain') {
  return decodeWalletCredential({
    metadata: {
      namespace: 'n',
      name: 'apple',
      uid: 'u',
      resourceVersion: '5',
      creationTimestamp: '2026-01-01T00:00:00Z',
    },
    spec: { secretRef: { name: 's' }, google: { issuerId: '33' }, live: { deletionPolicy } },
  });
}

/** As the API server hands a written Secret out. */
function stored(body: object): object {
  const { metadata, ...rest } = structuredClone(body) as { metadata: object };
  const given = { uid: 'secret-uid', resourceVersion: '77', creationTimestamp: '2026-02-01T00:00:00Z' };
  return { ...rest, metadata: { ...given, managedFields: [{ manager: 'x' }], ...metadata } };
}

function live(deletionPolicy: 'Retain' | 'Delete' = 'Retain', replaces?: { uid: string; resourceVersion: string }) {
  const before = replaces && { ...replaces, ours: true };
  const written = { name: 'apple-live', files: new Redacted(files), metadata, highestRevision: 6, replaces: before };
  return liveSecret(credential(deletionPolicy), written);
}

const revision = revisionSecret(credential(), {
  name: 'apple-rev-4',
  revision: 4,
  fingerprint,
  files: new Redacted(files),
  keyId: 'k1',
  keyFirstSeen: metadata.keyFirstSeen,
});

type Marks = { name?: string; labels?: Record<string, string>; annotations?: Record<string, string> };

/** The revision Secret with other marks. */
function marked(changes: Marks): object {
  const { labels, annotations, name } = (revision.metadata ?? {}) as Required<Marks>;
  const marks = {
    name: changes.name ?? name,
    labels: { ...labels, ...changes.labels },
    annotations: { ...annotations, ...changes.annotations },
  };
  return stored({ ...revision, metadata: { ...revision.metadata, ...marks } });
}

describe('the live Secret', () => {
  it('has the labels, annotations and data of the contract', () => {
    assert.deepEqual(live(), {
      apiVersion: 'v1',
      kind: 'Secret',
      type: 'Opaque',
      metadata: {
        name: 'apple-live',
        namespace: 'n',
        labels: { 'loyalty.orion.dev/credential': 'apple', 'loyalty.orion.dev/role': 'live' },
        annotations: {
          'loyalty.orion.dev/revision': '4',
          'loyalty.orion.dev/fingerprint': fingerprint,
          'loyalty.orion.dev/highest-revision': '6',
        },
      },
      data: {
        'google-wallet-sa.json': Buffer.from(files['google-wallet-sa.json']).toString('base64'),
        'issuer-id': 'MzM=',
        'metadata.json': Buffer.from(`${JSON.stringify(metadata)}\n`).toString('base64'),
      },
    });
  });

  it('has an owner with deletionPolicy Delete only, one that blocks nothing', () => {
    assert.deepEqual((live('Delete').metadata as { ownerReferences: unknown }).ownerReferences, [
      { apiVersion: 'loyalty.orion.dev/v1alpha1', kind: 'WalletCredential', name: 'apple', uid: 'u', controller: true },
    ]);
  });

  it('replaces exactly the one that was seen', () => {
    const { uid, resourceVersion } = live('Retain', { uid: 'x', resourceVersion: '9' }).metadata as Record<
      string,
      string
    >;
    assert.deepEqual({ uid, resourceVersion }, { uid: 'x', resourceVersion: '9' });
  });

  it('is read back as it was written', () => {
    const object = stored(live('Delete'));
    assert.deepEqual(liveMetaOf(decodeSecretMeta(object), credential()), {
      uid: 'secret-uid',
      resourceVersion: '77',
      ours: true,
      ownerUid: 'u',
      revision: 4,
      fingerprint,
      highestRevision: 6,
    });
    const data = decodeSecretData(object);
    assert.deepEqual(filesOf(data).reveal(), files);
    assert.deepEqual(liveMetadataOf(data), metadata);
  });

  for (const [what, labels, ours] of [
    ['of another WalletCredential', { 'loyalty.orion.dev/credential': 'other' }, false],
    ['a revision', { 'loyalty.orion.dev/role': 'revision' }, false],
    ['with labels of others too', { team: 'a' }, true],
  ] as const) {
    it(`is ${ours ? '' : 'not '}ours: ${what}`, () => {
      const body = live();
      const changed = stored({ ...body, metadata: { ...body.metadata, labels: { ...labelsOf(body), ...labels } } });
      assert.equal(liveMetaOf(decodeSecretMeta(changed), credential()).ours, ours);
    });
  }
});

function labelsOf(body: { metadata: object }): Record<string, string> {
  return (body.metadata as { labels: Record<string, string> }).labels;
}

describe('metadata.json', () => {
  const rows: [what: string, text: string | undefined][] = [
    ['absent', undefined],
    ['empty', ''],
    ['not JSON', '{'],
    ['null', 'null'],
    ['a number', '7'],
    ['without a revision', '{"fingerprint":"f","keyFirstSeen":"2026-01-01T00:00:00Z"}'],
    ['with a revision that is text', '{"revision":"4","fingerprint":"f","keyFirstSeen":"2026-01-01T00:00:00Z"}'],
    ['without keyFirstSeen', '{"revision":4,"fingerprint":"f"}'],
    ['with an instant that is none', '{"revision":4,"fingerprint":"f","keyFirstSeen":"2026-13-01T00:00:00Z"}'],
    ['with an instant in words', '{"revision":4,"fingerprint":"f","keyFirstSeen":"today"}'],
  ];
  for (const [what, text] of rows) {
    it(`counts for nothing when it is ${what}`, () => {
      const data = text === undefined ? {} : { 'metadata.json': Buffer.from(text).toString('base64') };
      assert.equal(liveMetadataOf(decodeSecretData(stored({ metadata: {}, data }))), undefined);
    });
  }
});

describe('a revision Secret', () => {
  it('is immutable, owned, and has the marks of the contract', () => {
    assert.deepEqual(revision.metadata, {
      name: 'apple-rev-4',
      namespace: 'n',
      labels: { 'loyalty.orion.dev/credential': 'apple', 'loyalty.orion.dev/role': 'revision' },
      annotations: {
        'loyalty.orion.dev/revision': '4',
        'loyalty.orion.dev/fingerprint': fingerprint,
        'loyalty.orion.dev/key-first-seen': '2026-01-01T00:00:00Z',
        'loyalty.orion.dev/key-id': 'k1',
      },
      ownerReferences: [
        {
          apiVersion: 'loyalty.orion.dev/v1alpha1',
          kind: 'WalletCredential',
          name: 'apple',
          uid: 'u',
          controller: true,
        },
      ],
    });
    assert.deepEqual([revision.immutable, revision.type], [true, 'Opaque']);
  });

  it('is read back as it was written', () => {
    assert.deepEqual(revisionMetaOf(decodeSecretMeta(stored(revision))), {
      revision: 4,
      fingerprint,
      secretName: 'apple-rev-4',
      uid: 'secret-uid',
      resourceVersion: '77',
      createdAt: '2026-02-01T00:00:00Z',
      keyId: 'k1',
      keyFirstSeen: '2026-01-01T00:00:00Z',
    });
  });

  const damaged: Record<string, Marks> = {
    'its name is another': { name: 'copy-of-apple-rev-4' },
    'its number is another than its name says': { annotations: { 'loyalty.orion.dev/revision': '5' } },
    'its number is none': { annotations: { 'loyalty.orion.dev/revision': 'four' } },
    'its number is 0': { annotations: { 'loyalty.orion.dev/revision': '0' } },
    'its number does not fit the status': {
      name: 'apple-rev-4000000000',
      annotations: { 'loyalty.orion.dev/revision': '4000000000' },
    },
    'its role is another': { labels: { 'loyalty.orion.dev/role': 'live' } },
  };
  for (const [what, changes] of Object.entries(damaged)) {
    it(`is none when ${what}`, () => assert.equal(revisionMetaOf(decodeSecretMeta(marked(changes))), undefined));
  }

  it('has no keyFirstSeen when that is no instant', () => {
    const changed = marked({ annotations: { 'loyalty.orion.dev/key-first-seen': 'long ago' } });
    assert.equal(revisionMetaOf(decodeSecretMeta(changed))?.keyFirstSeen, undefined);
  });
});

describe('what is kept of a Secret that is not ours', () => {
  it('is its name and version: no annotation, no label, no managedFields', () => {
    const annotations = { 'kubectl.kubernetes.io/last-applied-configuration': '{"data":{"key":"c2VjcmV0"}}' };
    const object = stored({
      metadata: { name: 'x', namespace: 'n', annotations, labels: { team: 'a' } },
      data: { key: 'eA==' },
    });
    assert.deepEqual(decodeSecretMeta(object), {
      metadata: { namespace: 'n', name: 'x', uid: 'secret-uid', resourceVersion: '77' },
    });
  });

  it('is nothing of the annotations of ours but the marks', () => {
    const meta = decodeSecretMeta(
      marked({ annotations: { 'kubectl.kubernetes.io/last-applied-configuration': 'c2VjcmV0' } }),
    );
    assert.doesNotMatch(JSON.stringify(meta), /c2VjcmV0/);
  });
});

describe('the data of a Secret', () => {
  it('may be absent, empty or binary', () => {
    assert.deepEqual(decodeSecretData(stored({ metadata: {} })).data, {});
    assert.deepEqual(decodeSecretData(stored({ metadata: {}, data: { empty: '' } })).data['empty'], Buffer.alloc(0));
    assert.deepEqual(
      decodeSecretData(stored({ metadata: {}, data: { der: 'MIIA/w==' } })).data['der'],
      Buffer.from('308200ff', 'hex'),
    );
  });

  it('keeps a data key named like something of JavaScript', () => {
    const data = JSON.parse('{"__proto__":"eA==","constructor":"eQ=="}') as object;
    const read = filesOf(decodeSecretData(stored({ metadata: {}, data }))).reveal();
    assert.deepEqual(Object.entries(read), [
      ['__proto__', 'x'],
      ['constructor', 'y'],
    ]);
  });

  it('is never printed', () => {
    assert.doesNotMatch(JSON.stringify({ files: filesOf(decodeSecretData(stored(live()))) }), /private_key/);
  });
});
