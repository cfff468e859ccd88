import { issueCertificate, type Identity } from './certificate.ts';
import type { DistinguishedName } from './distinguished-name.ts';
import * as extensions from './extensions.ts';
import { generateEcKey, generateRsaKey, type KeyPair } from './key-pair.ts';

/** Generations of Apple's WWDR intermediate. Pass certificates come from G4, before 2022 from G1; the others are what people mistake for them. */
export const generations = ['G1', 'G2', 'G3', 'G4', 'G5', 'G6'] as const;
export type Generation = (typeof generations)[number];

const commonName = 'Apple Worldwide Developer Relations Certification Authority';

/**
 * The subject of a generation, exactly as Apple's own certificate has it: G1 in another order and without a generation,
 * G2 with the generation in the common name. Source: https://www.apple.com/certificateauthority/
 */
export function wwdrName(generation: Generation): DistinguishedName {
  if (generation === 'G1') {
    return [
      ['C', 'US'],
      ['O', 'Apple Inc.'],
      ['OU', 'Apple Worldwide Developer Relations'],
      ['CN', commonName],
    ];
  }
  const [name, unit] =
    generation === 'G2'
      ? ['Apple Worldwide Developer Relations CA - G2', 'Apple Certification Authority']
      : [commonName, generation];
  return [
    ['CN', name],
    ['OU', unit],
    ['O', 'Apple Inc.'],
    ['C', 'US'],
  ];
}

function newKey(generation: Generation): KeyPair {
  return generation === 'G2' || generation === 'G6' ? generateEcKey() : generateRsaKey();
}

export interface WwdrRequest {
  generation: Generation;
  notBefore: Date;
  notAfter: Date;
  /** Default: a new one, ECDSA P-256 for G2 and G6 as in life, RSA of 2048 bits for the others. */
  key?: KeyPair | undefined;
  /** Default true. False makes a certificate with the name and key of an authority that may issue nothing. */
  certificateAuthority?: boolean;
  serialNumber?: bigint | undefined;
}

/** An intermediate certificate, issued by `root`. */
export function issueWwdr(root: Identity, request: WwdrRequest): Identity {
  const key = request.key ?? newKey(request.generation);
  const authority = request.certificateAuthority ?? true;
  const { generation, notBefore, notAfter, serialNumber } = request;
  const { worldwideDeveloperRelations, worldwideDeveloperRelationsG2 } = extensions.appleOids;
  const certificate = issueCertificate({
    subject: wwdrName(generation),
    publicKey: key.publicKey,
    issuer: root.certificate.subject,
    signingKey: root.key.privateKey,
    notBefore,
    notAfter,
    serialNumber,
    extensions: [
      extensions.basicConstraints(authority, 0),
      extensions.authorityKeyIdentifier(root.key.publicKey),
      extensions.authorityInformationAccess(undefined, 'http://ocsp.apple.com/ocsp03-applerootca'),
      extensions.crlDistributionPoint('http://crl.apple.com/root.crl'),
      extensions.subjectKeyIdentifier(key.publicKey),
      extensions.keyUsage(authority ? 'certificateSigning' : 'digitalSignature'),
      extensions.marker(generation === 'G2' ? worldwideDeveloperRelationsG2 : worldwideDeveloperRelations),
    ],
  });
  return { certificate, key };
}
