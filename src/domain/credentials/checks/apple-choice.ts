import type { X509Certificate } from 'node:crypto';
import { isPassCertificate } from './apple-certificate-kinds.ts';
import type { AppleMaterial } from './apple-material.ts';
import type { Certificate } from '../reading/certificate.ts';
import { valuesOf } from '../reading/distinguished-name.ts';
import { belongsTo } from '../reading/private-key.ts';
import type { AppleSpec } from '../wallet-credential.ts';
import { chainsToRoot, generationOf, issuedBy } from './wwdr.ts';

/** Of several certificates the one that fits is meant: the one that passes the most of these tests, in their order. */
type Test = (certificate: Certificate) => boolean;

/** Two that pass the same tests: the one that is valid longer. Undefined only for none. */
function fittest(candidates: readonly Certificate[], tests: readonly Test[]): Certificate | undefined {
  let remaining = [...candidates];
  for (const test of tests) {
    if (remaining.length <= 1) break;
    const passing = remaining.filter(test);
    if (passing.length > 0) remaining = passing;
  }
  return remaining.toSorted((one, other) => other.notAfter.getTime() - one.notAfter.getTime())[0];
}

export function isValidAt(now: Date): Test {
  return ({ notBefore, notAfter }) => notBefore <= now && now < notAfter;
}

export function chooseSigner(material: AppleMaterial, spec: AppleSpec, now: Date): Certificate | undefined {
  return fittest(material.signers, [
    (certificate) => belongsTo(certificate, material.privateKey),
    isPassCertificate,
    ({ subject }) => valuesOf(subject, 'userId').includes(spec.passTypeIdentifier),
    ({ subject }) => valuesOf(subject, 'organizationalUnit').includes(spec.teamIdentifier),
    ({ mayIssue }) => !mayIssue,
    (certificate) => material.authorities.some((authority) => issuedBy(certificate, authority)),
    isValidAt(now),
  ]);
}

export function chooseWwdr(
  signer: Certificate,
  authorities: readonly Certificate[],
  roots: readonly X509Certificate[],
  now: Date,
): Certificate | undefined {
  return fittest(authorities, [
    (authority) => issuedBy(signer, authority),
    ({ mayIssue }) => mayIssue,
    isValidAt(now),
    (authority) => chainsToRoot(authority, roots),
    ({ subject }) => generationOf(subject) !== undefined,
  ]);
}
