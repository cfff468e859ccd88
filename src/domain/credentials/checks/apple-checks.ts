import { isPassCertificate, mistakenKindOf, passSigningPurpose, passTypeExtension } from './apple-certificate-kinds.ts';
import type { AppleMaterial } from './apple-material.ts';
import type { Certificate } from '../reading/certificate.ts';
import { shortNameOf, valuesOf } from '../reading/distinguished-name.ts';
import type { Finding } from '../reading/finding.ts';
import { leastRsaBits } from '../reading/limits.ts';
import { belongsTo } from '../reading/private-key.ts';
import { kubernetesTime } from '../instants.ts';
import { cleaned, listed, quoted } from '../reading/quote.ts';
import { place, type SourceSecret } from '../reading/source-file.ts';
import type { AppleSpec } from '../wallet-credential.ts';
import { authorityLabel, generationOf, issuedBy } from './wwdr.ts';

/** What is asked whether it fits together: the certificates that were chosen, and where all came from. */
export interface AppleCandidate {
  secret: SourceSecret;
  spec: AppleSpec;
  now: Date;
  material: AppleMaterial;
  signer: Certificate;
  wwdr: Certificate;
}

type Check = (candidate: AppleCandidate) => Finding | undefined;

const renewAdvice = 'Create one at developer.apple.com under Identifiers, Pass Type IDs.';

function signerPlace({ secret, material }: AppleCandidate): string {
  return place(secret, material.keys.signer);
}

function nameOf(certificate: Certificate): string {
  return quoted(shortNameOf(certificate.subject));
}

/** `The WWDR certificate G4 in wwdr.pem of Secret apple-wallet-source`. */
export function wwdrText({ wwdr, material, secret }: AppleCandidate): string {
  return `The WWDR certificate ${authorityLabel(wwdr.subject)} in ${place(secret, material.keys.authorities)}`;
}

const checkKeyType: Check = (candidate) => {
  const { signer, material, secret } = candidate;
  const wanted = "Apple's pass certificates have RSA keys";
  if (signer.publicKey.kind === 'other') {
    const message = `${signerPlace(candidate)} holds the certificate ${nameOf(signer)} with a key of type ${signer.publicKey.name}; ${wanted}. Request a certificate with an RSA key of 2048 bits.`;
    return { reason: 'UnsupportedKeyType', message };
  }
  if (material.privateKey.kind === 'rsa') return undefined;
  const message = `${place(secret, material.keys.privateKey)} holds a private key of type ${material.privateKey.name}, as token key files (.p8) of APNs do; ${wanted}. Put the RSA key there with which the certificate was requested.`;
  return { reason: 'UnsupportedKeyType', message };
};

const checkKeyLength: Check = (candidate) => {
  const { signer, material, secret } = candidate;
  const weak = (bits: number): string =>
    `an RSA key of ${bits} bits; at least ${leastRsaBits} are expected. Request a certificate with a new key of 2048 bits.`;
  const { publicKey } = signer;
  if (publicKey.kind === 'rsa' && publicKey.modulusBits < leastRsaBits) {
    const message = `The certificate ${nameOf(signer)} of ${signerPlace(candidate)} has ${weak(publicKey.modulusBits)}`;
    return { reason: 'WeakKey', message };
  }
  const { privateKey } = material;
  if (privateKey.kind !== 'rsa' || privateKey.publicKey.modulusBits >= leastRsaBits) return undefined;
  return {
    reason: 'WeakKey',
    message: `${place(secret, material.keys.privateKey)} holds ${weak(privateKey.publicKey.modulusBits)}`,
  };
};

const checkKeyMatch: Check = (candidate) => {
  const { signer, material, secret } = candidate;
  if (belongsTo(signer, material.privateKey)) return undefined;
  const { keys } = material;
  const subject = `The private key in ${place(secret, keys.privateKey)}`;
  if (material.authorities.some((authority) => belongsTo(authority, material.privateKey))) {
    const message = `${subject} belongs to the certificate in ${keys.authorities}, not to the one in ${keys.signer}: the two certificates are swapped. Exchange them.`;
    return { reason: 'KeyMismatch', message };
  }
  const certificate = keys.signer === keys.privateKey ? 'any certificate in it' : `the certificate in ${keys.signer}`;
  const message = `${subject} does not belong to ${certificate}: the key of ${nameOf(signer)}, valid until ${kubernetesTime(signer.notAfter)}, is expected. Put the key there with which that certificate was requested, or replace both together.`;
  return { reason: 'KeyMismatch', message };
};

const checkPassCertificate: Check = (candidate) => {
  const { signer } = candidate;
  if (isPassCertificate(signer)) return undefined;
  const kind = mistakenKindOf(signer);
  const what = kind === undefined ? `the certificate ${nameOf(signer)}` : `the ${kind} certificate ${nameOf(signer)}`;
  const lacks = [
    ...(signer.extensions.has(passTypeExtension) ? [] : [`the extension ${passTypeExtension}`]),
    ...(signer.purposes.includes(passSigningPurpose) ? [] : [`the extended key usage ${passSigningPurpose}`]),
  ];
  const message = `${signerPlace(candidate)} holds ${what}, expected a Pass Type ID certificate: it lacks ${listed(lacks)}. ${renewAdvice}`;
  return { reason: 'NotAPassCertificate', message };
};

function shown(values: readonly string[], none: string): string {
  return values.length === 0 ? none : listed(values.map(cleaned));
}

