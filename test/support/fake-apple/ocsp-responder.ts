import { issueCertificate, type Identity } from '../../../src/example-credentials/certificate.ts';
import { daysAfter } from '../../../src/example-credentials/days.ts';
import type { DistinguishedName } from '../../../src/example-credentials/distinguished-name.ts';
import { clientAuthentication, extendedKeyUsage, keyUsage } from '../../../src/example-credentials/extensions.ts';
import { generateEcKey, generateRsaKey } from '../../../src/example-credentials/key-pair.ts';

const ocspSigning = '1.3.6.1.5.5.7.3.9';

const name: DistinguishedName = [
  ['CN', 'Worldwide Developer Relations OCSP Responder'],
  ['O', 'Apple Inc.'],
  ['C', 'US'],
];

/** Who signs the answers; only the first three may. */
export const responderKinds = [
  'issuer',
  'delegate',
  'delegate with an ECDSA key',
  'delegate for another purpose',
  'expired delegate',
  'future delegate',
  'delegate of another issuer of the same name',
  'delegate that signed itself',
  'somebody without a certificate',
] as const;
export type ResponderKind = (typeof responderKinds)[number];

export interface Responder {
  identity: Identity;
  /** Sent along. */
  certificates: Buffer[];
}

function delegate(issuer: Identity, kind: ResponderKind, now: Date): Identity {
  const key = kind === 'delegate with an ECDSA key' ? generateEcKey() : generateRsaKey();
  const stranger = kind === 'delegate of another issuer of the same name' ? generateRsaKey() : undefined;
  const itself = kind === 'delegate that signed itself' ? key : undefined;
  const [from, until] = kind === 'expired delegate' ? [-30, -1] : kind === 'future delegate' ? [1, 30] : [-1, 30];
  const certificate = issueCertificate({
    subject: name,
    publicKey: key.publicKey,
    issuer: issuer.certificate.subject,
    signingKey: (itself ?? stranger ?? issuer.key).privateKey,
    notBefore: daysAfter(now, from ?? 0),
    notAfter: daysAfter(now, until ?? 0),
    extensions: [
      keyUsage('digitalSignature'),
      extendedKeyUsage(kind === 'delegate for another purpose' ? clientAuthentication : ocspSigning),
    ],
  });
  return { certificate, key };
}

export function createResponder(issuer: Identity, kind: ResponderKind, now: Date): Responder {
  if (kind === 'issuer') return { identity: issuer, certificates: [] };
  const identity = delegate(issuer, kind, now);
  const unknown = kind === 'somebody without a certificate';
  return { identity, certificates: unknown ? [] : [identity.certificate.der, issuer.certificate.der] };
}
