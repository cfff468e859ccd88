import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { credentialTools } from '../../../../src/adapters/apple/encrypted-key.ts';
import { checkSource } from '../../../../src/domain/credentials/checks/check-source.ts';
import type { SourceReason } from '../../../../src/domain/credentials/reasons.ts';
import type { Credential, Verdict } from '../../../../src/domain/credentials/verdict.ts';
import type { WalletCredentialSpec } from '../../../../src/domain/credentials/wallet-credential.ts';
import {
  appleDataKeys,
  encodeAppleMaterial,
  type AppleForm,
  type AppleMaterial,
} from '../../../../src/example-credentials/apple-material.ts';
import { createAuthority } from '../../../../src/example-credentials/certificate-authority.ts';
import type { Identity } from '../../../../src/example-credentials/certificate.ts';
import { daysAfter } from '../../../../src/example-credentials/days.ts';
import { googleDataKey } from '../../../../src/example-credentials/google-source.ts';
import { generateRsaKey } from '../../../../src/example-credentials/key-pair.ts';
import {
  issuePassCertificate,
  type PassCertificateRequest,
} from '../../../../src/example-credentials/pass-certificate.ts';
import {
  createServiceAccount,
  toJsonFile,
  type ServiceAccount,
} from '../../../../src/example-credentials/service-account.ts';
import { toBytes, type SourceData } from '../../../../src/example-credentials/source-data.ts';

/** One made-up Apple, one good credential of each provider, and the check of any data at one instant. */

export const now = new Date('2026-06-01T12:00:00Z');
export const authority = createAuthority({ now });
export const appleRoots = [new X509Certificate(authority.root.certificate.der)];
export const secretName = 'wallet-source';
export const passphrase = 'correct horse battery';

const base = {
  secretRef: { name: secretName },
  expiry: { warningDays: 30, criticalDays: 7 },
  verification: { online: false, intervalMinutes: 60 },
  revisionHistoryLimit: 3,
};
export const passTypeIdentifier = 'pass.com.example.loyalty';
export const teamIdentifier = 'ABCDE12345';
export const appleSpec: WalletCredentialSpec = {
  ...base,
  apple: { passTypeIdentifier, teamIdentifier, keys: appleDataKeys },
};
export const googleSpec: WalletCredentialSpec = {
  ...base,
  google: { issuerId: '3388000000012345678', key: googleDataKey },
};

/** Of the good signer; making keys takes long. */
export const signerKey = generateRsaKey();
export const otherKey = generateRsaKey();

/** A pass certificate as it should be but for the changes. */
export function issue(changes: Partial<PassCertificateRequest> = {}, issuer?: Identity | 'self'): Identity {
  return issuePassCertificate(issuer ?? authority.wwdr('G4'), {
    passTypeIdentifier,
    teamIdentifier,
    key: signerKey,
    notBefore: daysAfter(now, -10),
    notAfter: daysAfter(now, 384),
    ...changes,
  });
}

export const signer = issue();

/** The parts of a good credential but for the changes. */
export function material(changes: Partial<AppleMaterial> = {}): AppleMaterial {
  const wwdr = authority.wwdr('G4').certificate;
  return { signer: signer.certificate, signerKey: signerKey.privateKey, wwdr, ...changes };
}

export function appleData(form: AppleForm = 'pem', changes: Partial<AppleMaterial> = {}): SourceData {
  return encodeAppleMaterial(material(changes), form, passphrase);
}

export const account = createServiceAccount({ privateKey: signerKey.privateKey });

export function googleData(changes: Partial<Record<keyof ServiceAccount, unknown>> = {}): SourceData {
  return { [googleDataKey]: toJsonFile({ ...account, ...changes }) };
}

/** The verdict on the data of a source Secret. */
export function check(data: SourceData, spec: WalletCredentialSpec = appleSpec, at: Date = now): Verdict {
  const bytes = Object.fromEntries(Object.entries(data).map(([key, value]) => [key, toBytes(value)]));
  return checkSource({ name: secretName, spec, data: bytes, now: at, appleRoots }, credentialTools);
}

/** That the data are accepted without a warning; gives the credential. */
export function accepted(data: SourceData, spec?: WalletCredentialSpec): Credential {
  const verdict = check(data, spec);
  assert.ok(verdict.accepted, verdict.accepted ? '' : `${verdict.reason}: ${verdict.message}`);
  assert.deepEqual(verdict.warnings, []);
  return verdict.credential;
}

/** That the data are refused for this reason, in words that match; gives the message. */
export function refused(
  data: SourceData,
  reason: SourceReason,
  words: RegExp = /./,
  spec?: WalletCredentialSpec,
): string {
  const verdict = check(data, spec);
  assert.ok(!verdict.accepted, `accepted, expected ${reason}`);
  assert.equal(verdict.reason, reason, verdict.message);
  assert.match(verdict.message, words);
  return verdict.message;
}
