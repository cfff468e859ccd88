import type { X509Certificate } from 'node:crypto';
import { checkAppleSource } from './apple-source.ts';
import { checkGoogleSource } from './google-source.ts';
import { cleaned } from '../reading/quote.ts';
import type { CredentialTools } from '../reading/tools.ts';
import type { Verdict } from '../verdict.ts';
import type { WalletCredentialSpec } from '../wallet-credential.ts';

export interface SourceInput {
  /** Of the source Secret, for messages. */
  name: string;
  spec: WalletCredentialSpec;
  /** Decoded data of the source Secret. */
  data: Readonly<Record<string, Uint8Array>>;
  now: Date;
  /** Roots under which a WWDR certificate is known; only a warning depends on them. */
  appleRoots: readonly X509Certificate[];
}

/**
 * The verdict on a source Secret: every check that can be made without asking the provider, in the binding order of
 * reasons.ts; the first that fails is the reason. Bad data is a reason and never an exception, whatever its bytes are.
 * SecretNotFound is for the caller, who looked for the Secret (secretNotFoundMessage).
 *
 * It does work that the writer of the Secret chooses, within limits.ts; the controller runs it in a thread of its own.
 */
export function checkSource(input: SourceInput, tools: CredentialTools): Verdict {
  const { spec, now, appleRoots: roots } = input;
  const secret = { name: input.name, data: input.data };
  if (spec.google) return checkGoogleSource({ secret, spec: spec.google, tools });
  if (spec.apple) return checkAppleSource({ secret, spec: spec.apple, tools, now, roots });
  // The CRD refuses such a resource.
  throw new Error('the spec has neither google nor apple');
}

/** The message of SecretNotFound, which the caller decides, because it looked for the Secret. */
export function secretNotFoundMessage(name: string): string {
  return `Secret ${cleaned(name)} does not exist; it must hold the credential. Create it in this namespace, or correct spec.secretRef.name.`;
}
