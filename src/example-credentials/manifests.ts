import { Document } from 'yaml';
import { group, kind, version } from '../domain/credentials/wallet-credential.ts';
import { toSecretData, type SourceData } from './source-data.ts';

/** Where a resource goes; without a namespace it goes where kubectl is. */
export interface ResourceName {
  name: string;
  namespace: string | undefined;
}

/** One document of a YAML stream, with a comment on top. */
export interface Manifest {
  comment?: string;
  resource: Record<string, unknown>;
}

/**
 * A source Secret. Everything is in `data`, not `stringData`: kubectl never removes from `data` what left `stringData`, and
 * applying another form of a credential would leave both forms in the Secret.
 */
export function sourceSecret(metadata: ResourceName, data: SourceData, comment: string): Manifest {
  return {
    comment,
    resource: { apiVersion: 'v1', kind: 'Secret', metadata, type: 'Opaque', data: toSecretData(data) },
  };
}

export type ProviderSpec =
  { apple: { passTypeIdentifier: string; teamIdentifier: string } } | { google: { issuerId: string } };

/** A WalletCredential that says only what has no default. */
export function walletCredential(metadata: ResourceName, secretName: string, provider: ProviderSpec): Manifest {
  const spec = { secretRef: { name: secretName }, ...provider };
  return { resource: { apiVersion: `${group}/${version}`, kind, metadata, spec } };
}

/** A YAML stream for `kubectl apply -f -`, with a comment on top. */
export function toYamlStream(comment: string, manifests: readonly Manifest[]): string {
  const [first, ...rest] = manifests.map(toYamlDocument);
  return [`${asComment(comment)}---\n${first}`, ...rest].join('---\n');
}

function toYamlDocument({ comment, resource }: Manifest): string {
  const yaml = new Document(resource, { keepUndefined: false }).toString({ lineWidth: 0 });
  return comment === undefined ? yaml : asComment(comment) + yaml;
}

function asComment(text: string): string {
  return `${text.replaceAll(/^/gm, '# ')}\n`;
}
