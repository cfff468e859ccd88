import type { WalletCredentialSpec, WalletCredentialStatus } from '../../src/domain/credentials/wallet-credential.ts';

type Complete<T> = T extends readonly (infer Item)[]
  ? Complete<Item>[]
  : T extends object
    ? { [Field in keyof T]-?: Complete<T[Field]> }
    : T;

/** A spec with every field there is (more than one resource may have): the compiler asks for each new one. */
export const completeSpec: Complete<WalletCredentialSpec> = {
  secretRef: { name: 'apple-wallet-source' },
  apple: {
    passTypeIdentifier: 'pass.com.example.loyalty',
    teamIdentifier: 'ABCDE12345',
    keys: {
      wwdr: 'wwdr.pem',
      signerCertificate: 'signer.pem',
      signerKey: 'signer.key',
      passphrase: 'passphrase',
      pkcs12: 'signer.p12',
    },
  },
  google: { issuerId: '3388000000012345678', key: 'google-wallet-sa.json' },
  expiry: { warningDays: 30, criticalDays: 7 },
  rotation: { intervalDays: 90 },
  verification: { online: false, intervalMinutes: 60 },
  live: { secretName: 'apple-live', deletionPolicy: 'Retain' },
  revisionHistoryLimit: 3,
  rollbackTo: 4,
  suspend: false,
};

const fingerprint = '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08';
const notBefore = '2026-11-22T10:00:00Z';
const notAfter = '2027-12-22T10:00:00Z';

/** A status with every field there is, as after a source that fits its certificate badly. */
export const completeStatus: Complete<WalletCredentialStatus> = {
  observedGeneration: 2,
  provider: 'apple',
  live: { revision: 3, fingerprint, since: notBefore, secretName: 'apple-live', resourceVersion: '4711' },
  source: {
    resourceVersion: '4810',
    fingerprint,
    accepted: false,
    reason: 'WwdrMismatch',
    message: 'The signer certificate was issued by WWDR G4, the Secret holds G2; put the G4 certificate into wwdr.pem.',
  },
  certificates: [
    {
      role: 'signer',
      subject: 'CN=Pass Type ID: pass.com.example.loyalty, OU=ABCDE12345',
      issuer: 'CN=Apple Worldwide Developer Relations Certification Authority, OU=G4',
      serialNumber: '0A1B2C3D4E5F',
      notBefore,
      notAfter,
      fingerprint,
    },
  ],
  key: {
    id: '0123456789abcdef',
    clientEmail: 'wallet@example.iam.gserviceaccount.com',
    firstSeen: notBefore,
    createdAt: notBefore,
  },
  expiresAt: notAfter,
  rotateBy: '2027-02-20T10:00:00Z',
  verification: { fingerprint, checkedAt: notBefore, reason: 'Verified', message: 'APNs takes the certificate.' },
  revisions: [{ revision: 3, fingerprint, secretName: 'apple-rev-3', createdAt: notBefore }],
  summary: { expires: '2027-12-22', rotateBy: '2027-02-20', fingerprint: fingerprint.slice(0, 12) },
  conditions: [
    {
      type: 'Ready',
      status: 'True',
      reason: 'Valid',
      message: 'Revision 3 is live and valid until 2027-12-22.',
      lastTransitionTime: notBefore,
      observedGeneration: 2,
    },
    {
      type: 'SourceAccepted',
      status: 'False',
      reason: 'WwdrMismatch',
      message:
        'The signer certificate was issued by WWDR G4, the Secret holds G2; put the G4 certificate into wwdr.pem.',
      lastTransitionTime: notBefore,
      observedGeneration: 2,
    },
  ],
};
