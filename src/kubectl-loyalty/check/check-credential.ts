import { decodeWalletCredential } from '../../adapters/kubernetes/wallet-credentials.ts';
import type { CheckThread } from '../../adapters/thread/check-thread.ts';
import { secretNotFoundMessage } from '../../domain/credentials/checks/check-source.ts';
import { readSpecification } from '../../domain/credentials/specification/specification.ts';
import type { FieldError } from '../../domain/credentials/specification/structural-schema.ts';
import { group, providerOf, version, type WalletCredentialSpec } from '../../domain/credentials/wallet-credential.ts';
import type { CheckResult } from './check-result.ts';
import { findSecret, type SecretSearch } from './find-secret.ts';
import type { ManifestObject } from './manifest-object.ts';
import { readSecretData } from './secret-data.ts';

export interface CheckDependencies {
  search: SecretSearch;
  checks: Pick<CheckThread, 'check'>;
  now: Date;
  /** Whether a Secret that cannot be looked at is a failure. */
  requireSecrets: boolean;
}

type Outcome = Pick<CheckResult, 'accepted' | 'reason' | 'message'> & Partial<CheckResult>;

/** The verdict on a WalletCredential of a file and on its Secret: the API server's and the controller's. */
export async function checkCredential(
  credential: ManifestObject,
  dependencies: CheckDependencies,
): Promise<CheckResult> {
  const reading = readCredential(credential);
  const known = 'spec' in reading ? { provider: providerOf(reading.spec) } : {};
  const outcome = 'spec' in reading ? await checkSource(credential, reading.spec, dependencies) : reading.outcome;
  return { ...resultOf(credential), ...known, ...outcome };
}

/** What every result has, before anything is known. */
export function resultOf({
  file,
  line,
  kind,
  namespace,
  name,
}: ManifestObject): Omit<CheckResult, keyof Outcome> & CheckResult {
  return {
    file,
    line,
    kind: kind === 'Secret' ? 'Secret' : 'WalletCredential',
    namespace: namespace ?? null,
    name,
    provider: null,
    accepted: null,
    reason: 'Invalid',
    message: '',
    secretFile: null,
    expiresAt: null,
    fingerprint: null,
    warnings: [],
  };
}

function readCredential({ apiVersion, body }: ManifestObject): { spec: WalletCredentialSpec } | { outcome: Outcome } {
  const wanted = `${group}/${version}`;
  if (typeof body['sops'] === 'object' && body['sops'] !== null) {
    const message =
      'The WalletCredential is encrypted by SOPS, which it need not be: it holds no secret. Encrypt Secrets only (encrypted_regex).';
    return { outcome: { accepted: null, reason: 'Encrypted', message } };
  }
  if (apiVersion !== wanted) {
    const message = `apiVersion is ${apiVersion}, which the cluster does not know; write ${wanted}.`;
    return { outcome: { accepted: false, reason: 'Invalid', message } };
  }
  const reading = readSpecification(body);
  if ('errors' in reading) return { outcome: invalid(reading.errors) };
  // The same reading as the controller's, of a spec that has its defaults already.
  return { spec: decodeWalletCredential({ ...body, spec: reading.spec, metadata: body['metadata'] }).spec };
}

function invalid(errors: readonly FieldError[], whose = ''): Outcome {
  const lines = errors.map(({ field, message }) => (message.startsWith(field) ? message : `${field}: ${message}`));
  return { accepted: false, reason: 'Invalid', message: lines.map((line) => `${whose}${line}`).join('\n') };
}

async function checkSource(
  credential: ManifestObject,
  spec: WalletCredentialSpec,
  { search, checks, now, requireSecrets }: CheckDependencies,
): Promise<Outcome> {
  const name = spec.secretRef.name;
  const found = findSecret(search, credential, name);
  if ('missing' in found) return missingSecret(name, found.missing, requireSecrets);
  if ('ambiguous' in found) return { accepted: false, reason: 'AmbiguousSecret', message: found.ambiguous };
  const secretFile = found.secret.file;
  const reading = readSecretData(found.secret);
  if ('encryptedBy' in reading)
    return { ...encryptedSecret(name, secretFile, reading.encryptedBy, requireSecrets), secretFile };
  if ('errors' in reading) return { ...invalid(reading.errors, `Secret ${name}: `), secretFile };
  const verdict = await checks.check({ name, spec, data: reading.data, now });
  if (!verdict.accepted) return { accepted: false, reason: verdict.reason, message: verdict.message, secretFile };
  const { expiresAt = null, fingerprint } = verdict.credential;
  return {
    accepted: true,
    reason: 'Accepted',
    message: '',
    secretFile,
    expiresAt,
    fingerprint,
    warnings: verdict.warnings,
  };
}

function missingSecret(name: string, why: string, required: boolean): Outcome {
  if (required) return { accepted: false, reason: 'SecretNotFound', message: `${secretNotFoundMessage(name)}` };
  return { accepted: null, reason: 'SecretNotInFiles', message: why };
}

function encryptedSecret(name: string, file: string, tool: string, required: boolean): Outcome {
  const message = `Secret ${name} is encrypted by ${tool}. To check it, add it decrypted: -f <(sops -d ${file})`;
  return { accepted: required ? false : null, reason: 'Encrypted', message };
}
