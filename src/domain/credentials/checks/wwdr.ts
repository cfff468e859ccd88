import type { KeyObject, X509Certificate } from 'node:crypto';
import type { Certificate } from '../reading/certificate.ts';
import { shortNameOf, valuesOf, type DistinguishedName } from '../reading/distinguished-name.ts';
import { quoted } from '../reading/quote.ts';

/** The generation of Apple's intermediate: `G4` in OU, `G2` behind the common name, G1 has none. */
export function generationOf(name: DistinguishedName): string | undefined {
  const [commonName = ''] = valuesOf(name, 'commonName');
  if (!commonName.startsWith('Apple Worldwide Developer Relations')) return undefined;
  const unit = valuesOf(name, 'organizationalUnit').find((value) => /^G\d{1,2}$/.test(value));
  return unit ?? / - (G\d{1,2})$/.exec(commonName)?.[1] ?? 'G1';
}

/** `G4`, or the name of an authority that is no WWDR. */
export function authorityLabel(name: DistinguishedName): string {
  return generationOf(name) ?? quoted(shortNameOf(name));
}

function verifies(certificate: X509Certificate, issuer: X509Certificate): boolean {
  try {
    const key: KeyObject = issuer.publicKey;
    return certificate.verify(key);
  } catch {
    // A key that OpenSSL cannot use has signed nothing.
    return false;
  }
}

/** Whether `issuer` issued the certificate: by key identifiers and the signature. Names say nothing: two generations may share one. */
export function issuedBy(certificate: Certificate, issuer: Certificate): boolean {
  const { authorityKeyIdentifier: wanted } = certificate;
  const { subjectKeyIdentifier: offered } = issuer;
  if (wanted !== undefined && offered !== undefined && wanted !== offered) return false;
  return verifies(certificate.x509, issuer.x509);
}

/** Whether a WWDR certificate is, or was issued by, one of these roots. */
export function chainsToRoot({ x509 }: Certificate, roots: readonly X509Certificate[]): boolean {
  return roots.some((root) => root.raw.equals(x509.raw) || (x509.checkIssued(root) && verifies(x509, root)));
}
