import type { Provider } from '../domain/credentials/wallet-credential.ts';
import type { AppleForm } from './apple-material.ts';
import { createAppleSource, type AppleSource } from './apple-source.ts';
import type { CertificateAuthority } from './certificate-authority.ts';
import { flawOf, isAppleFlaw, isGoogleFlaw, type FlawName } from './flaw-names.ts';
import { createGoogleSource } from './google-source.ts';
import { sourceSecret, walletCredential, type Manifest } from './manifests.ts';

export interface ExampleRequest {
  authority: CertificateAuthority;
  now: Date;
  namespace?: string | undefined;
  /** Of the WalletCredential; default: the provider. The source Secret is `<name>-wallet-source`. */
  name?: string | undefined;
  /** Default `pem`, or what the flaw needs. */
  form?: AppleForm | undefined;
  /** Leaves a provider to which it cannot happen alone. */
  flaw?: FlawName | undefined;
  passTypeIdentifier: string;
  teamIdentifier: string;
  issuerId: string;
  /** Days until the pass certificate ends. */
  validDays: number;
}

/** The source Secret and the WalletCredential of a provider. */
export interface ExampleManifests {
  secret: Manifest;
  credential: Manifest;
}

function describeCertificate({ signer }: AppleSource['material']): string {
  const attribute = (wanted: string): string => signer.subject.find(([type]) => type === wanted)?.[1] ?? '';
  const [from, until] = [signer.notBefore, signer.notAfter].map((date) => date.toISOString().slice(0, 10));
  return `${attribute('CN')}, team ${attribute('OU')}, valid from ${from} until ${until}.`;
}

function describeFlaw(provider: Provider, name: FlawName | undefined): string {
  const flaw = name === undefined ? undefined : flawOf(provider, name);
  return flaw ? `\nFlawed on purpose: ${flaw.description} (${flaw.reason}).` : '';
}

export function appleExample(request: ExampleRequest): ExampleManifests {
  const { flaw, name = 'apple', namespace, passTypeIdentifier, teamIdentifier } = request;
  const source = createAppleSource({ ...request, flaw: flaw !== undefined && isAppleFlaw(flaw) ? flaw : 'none' });
  const secretName = `${name}-wallet-source`;
  const comment = describeCertificate(source.material) + describeFlaw('apple', flaw);
  return {
    secret: sourceSecret({ name: secretName, namespace }, source.data, comment),
    credential: walletCredential({ name, namespace }, secretName, { apple: { passTypeIdentifier, teamIdentifier } }),
  };
}

export function googleExample(request: ExampleRequest): ExampleManifests {
  const { flaw, name = 'google', namespace, issuerId } = request;
  const { account, data } = createGoogleSource({ flaw: flaw !== undefined && isGoogleFlaw(flaw) ? flaw : 'none' });
  const secretName = `${name}-wallet-source`;
  const comment = `Service account ${account.client_email}, key ${account.private_key_id}.${describeFlaw('google', flaw)}`;
  return {
    secret: sourceSecret({ name: secretName, namespace }, data, comment),
    credential: walletCredential({ name, namespace }, secretName, { google: { issuerId } }),
  };
}
