import { randomBytes } from 'node:crypto';
import { appleFlaws, type AppleContext, type AppleFlaw } from './apple-flaws.ts';
import { encodeAppleMaterial, type AppleForm, type AppleMaterial } from './apple-material.ts';
import type { CertificateAuthority } from './certificate-authority.ts';
import { daysAfter } from './days.ts';
import type { KeyPair } from './key-pair.ts';
import { issuePassCertificate, passCertificateDays } from './pass-certificate.ts';
import type { SourceData } from './source-data.ts';

export interface AppleSourceRequest {
  authority: CertificateAuthority;
  passTypeIdentifier: string;
  teamIdentifier: string;
  now: Date;
  /** Days from `now` until the pass certificate ends. Default: what Apple grants. */
  validDays?: number | undefined;
  /** Default: a new RSA key of 2048 bits. */
  key?: KeyPair | undefined;
  /** Default: `pem`, or the first form in which the flaw can happen. */
  form?: AppleForm | undefined;
  /** Default `none`. */
  flaw?: AppleFlaw | 'none' | undefined;
}

export interface AppleSource {
  /** The data of the source Secret. */
  data: SourceData;
  /** What is, or was before a flaw got at the files, in it. */
  material: AppleMaterial;
}

function contextOf(request: AppleSourceRequest): AppleContext {
  const { authority, now, passTypeIdentifier, teamIdentifier, validDays = passCertificateDays, key } = request;
  const usual = {
    passTypeIdentifier,
    teamIdentifier,
    notBefore: daysAfter(now, -1 / 24),
    notAfter: daysAfter(now, validDays),
    key,
  };
  return {
    ...request,
    validDays,
    issue: (changes = {}, issuer = authority.wwdr('G4')) => issuePassCertificate(issuer, { ...usual, ...changes }),
  };
}

/** Data of a source Secret for Apple: good, or with exactly one flaw. */
export function createAppleSource(request: AppleSourceRequest): AppleSource {
  const flaw = request.flaw === undefined || request.flaw === 'none' ? undefined : appleFlaws[request.flaw];
  const context = contextOf(request);
  const parts = flaw?.parts?.(context) ?? {};
  const signer = parts.signer ?? context.issue();
  const material = {
    signer: signer.certificate,
    signerKey: parts.signerKey ?? signer.key.privateKey,
    wwdr: parts.wwdr ?? context.authority.wwdr('G4').certificate,
  };
  const form = request.form ?? flaw?.forms?.[0] ?? 'pem';
  const data = encodeAppleMaterial(material, form, randomBytes(18).toString('base64url'));
  return { data: flaw?.files?.(data, material) ?? data, material };
}
