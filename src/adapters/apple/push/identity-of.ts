import { Redacted } from '../../../domain/redacted.ts';
import type { Credential } from '../../../domain/credentials/verdict.ts';
import type { PushIdentity } from './identity.ts';

/** What pushes with a credential need of it; everything of one, never of two. */
export function pushIdentityOf({ files, fingerprint }: Pick<Credential, 'files' | 'fingerprint'>): PushIdentity {
  const content = files.reveal();
  const file = (name: string): string => {
    const text = content[name];
    if (text === undefined) throw new TypeError(`not an Apple credential: it has no ${name}`);
    return text;
  };
  return {
    certificate: file('signer.pem'),
    issuer: file('wwdr.pem'),
    key: new Redacted(file('signer.key')),
    topic: file('pass-type-identifier').trim(),
    fingerprint,
  };
}
