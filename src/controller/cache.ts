import type { KubernetesClient } from '../adapters/kubernetes/client.ts';
import { keyOf } from '../adapters/kubernetes/reflected-items.ts';
import { createReflector, type Reflector } from '../adapters/kubernetes/reflector.ts';
import type { RestartReason } from '../adapters/kubernetes/restart-reason.ts';
import {
  decodeSecretMeta,
  metadataOnly,
  revisionMetaOf,
  type SecretMeta,
  secretsPath,
} from '../adapters/kubernetes/secrets.ts';
import { decodeWalletCredential, walletCredentialsPath } from '../adapters/kubernetes/wallet-credentials.ts';
import type { RevisionMeta } from '../domain/credentials/promotion/observed.ts';
import { liveSecretName } from '../domain/credentials/promotion/decide.ts';
import type { WalletCredential } from '../domain/credentials/wallet-credential.ts';
import { createReferences } from './references.ts';

/** The watched collections of one namespace. */
export interface NamespaceCache {
  namespace: string;
  credentials: Reflector<WalletCredential>;
  secrets: Reflector<SecretMeta>;
  /** Revision Secrets of a WalletCredential by its key, ascending by number. */
  revisionsOf(key: string): RevisionMeta[];
  /** The highest number of a revision of a deleted WalletCredential of that name, which is about to be collected; 0: there is none. */
  takenRevision(key: string): number;
}

export interface CacheOptions {
  client: KubernetesClient;
  namespace: string;
  /** A WalletCredential may have to be looked at, because it or a Secret of its changed. */
  onChange(key: string): void;
  onRestart(resource: 'walletcredentials' | 'secrets', reason: RestartReason, error: unknown): void;
}

/** Objects a page of the list: whole WalletCredentials are some 4 KB each, metadata of Secrets less than 1 KB. */
const pageSizes = { credentials: 500, secrets: 1_000 };

/** Reflects WalletCredentials and the metadata of Secrets, and knows which Secret concerns which WalletCredential. */
export function createNamespaceCache(options: CacheOptions): NamespaceCache {
  const { client, namespace } = options;
  const onChange = (key: string): void => options.onChange(key);
  const references = createReferences();
  // By key of the WalletCredential that the label names: the keys of its Secrets.
  const labelled = new Map<string, Set<string>>();
  const labelOf = new Map<string, string>();

  function relabel(secret: string): void {
    const name = secrets.get(secret)?.ours?.credential;
    const now = name === undefined ? undefined : keyOf({ namespace, name });
    const before = labelOf.get(secret);
    if (before !== undefined && before !== now) {
      const others = labelled.get(before);
      others?.delete(secret);
      if (others?.size === 0) labelled.delete(before);
      labelOf.delete(secret);
      onChange(before);
    }
    if (now === undefined) return;
    labelOf.set(secret, now);
    labelled.set(now, (labelled.get(now) ?? new Set()).add(secret));
    onChange(now);
  }

  const credentials = createReflector<WalletCredential>({
    client,
    path: walletCredentialsPath(namespace),
    pageSize: pageSizes.credentials,
    decode: decodeWalletCredential,
    onRestart: (reason, error) => options.onRestart('walletcredentials', reason, error),
    onChange(key) {
      const resource = credentials.get(key);
      if (!resource) references.delete(key);
      else
        references.set(
          key,
          [resource.spec.secretRef.name, liveSecretName(resource)].map((name) => keyOf({ namespace, name })),
        );
      onChange(key);
    },
  });

  const secrets = createReflector<SecretMeta>({
    client,
    path: secretsPath(namespace),
    accept: metadataOnly,
    pageSize: pageSizes.secrets,
    decode: decodeSecretMeta,
    onRestart: (reason, error) => options.onRestart('secrets', reason, error),
    onChange(key) {
      for (const credential of references.of(key)) onChange(credential);
      relabel(key);
    },
  });

  function revisionsOf(key: string): RevisionMeta[] {
    const uid = credentials.get(key)?.metadata.uid;
    return labelledRevisions(key, (owner) => owner === undefined || owner === uid).sort(
      (left, right) => left.revision - right.revision,
    );
  }

  function takenRevision(key: string): number {
    const uid = credentials.get(key)?.metadata.uid;
    const others = labelledRevisions(key, (owner) => owner !== undefined && owner !== uid);
    return Math.max(0, ...others.map(({ revision }) => revision));
  }

  function labelledRevisions(key: string, isWanted: (ownerUid: string | undefined) => boolean): RevisionMeta[] {
    return [...(labelled.get(key) ?? [])].flatMap((name) => {
      const secret = secrets.get(name);
      const revision = secret && isWanted(secret.ours?.ownerUid) ? revisionMetaOf(secret) : undefined;
      return revision ? [revision] : [];
    });
  }

  return { namespace, credentials, secrets, revisionsOf, takenRevision };
}
