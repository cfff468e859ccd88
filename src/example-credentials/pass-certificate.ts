import { issueCertificate, type Identity } from './certificate.ts';
import type { Der } from './der.ts';
import type { DistinguishedName } from './distinguished-name.ts';
import * as extensions from './extensions.ts';
import { generateRsaKey, type KeyPair } from './key-pair.ts';

/** Days for which Apple issues a pass certificate. */
export const passCertificateDays = 394;

export interface PassCertificateRequest {
  passTypeIdentifier: string;
  teamIdentifier: string;
  notBefore: Date;
  notAfter: Date;
  /** Default: a new RSA key of 2048 bits. */
  key?: KeyPair | undefined;
  organization?: string;
  serialNumber?: bigint | undefined;
  /** The text of extension 1.2.840.113635.100.6.1.16. Default: the pass type identifier; null leaves it out. */
  passTypeExtension?: string | null;
  /** Default true. False leaves 1.2.840.113635.100.4.14 out of the extended key usage. */
  passPurpose?: boolean;
  /** Default: Apple's. */
  ocspUri?: string;
}

const notice =
  'Reliance on this certificate by any party assumes acceptance of the then applicable standard terms and conditions ' +
  'of use, certificate policy and certification practice statements.';

function passExtensions(issuerKey: KeyPair, key: KeyPair, request: PassCertificateRequest): Der[] {
  const { passTypeIdentifier, passTypeExtension = passTypeIdentifier, passPurpose = true } = request;
  const { appleOids, clientAuthentication } = extensions;
  return [
    extensions.basicConstraints(false),
    extensions.authorityKeyIdentifier(issuerKey.publicKey),
    extensions.authorityInformationAccess(
      'http://certs.apple.com/wwdrg4.der',
      request.ocspUri ?? 'http://ocsp.apple.com/ocsp03-wwdrg407',
    ),
    extensions.applePolicy(notice),
    extensions.extendedKeyUsage(clientAuthentication, ...(passPurpose ? [appleOids.passSigning] : [])),
    extensions.crlDistributionPoint('http://crl.apple.com/wwdrg4-7.crl'),
    extensions.subjectKeyIdentifier(key.publicKey),
    extensions.keyUsage('digitalSignature'),
    extensions.marker(appleOids.clientConnection),
    ...(passTypeExtension === null ? [] : [extensions.marker(appleOids.passTypeIdentifier, passTypeExtension)]),
  ];
}

export function passCertificateName(request: PassCertificateRequest): DistinguishedName {
  return [
    ['UID', request.passTypeIdentifier],
    ['CN', `Pass Type ID: ${request.passTypeIdentifier}`],
    ['OU', request.teamIdentifier],
    ['O', request.organization ?? 'Example Organization'],
    ['C', 'US'],
  ];
}

/**
 * A Pass Type ID certificate as Apple issues it (wallet-protocols.md), with its key.
 * @param issuer A WWDR intermediate, or `'self'` for a certificate that signed itself.
 */
export function issuePassCertificate(issuer: Identity | 'self', request: PassCertificateRequest): Identity {
  const key = request.key ?? generateRsaKey();
  const subject = passCertificateName(request);
  const issuerKey = issuer === 'self' ? key : issuer.key;
  const certificate = issueCertificate({
    subject,
    publicKey: key.publicKey,
    issuer: issuer === 'self' ? subject : issuer.certificate.subject,
    signingKey: issuerKey.privateKey,
    notBefore: request.notBefore,
    notAfter: request.notAfter,
    serialNumber: request.serialNumber,
    extensions: passExtensions(issuerKey, key, request),
  });
  return { certificate, key };
}
