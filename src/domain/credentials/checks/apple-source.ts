import type { X509Certificate } from 'node:crypto';
import { Redacted } from '../../redacted.ts';
import { appleChecks, timelessAppleChecks, wwdrText, type AppleCandidate } from './apple-checks.ts';
import { chooseSigner, chooseWwdr } from './apple-choice.ts';
import { selectAppleFiles } from './apple-files.ts';
import { readAppleMaterial, type AppleInput } from './apple-material.ts';
import { summarize } from '../reading/certificate.ts';
import type { Finding } from '../reading/finding.ts';
import { fingerprintOf } from './fingerprint.ts';
import { writePem } from '../reading/pem.ts';
import { kubernetesTime } from '../instants.ts';
import type { Credential, Verdict, Warning } from '../verdict.ts';
import { chainsToRoot } from './wwdr.ts';

export interface AppleSourceInput extends AppleInput {
  now: Date;
  roots: readonly X509Certificate[];
  /** What is live already is used as it is until it is replaced: its dates are for whoever shows it. */
  anyDate?: true;
}

function refused(finding: Finding): Verdict {
  return { accepted: false, ...finding };
}

/** The verdict on the source of an Apple credential. */
export function checkAppleSource(input: AppleSourceInput): Verdict {
  const { secret, spec, now, roots } = input;
  const files = selectAppleFiles(secret, spec.keys);
  if ('finding' in files) return refused(files.finding);
  const read = readAppleMaterial(input, files.value);
  if ('finding' in read) return refused(read.finding);
  const material = read.value;
  const signer = chooseSigner(material, spec, now);
  const wwdr = signer && chooseWwdr(signer, material.authorities, roots, now);
  // Reading leaves no file without a certificate.
  if (!signer || !wwdr) throw new Error('a certificate file was read as empty');
  const candidate: AppleCandidate = { secret, spec, now, material, signer, wwdr };
  for (const check of input.anyDate ? timelessAppleChecks : appleChecks) {
    const finding = check(candidate);
    if (finding) return refused(finding);
  }
  const { privateKey } = material;
  if (privateKey.kind !== 'rsa') throw new Error('the checks passed without an RSA key');
  const credential = credentialOf(candidate, privateKey.pem);
  return { accepted: true, credential, warnings: warningsOf(candidate, roots) };
}

function credentialOf({ spec, signer, wwdr }: AppleCandidate, privateKey: string): Credential {
  const files = {
    'signer.pem': writePem('CERTIFICATE', signer.der),
    'signer.key': privateKey,
    'wwdr.pem': writePem('CERTIFICATE', wwdr.der),
    'pass-type-identifier': spec.passTypeIdentifier,
    'team-identifier': spec.teamIdentifier,
  };
  const earliest = signer.notAfter < wwdr.notAfter ? signer.notAfter : wwdr.notAfter;
  return {
    provider: 'apple',
    files: new Redacted(files),
    fingerprint: fingerprintOf(files),
    certificates: [summarize('signer', signer), summarize('wwdr', wwdr)],
    expiresAt: kubernetesTime(earliest),
  };
}

function warningsOf(candidate: AppleCandidate, roots: readonly X509Certificate[]): Warning[] {
  if (chainsToRoot(candidate.wwdr, roots)) return [];
  const message = `${wwdrText(candidate)} does not chain to an Apple root: iPhones do not take passes that are signed with it. Use the one from https://www.apple.com/certificateauthority/, or name your roots in APPLE_ROOTS_FILE.`;
  return [{ reason: 'UnknownRoot', message }];
}