const identifierFiles = { passTypeIdentifier: 'pass-type-identifier', teamIdentifier: 'team-identifier' } as const;

/** Which identifier is wanted, and what to correct if it is the wrong one: the spec, or the file beside the certificate. */
function wantedText(
  { secret, spec }: AppleCandidate,
  name: keyof typeof identifierFiles,
): { found: string; correct: string } {
  const file = identifierFiles[name];
  return secret.folder
    ? { found: `${file} says ${cleaned(spec[name])}`, correct: file }
    : { found: `spec.apple.${name} is ${cleaned(spec[name])}`, correct: 'the spec' };
}

const checkPassType: Check = (candidate) => {
  const { signer, spec } = candidate;
  const values = valuesOf(signer.subject, 'userId');
  if (values.length === 1 && values[0] === spec.passTypeIdentifier) return undefined;
  const wanted = wantedText(candidate, 'passTypeIdentifier');
  const message = `The certificate in ${signerPlace(candidate)} is for pass type ${shown(values, 'none')}; ${wanted.found}. Use the certificate of that pass type, or correct ${wanted.correct}.`;
  return { reason: 'PassTypeMismatch', message };
};

const checkTeam: Check = (candidate) => {
  const { signer, spec } = candidate;
  const values = valuesOf(signer.subject, 'organizationalUnit');
  if (values.length === 1 && values[0] === spec.teamIdentifier) return undefined;
  const wanted = wantedText(candidate, 'teamIdentifier');
  const message = `The certificate in ${signerPlace(candidate)} is of team ${shown(values, 'none')}; ${wanted.found}. Use the certificate of that team, or correct ${wanted.correct}.`;
  return { reason: 'TeamMismatch', message };
};

function issuerOf(signer: Certificate): string {
  return issuedBy(signer, signer) ? 'itself (self-signed)' : authorityLabel(signer.issuer);
}

const checkWwdrIssued: Check = ({ signer, wwdr, material, secret }) => {
  if (issuedBy(signer, wwdr)) return undefined;
  const issuer = issuerOf(signer);
  const held = [...new Set(material.authorities.map(({ subject }) => authorityLabel(subject)))];
  const same = held.length === 1 && held[0] === issuer ? `another ${issuer} with another key` : listed(held);
  const generation = generationOf(signer.issuer);
  const inside = material.signers.some((certificate) => certificate !== signer && issuedBy(signer, certificate));
  const advice = inside
    ? `The certificate that issued it is in ${material.keys.signer}: put it under ${material.keys.authorities}.`
    : generation === undefined
      ? 'Put the certificate there that issued the signer, or use a signer that Apple issued.'
      : `Put ${generation} there, from https://www.apple.com/certificateauthority/.`;
  const message = `The WWDR certificate in ${place(secret, material.keys.authorities)} did not issue the signer: the signer was issued by ${issuer}, the ${secret.folder ? 'folder' : 'Secret'} holds ${same}. ${advice}`;
  return { reason: 'WwdrMismatch', message };
};

const checkWwdrAuthority: Check = (candidate) => {
  if (candidate.wwdr.mayIssue) return undefined;
  const message = `${wwdrText(candidate)} may not issue certificates (basicConstraints, keyUsage); expected the Apple WWDR certificate. Download it from https://www.apple.com/certificateauthority/.`;
  return { reason: 'WwdrNotCa', message };
};

/** The signer and the WWDR with the words by which messages name them. */
function named(candidate: AppleCandidate): { certificate: Certificate; text: string }[] {
  const { signer, wwdr } = candidate;
  return [
    { certificate: signer, text: `The signer certificate ${nameOf(signer)} in ${signerPlace(candidate)}` },
    { certificate: wwdr, text: wwdrText(candidate) },
  ];
}

const checkNotBefore: Check = (candidate) => {
  const early = named(candidate)
    .filter(({ certificate }) => candidate.now < certificate.notBefore)
    .toSorted((one, other) => other.certificate.notBefore.getTime() - one.certificate.notBefore.getTime())[0];
  if (!early) return undefined;
  const instant = kubernetesTime(early.certificate.notBefore);
  const message = `${early.text} is not valid before ${instant}. It is tried again then; if that is wrong, check the clock of this machine.`;
  return { reason: 'NotYetValid', message, retryAt: instant };
};

const checkNotAfter: Check = (candidate) => {
  const expired = named(candidate).filter(({ certificate }) => candidate.now >= certificate.notAfter);
  if (expired.length === 0) return undefined;
  const what = expired
    .map(({ text, certificate }) => `${text} expired at ${kubernetesTime(certificate.notAfter)}.`)
    .join(' ');
  const advice = expired.some(({ certificate }) => certificate === candidate.signer)
    ? 'Renew it at developer.apple.com under Identifiers, Pass Type IDs.'
    : 'Renew the pass certificate, which Apple then issues from a WWDR that is valid, and add that one.';
  return { reason: 'Expired', message: `${what} ${advice}` };
};

/** Whether it fits together, whatever the time is. In their binding order: the first that fails is the reason. */
export const timelessAppleChecks: readonly Check[] = [
  checkKeyType,
  checkKeyLength,
  checkKeyMatch,
  checkPassCertificate,
  checkPassType,
  checkTeam,
  checkWwdrIssued,
  checkWwdrAuthority,
];

/** The same, and whether it is valid now. */
export const appleChecks: readonly Check[] = [...timelessAppleChecks, checkNotBefore, checkNotAfter];
