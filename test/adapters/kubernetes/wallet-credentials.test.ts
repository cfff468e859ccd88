import assert from 'node:assert/strict';
import { decodeWalletCredential, walletCredentialsPath } from '../../../src/adapters/kubernetes/wallet-credentials.ts';

const metadata = {
  namespace: 'n',
  name: 'apple',
  uid: 'u',
  resourceVersion: '5',
  generation: 3,
  creationTimestamp: '2026-01-01T00:00:00Z',
};

describe('a WalletCredential as it is decoded', () => {
  it('has the defaults of the CRD where it says nothing', () => {
    const apple = { passTypeIdentifier: 'pass.x', teamIdentifier: 'ABCDE12345' };
    const { spec } = decodeWalletCredential({ metadata, spec: { secretRef: { name: 's' }, apple } });
    assert.deepEqual(spec, {
      secretRef: { name: 's' },
      apple: {
        ...apple,
        keys: {
          wwdr: 'wwdr.pem',
          signerCertificate: 'signer.pem',
          signerKey: 'signer.key',
          passphrase: 'passphrase',
          pkcs12: 'signer.p12',
        },
      },
      expiry: { warningDays: 30, criticalDays: 7 },
      verification: { online: false, intervalMinutes: 60 },
      live: { deletionPolicy: 'Retain' },
      revisionHistoryLimit: 3,
    });
  });

  it('keeps what it says', () => {
    const said = {
      secretRef: { name: 's' },
      google: { issuerId: '33', key: 'sa.json' },
      expiry: { warningDays: 60, criticalDays: 10 },
      rotation: { intervalDays: 5 },
      verification: { online: true, intervalMinutes: 5 },
      live: { secretName: 'x', deletionPolicy: 'Delete' as const },
      revisionHistoryLimit: 9,
      rollbackTo: 4,
      suspend: true,
    };
    assert.deepEqual(decodeWalletCredential({ metadata, spec: said }).spec, said);
  });

  it('completes what it says in part', () => {
    const apple = { passTypeIdentifier: 'p', teamIdentifier: 't', keys: { wwdr: 'all.pem' } };
    const { spec } = decodeWalletCredential({ metadata, spec: { apple, expiry: { warningDays: 90 } } });
    assert.deepEqual(spec.expiry, { warningDays: 90, criticalDays: 7 });
    assert.deepEqual([spec.apple?.keys.wwdr, spec.apple?.keys.signerKey], ['all.pem', 'signer.key']);
  });

  it('drops what only costs memory', () => {
    const heavy = { ...metadata, managedFields: [{}], annotations: { a: 'b' }, labels: { c: 'd' } };
    assert.deepEqual(decodeWalletCredential({ metadata: heavy, spec: {} }).metadata, metadata);
  });

  it('says that it is being deleted', () => {
    const deletionTimestamp = '2026-02-01T00:00:00Z';
    assert.equal(
      decodeWalletCredential({ metadata: { ...metadata, deletionTimestamp }, spec: {} }).metadata.deletionTimestamp,
      deletionTimestamp,
    );
  });

  it('has no status where it has none', () => {
    assert.equal('status' in decodeWalletCredential({ metadata, spec: {} }), false);
  });
});

describe('the path of WalletCredentials', () => {
  it('is of their namespace', () => {
    assert.equal(walletCredentialsPath('n'), '/apis/loyalty.orion.dev/v1alpha1/namespaces/n/walletcredentials');
  });
});
