import { Redacted } from '../../redacted.ts';
import { earliest, type Finding, type Reading } from '../reading/finding.ts';
import { fingerprintOf } from './fingerprint.ts';
import { fieldOf, googleChecks, textOf, type GoogleCandidate } from './google-checks.ts';
import { readJson } from './google-json.ts';
import { readPrivateKeyFile } from '../reading/private-key-file.ts';
import type { PrivateKey, RsaPrivateKey } from '../reading/private-key.ts';
import { contentOf, missing, place, tooLarge, type SourceSecret } from '../reading/source-file.ts';
import type { CredentialTools } from '../reading/tools.ts';
import type { Credential, Verdict } from '../verdict.ts';
import type { GoogleSpec } from '../wallet-credential.ts';

export interface GoogleSourceInput {
  secret: SourceSecret;
  spec: GoogleSpec;
  tools: CredentialTools;
}

function refused(finding: Finding): Verdict {
  return { accepted: false, ...finding };
}

/** The verdict on the source of a Google credential. */
export function checkGoogleSource({ secret, spec, tools }: GoogleSourceInput): Verdict {
  const file = contentOf(secret, spec.key);
  if (!file) return refused(missing(secret, [spec.key], 'spec.google.key'));
  const excess = tooLarge(secret, [file]);
  if (excess) return refused(excess);
  const parsed = readJson(secret, file);
  if ('finding' in parsed) return refused(parsed.finding);
  const candidate = candidateOf(place(secret, file.key), parsed.value, tools);
  const findings = googleChecks.map((check) => check(candidate)).filter((finding) => finding !== undefined);
  // A key that is too expensive comes before a JSON of another kind, though it is found later.
  const finding = earliest(findings);
  if (finding) return refused(finding);
  const key = candidate.privateKey && 'value' in candidate.privateKey ? candidate.privateKey.value : undefined;
  if (key?.kind !== 'rsa') throw new Error('the checks passed without an RSA key');
  return { accepted: true, credential: credentialOf(spec, candidate.json, key), warnings: [] };
}

function candidateOf(where: string, json: unknown, tools: CredentialTools): GoogleCandidate {
  const text = textOf(json, 'private_key');
  return { where, json, privateKey: text === undefined ? undefined : readKey(where, text, tools) };
}

function readKey(where: string, text: string, tools: CredentialTools): Reading<PrivateKey> {
  return readPrivateKeyFile(
    {
      where: `private_key of ${where}`,
      bytes: Buffer.from(text),
      expected: 'the private key of the service account in PEM',
      advice: {},
      lineEndAdvice: String.raw`In JSON, each line break is written \n with one backslash: copy the file as it was downloaded.`,
    },
    tools.decryptPrivateKey,
  );
}

/** What a service-account file may hold, in Google's order; what else it holds is left out of the live Secret. */
const knownFields = [
  'type',
  'project_id',
  'private_key_id',
  'private_key',
  'client_email',
  'client_id',
  'auth_uri',
  'token_uri',
  'auth_provider_x509_cert_url',
  'client_x509_cert_url',
  'universe_domain',
  'quota_project_id',
] as const;

/** One form for one account: white space, the order of fields and the form of the key do not count. */
function canonicalFile(json: unknown, key: RsaPrivateKey): string {
  const fields = knownFields.flatMap((name) => {
    const value = name === 'private_key' ? key.pem : fieldOf(json, name);
    return typeof value === 'string' ? [[name, value] as const] : [];
  });
  return `${JSON.stringify(Object.fromEntries(fields), null, 2)}\n`;
}

function credentialOf(spec: GoogleSpec, json: unknown, key: RsaPrivateKey): Credential {
  const files = { 'google-wallet-sa.json': canonicalFile(json, key), 'issuer-id': spec.issuerId };
  const id = textOf(json, 'private_key_id');
  const clientEmail = textOf(json, 'client_email');
  return {
    provider: 'google',
    files: new Redacted(files),
    fingerprint: fingerprintOf(files),
    certificates: [],
    key: { ...(id === undefined ? {} : { id }), ...(clientEmail === undefined ? {} : { clientEmail }) },
  };
}
