import { sign } from 'node:crypto';
import { issueCertificate, signatureAlgorithm, type Identity } from './certificate.ts';
import { bitString, element, integer, sequence, type Der } from './der.ts';
import { encodeName, type DistinguishedName } from './distinguished-name.ts';
import * as extensions from './extensions.ts';
import { generateEcKey, generateRsaKey, type KeyPair } from './key-pair.ts';
import { toPem } from './pem.ts';

/** What people upload where a Pass Type ID certificate belongs. */
export const mistakenCertificateKinds = [
  'Apple Push Services',
  'Developer ID Application',
  'Apple Development',
  'iPhone Developer',
] as const;
export type MistakenCertificateKind = (typeof mistakenCertificateKinds)[number];

export interface MistakenCertificateRequest {
  teamIdentifier: string;
  notBefore: Date;
  notAfter: Date;
  /** Default: a new RSA key of 2048 bits. */
  key?: KeyPair | undefined;
}

const bundleIdentifier = 'com.example.app';

function nameOf(kind: MistakenCertificateKind, team: string): DistinguishedName {
  const [uid, commonName] =
    kind === 'Apple Push Services'
      ? [bundleIdentifier, `${kind}: ${bundleIdentifier}`]
      : [team, `${kind}: ${kind.startsWith('Dev') ? 'Example Organization' : 'Alex Example'} (${team})`];
  return [
    ['UID', uid],
    ['CN', commonName],
    ['OU', team],
    ['O', 'Example Organization'],
    ['C', 'US'],
  ];
}

function extensionsOf(kind: MistakenCertificateKind): Der[] {
  const { appleOids, clientAuthentication, codeSigning, extendedKeyUsage, marker } = extensions;
  switch (kind) {
    case 'Apple Push Services':
      return [
        extendedKeyUsage(clientAuthentication),
        marker(appleOids.pushDevelopment),
        marker(appleOids.clientConnection),
        marker(appleOids.pushTopics, bundleIdentifier),
      ];
    case 'Developer ID Application':
      return [extendedKeyUsage(codeSigning), marker(appleOids.developerIdApplication, undefined, true)];
    case 'Apple Development':
      return [
        extendedKeyUsage(codeSigning),
        marker(appleOids.development, undefined, true),
        marker(appleOids.macDevelopment, undefined, true),
      ];
    case 'iPhone Developer':
      return [extendedKeyUsage(codeSigning), marker(appleOids.development, undefined, true)];
  }
}

/** A certificate that Apple issues for another purpose, of the shape that Apple gives it. */
export function issueMistakenCertificate(
  issuer: Identity,
  kind: MistakenCertificateKind,
  request: MistakenCertificateRequest,
): Identity {
  const key = request.key ?? generateRsaKey();
  const certificate = issueCertificate({
    subject: nameOf(kind, request.teamIdentifier),
    publicKey: key.publicKey,
    issuer: issuer.certificate.subject,
    signingKey: issuer.key.privateKey,
    notBefore: request.notBefore,
    notAfter: request.notAfter,
    extensions: [
      extensions.basicConstraints(false),
      extensions.authorityKeyIdentifier(issuer.key.publicKey),
      extensions.subjectKeyIdentifier(key.publicKey),
      extensions.keyUsage('digitalSignature'),
      ...extensionsOf(kind),
    ],
  });
  return { certificate, key };
}

/** A certificate signing request (PKCS#10) as Keychain Access makes it: what was sent to Apple, not what came back. PEM. */
export function createSigningRequest(key: KeyPair): string {
  const name: DistinguishedName = [
    ['emailAddress', 'wallet@example.com'],
    ['CN', 'Example Organization'],
    ['C', 'US'],
  ];
  const publicKey = key.publicKey.export({ type: 'spki', format: 'der' });
  const information = sequence(integer(0), encodeName(name), publicKey, element(0xa0));
  const signature = bitString(sign('sha256', information, key.privateKey));
  return toPem('CERTIFICATE REQUEST', sequence(information, signatureAlgorithm(key.privateKey), signature));
}

/** The token key that Apple hands out as `AuthKey_….p8`: an EC P-256 key in PKCS#8, which signs no pass. PEM. */
export function createApnsTokenKey(): string {
  return generateEcKey().privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}
