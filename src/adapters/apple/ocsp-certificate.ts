import { createHash } from 'node:crypto';
import { CertID } from '@peculiar/asn1-ocsp';
import { AsnConvert, OctetString } from '@peculiar/asn1-schema';
import {
  AlgorithmIdentifier,
  AuthorityInfoAccessSyntax,
  Certificate,
  id_ad_ocsp,
  id_pe_authorityInfoAccess,
  type TBSCertificate,
} from '@peculiar/asn1-x509';

/** RFC 6960 allows any hash here; SHA-1 is what responders with answers signed in advance know (RFC 5019 section 2.1.1). */
const sha1Identifier = '1.3.14.3.2.26';

function sha1(data: ArrayBuffer): OctetString {
  return new OctetString(createHash('sha1').update(Buffer.from(data)).digest());
}

function parseCertificate(der: Uint8Array): TBSCertificate {
  return AsnConvert.parse(der, Certificate).tbsCertificate;
}

/**
 * Names a certificate to an OCSP responder: hashes of its issuer's name and key, and its serial number. Both are DER.
 * @throws Error when one is not a certificate.
 */
export function certIdOf(certificate: Uint8Array, issuer: Uint8Array): CertID {
  const { issuer: issuerName, serialNumber } = parseCertificate(certificate);
  return new CertID({
    hashAlgorithm: new AlgorithmIdentifier({ algorithm: sha1Identifier, parameters: null }),
    issuerNameHash: sha1(AsnConvert.serialize(issuerName)),
    issuerKeyHash: sha1(parseCertificate(issuer).subjectPublicKeyInfo.subjectPublicKey),
    serialNumber,
  });
}

/**
 * The OCSP addresses in the Authority Information Access extension of a DER certificate, in their order.
 * @throws Error when it is not a certificate.
 */
export function ocspResponders(certificate: Uint8Array): string[] {
  const access = parseCertificate(certificate).extensions?.find(({ extnID }) => extnID === id_pe_authorityInfoAccess);
  // A plain array: the library's own keeps its class through filter and flatMap.
  const descriptions = access ? [...AsnConvert.parse(access.extnValue, AuthorityInfoAccessSyntax)] : [];
  return descriptions
    .filter(({ accessMethod }) => accessMethod === id_ad_ocsp)
    .flatMap(({ accessLocation }) => accessLocation.uniformResourceIdentifier ?? []);
}
