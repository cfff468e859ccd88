import { isIP } from 'node:net';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { issueCertificate, type Identity } from '../../src/example-credentials/certificate.ts';
import { daysAfter } from '../../src/example-credentials/days.ts';
import { implicit, octetString, oid, sequence } from '../../src/example-credentials/der.ts';
import type { DistinguishedName } from '../../src/example-credentials/distinguished-name.ts';
import { basicConstraints, extendedKeyUsage, keyUsage } from '../../src/example-credentials/extensions.ts';
import { generateEcKey } from '../../src/example-credentials/key-pair.ts';

/** TLS server certificates for the fakes of this process, by one authority that is made when it is first asked for. */

const serverAuthentication = '1.3.6.1.5.5.7.3.1';

/** A self-signed authority that nothing trusts until somebody says so. */
export function createServerAuthority(): Identity {
  const name: DistinguishedName = [['CN', 'Authority of the fakes']];
  const key = generateEcKey();
  const certificate = issueCertificate({
    subject: name,
    publicKey: key.publicKey,
    issuer: name,
    signingKey: key.privateKey,
    notBefore: daysAfter(new Date(), -1),
    notAfter: daysAfter(new Date(), 30),
    extensions: [basicConstraints(true), keyUsage('certificateSigning')],
  });
  return { certificate, key };
}

function address(host: string): Buffer {
  if (isIP(host) === 0) return implicit(2, Buffer.from(host, 'latin1'));
  return implicit(7, Buffer.from(host.split('.').map(Number)));
}

/** A TLS server certificate, PEM, for names and IPv4 addresses. */
export function issueServerCertificate(authority: Identity, ...hosts: string[]): { cert: string; key: string } {
  const key = generateEcKey();
  const alternativeNames = sequence(oid('2.5.29.17'), octetString(sequence(...hosts.map(address))));
  const certificate = issueCertificate({
    subject: [['CN', hosts[0] ?? 'nobody']],
    publicKey: key.publicKey,
    issuer: authority.certificate.subject,
    signingKey: authority.key.privateKey,
    notBefore: daysAfter(new Date(), -1),
    notAfter: daysAfter(new Date(), 30),
    extensions: [keyUsage('digitalSignature'), extendedKeyUsage(serverAuthentication), alternativeNames],
  });
  return { cert: certificate.pem, key: key.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() };
}

let shared: Identity | undefined;

/**
 * The authority of the fakes in this process. From the first call on, this process trusts it beside what Node trusts,
 * as NODE_EXTRA_CA_CERTS would make it do at the start; a child process needs that variable and `certificate.pem`.
 */
export function testAuthority(): Identity {
  if (shared === undefined) {
    shared = createServerAuthority();
    setDefaultCACertificates([...getCACertificates('default'), shared.certificate.pem]);
  }
  return shared;
}
