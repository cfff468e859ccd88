import forge from 'node-forge';
import type { Certificate } from '../../src/example-credentials/certificate.ts';

/** The certificate as another implementation reads it, strictly. RSA only. */
export function readByForge(certificate: Certificate): forge.pki.Certificate {
  return forge.pki.certificateFromAsn1(forge.asn1.fromDer(certificate.der.toString('latin1'), true));
}

export function extensionIds(certificate: forge.pki.Certificate): string[] {
  return extensionsOf(certificate).map(({ id }) => id);
}

/** The DER of an extension's value, one character an octet. */
export function extensionValue(certificate: forge.pki.Certificate, id: string): string | undefined {
  return extensionsOf(certificate).find((extension) => extension.id === id)?.value;
}

function extensionsOf(certificate: forge.pki.Certificate): { id: string; value: string; critical: boolean }[] {
  return certificate.extensions as { id: string; value: string; critical: boolean }[];
}
