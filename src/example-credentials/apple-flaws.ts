import type { KeyObject } from 'node:crypto';
import { appleFileFlaws } from './apple-file-flaws.ts';
import type { AppleForm, AppleMaterial } from './apple-material.ts';
import { createAuthority, type CertificateAuthority } from './certificate-authority.ts';
import type { Certificate, Identity } from './certificate.ts';
import { daysAfter } from './days.ts';
import { fabricateRsaKey } from './fabricated-rsa-key.ts';
import type { Flaw } from './flaw.ts';
import { generateEcKey, generateRsaKey, type KeyPair } from './key-pair.ts';
import { issueMistakenCertificate, type MistakenCertificateKind } from './mistaken-certificates.ts';
import { passCertificateDays, type PassCertificateRequest } from './pass-certificate.ts';
import type { SourceData } from './source-data.ts';
import { issueWwdr } from './wwdr-certificate.ts';

/** What a flaw is made with. */
export interface AppleContext {
  authority: CertificateAuthority;
  teamIdentifier: string;
  now: Date;
  /** Days from `now` until a good pass certificate ends. */
  validDays: number;
  key?: KeyPair | undefined;
  /** A pass certificate as it should be but for the changes given; issued by G4 unless told otherwise. */
  issue: (changes?: Partial<PassCertificateRequest>, issuer?: Identity | 'self') => Identity;
}

export interface AppleFlawDefinition extends Flaw {
  /** The parts that are not as they should be. */
  parts?: (context: AppleContext) => { signer?: Identity; signerKey?: KeyObject; wwdr?: Certificate };
  /** What happens to the files afterwards. */
  files?: (data: SourceData, material: AppleMaterial) => SourceData;
  /** The forms in which it can happen; absent: all. The first is taken when none is asked for. */
  forms?: readonly AppleForm[];
}

function mistaken(context: AppleContext, kind: MistakenCertificateKind): { signer: Identity } {
  const { authority, teamIdentifier, now, validDays, key } = context;
  const request = { teamIdentifier, notBefore: daysAfter(now, -1), notAfter: daysAfter(now, validDays), key };
  return { signer: issueMistakenCertificate(authority.wwdr('G4'), kind, request) };
}

/** G4's name and key in a certificate that may issue nothing. */
function wwdrThatIsNoAuthority({ authority, now }: AppleContext): { wwdr: Certificate } {
  const { key } = authority.wwdr('G4');
  const validity = { notBefore: daysAfter(now, -365), notAfter: daysAfter(now, 365) };
  const request = { generation: 'G4', key, certificateAuthority: false, ...validity } as const;
  return { wwdr: issueWwdr(authority.root, request).certificate };
}

function underUnknownRoot({ issue, now }: AppleContext): { signer: Identity; wwdr: Certificate } {
  const wwdr = createAuthority({ now }).wwdr('G4');
  return { signer: issue({}, wwdr), wwdr: wwdr.certificate };
}

const definitions = {
  'wrong-key': {
    description: 'the private key of another certificate',
    reason: 'KeyMismatch',
    parts: () => ({ signerKey: generateRsaKey().privateKey }),
  },
  'wrong-wwdr': {
    description: 'issued by G4, with the G2 intermediate attached',
    reason: 'WwdrMismatch',
    parts: ({ authority }) => ({ wwdr: authority.wwdr('G2').certificate }),
  },
  'old-wwdr': {
    description: 'issued by G4, with the expired G1 intermediate attached',
    reason: 'WwdrMismatch',
    parts: ({ authority }) => ({ wwdr: authority.wwdr('G1').certificate }),
  },
  'wwdr-of-other-key': {
    description: 'an intermediate of the right name that did not sign',
    reason: 'WwdrMismatch',
    parts: ({ now }) => ({ wwdr: createAuthority({ now }).wwdr('G4').certificate }),
  },
  'wwdr-not-ca': {
    description: 'an intermediate that may not issue certificates',
    reason: 'WwdrNotCa',
    parts: wwdrThatIsNoAuthority,
  },
  'unknown-root': {
    description: 'a root that nobody trusts: accepted, with a warning',
    reason: 'UnknownRoot',
    parts: underUnknownRoot,
  },
  'self-signed': {
    description: 'a pass certificate that signed itself',
    reason: 'WwdrMismatch',
    parts: ({ issue }) => ({ signer: issue({}, 'self') }),
  },
  expired: {
    description: 'a pass certificate that ended yesterday',
    reason: 'Expired',
    parts: ({ issue, now }) => ({
      signer: issue({ notBefore: daysAfter(now, -passCertificateDays), notAfter: daysAfter(now, -1) }),
    }),
  },
  'expired-wwdr': {
    description: 'issued by G1, which has expired, and valid itself',
    reason: 'Expired',
    parts: ({ issue, authority }) => {
      const wwdr = authority.wwdr('G1');
      return { signer: issue({}, wwdr), wwdr: wwdr.certificate };
    },
  },
  'not-yet-valid': {
    description: 'a pass certificate that begins tomorrow',
    reason: 'NotYetValid',
    parts: ({ issue, now, validDays }) => ({
      signer: issue({ notBefore: daysAfter(now, 1), notAfter: daysAfter(now, 1 + validDays) }),
    }),
  },
  'wrong-team': {
    description: 'a certificate of another team',
    reason: 'TeamMismatch',
    parts: ({ issue }) => ({ signer: issue({ teamIdentifier: 'ZZZZZ99999' }) }),
  },
  'wrong-pass-type': {
    description: 'a certificate for another pass type',
    reason: 'PassTypeMismatch',
    parts: ({ issue }) => ({ signer: issue({ passTypeIdentifier: 'pass.com.example.other' }) }),
  },
  'no-pass-extension': {
    description: 'no extension that names the pass type',
    reason: 'NotAPassCertificate',
    parts: ({ issue }) => ({ signer: issue({ passTypeExtension: null }) }),
  },
  'no-pass-purpose': {
    description: 'an extended key usage without pass signing',
    reason: 'NotAPassCertificate',
    parts: ({ issue }) => ({ signer: issue({ passPurpose: false }) }),
  },
  'push-certificate': {
    description: 'an Apple Push Services certificate',
    reason: 'NotAPassCertificate',
    parts: (context) => mistaken(context, 'Apple Push Services'),
  },
  'developer-id-certificate': {
    description: 'a Developer ID Application certificate',
    reason: 'NotAPassCertificate',
    parts: (context) => mistaken(context, 'Developer ID Application'),
  },
  'development-certificate': {
    description: 'an Apple Development certificate',
    reason: 'NotAPassCertificate',
    parts: (context) => mistaken(context, 'Apple Development'),
  },
  'weak-key': {
    description: 'an RSA key of 1024 bits',
    reason: 'WeakKey',
    parts: ({ issue }) => ({ signer: issue({ key: generateRsaKey(1024) }) }),
  },
  'huge-key': {
    description: 'an RSA key of 16384 bits',
    reason: 'TooExpensive',
    parts: ({ issue }) => ({ signer: issue({ key: fabricateRsaKey(16_384) }) }),
  },
  'ecdsa-key': {
    description: 'an ECDSA key',
    reason: 'UnsupportedKeyType',
    parts: ({ issue }) => ({ signer: issue({ key: generateEcKey() }) }),
  },
  ...appleFileFlaws,
} satisfies Record<string, AppleFlawDefinition>;

export type AppleFlaw = keyof typeof definitions;
export const appleFlaws: Readonly<Record<AppleFlaw, AppleFlawDefinition>> = definitions;
