import { OCSPRequest, Request, TBSRequest, type CertID } from '@peculiar/asn1-ocsp';
import { AsnConvert } from '@peculiar/asn1-schema';

/**
 * An OCSPRequest (RFC 6960 section 4.1) for one certificate, DER; not signed.
 * It has no nonce: Apple's answers are signed in advance and say until when they hold, which is what is checked.
 */
export function encodeOcspRequest(certId: CertID): Buffer {
  const tbsRequest = new TBSRequest({ requestList: [new Request({ reqCert: certId })] });
  return Buffer.from(AsnConvert.serialize(new OCSPRequest({ tbsRequest })));
}
