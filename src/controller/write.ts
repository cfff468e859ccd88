import { isAlreadyExists, isNotFound } from '../adapters/kubernetes/api-error.ts';
import type { ApiRequest, KubernetesClient } from '../adapters/kubernetes/client.ts';
import {
  decodeSecretMeta,
  liveSecret,
  revisionMetaOf,
  revisionSecret,
  secretsPath,
} from '../adapters/kubernetes/secrets.ts';
import { walletCredentialsPath } from '../adapters/kubernetes/wallet-credentials.ts';
import {
  liveSecretName,
  type LiveWrite,
  type Plan,
  type RevisionWrite,
} from '../domain/credentials/promotion/decide.ts';
import type { LiveMeta, RevisionMeta } from '../domain/credentials/promotion/observed.ts';
import { revisionSecretName } from '../domain/credentials/promotion/revisions.ts';
import type { WalletCredential, WalletCredentialStatus } from '../domain/credentials/wallet-credential.ts';
import type { NamespaceCache } from './cache.ts';

/** This process is not, or no longer, the one that may write. */
export class NotLeadingError extends Error {
  constructor() {
    super('not the leader any more: nothing was written');
    this.name = 'NotLeadingError';
  }
}

export interface Writer {
  /** Carries out a plan in its order; a crash between any two writes is made good by the next reconcile. Answers the status as written. */
  carryOut(
    cache: NamespaceCache,
    resource: WalletCredential,
    live: LiveMeta | undefined,
    plan: Plan,
    signal: AbortSignal,
  ): Promise<WalletCredential>;
}

interface WrittenSecret {
  metadata: { resourceVersion: string };
}

const callTimeout = 3_000;

/**
 * Plain optimistic concurrency: POST for what must be new, PUT with uid and resourceVersion for the rest. What a stale leader sends
 * is answered with 409, and what it would send after its lease ran out is not sent.
 */
export function createWriter(deps: { client: KubernetesClient; remaining: () => number }): Writer {
  async function send<T>(request: ApiRequest): Promise<T> {
    const remaining = Math.floor(deps.remaining());
    if (remaining <= 0) throw new NotLeadingError();
    return deps.client.request<T>({ ...request, timeoutMilliseconds: Math.min(callTimeout, remaining) });
  }

  async function createRevision(
    cache: NamespaceCache,
    resource: WalletCredential,
    revision: RevisionWrite,
    signal: AbortSignal,
  ): Promise<void> {
    const name = revisionSecretName(resource.metadata.name, revision.revision);
    const path = secretsPath(resource.metadata.namespace);
    const body = revisionSecret(resource, { ...revision, name });
    try {
      cache.secrets.observe(await send({ method: 'POST', path, body, signal }));
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
      await confirmRevision(cache, `${path}/${name}`, revision, error, signal);
    }
  }

  /** It exists: made by us before a crash, or a moment ago by another leader. Another content means another decision: look again. */
  async function confirmRevision(
    cache: NamespaceCache,
    path: string,
    revision: RevisionWrite,
    conflict: unknown,
    signal: AbortSignal,
  ): Promise<void> {
    const found = await send({ method: 'GET', path, signal });
    const kept = revisionMetaOf(decodeSecretMeta(found));
    if (!kept) throw new Error(`${path} exists and is not a revision of ours: delete it or rename it`);
    cache.secrets.observe(found);
    if (kept.fingerprint !== revision.fingerprint) throw conflict;
  }

  async function writeLive(
    cache: NamespaceCache,
    resource: WalletCredential,
    replaces: LiveMeta | undefined,
    write: LiveWrite,
    signal: AbortSignal,
  ): Promise<string> {
    const name = liveSecretName(resource);
    const collection = secretsPath(resource.metadata.namespace);
    const body = liveSecret(resource, { ...write, name, replaces });
    const written = replaces
      ? await send<WrittenSecret>({ method: 'PUT', path: `${collection}/${name}`, body, signal })
      : await send<WrittenSecret>({ method: 'POST', path: collection, body, signal });
    cache.secrets.observe(written);
    return written.metadata.resourceVersion;
  }

  async function prune(
    cache: NamespaceCache,
    namespace: string,
    revision: RevisionMeta,
    signal: AbortSignal,
  ): Promise<void> {
    const { secretName: name, uid, resourceVersion } = revision;
    const body = { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { uid, resourceVersion } };
    try {
      await send({ method: 'DELETE', path: `${secretsPath(namespace)}/${name}`, body, signal });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
    cache.secrets.forget(`${namespace}/${name}`, resourceVersion);
  }

  async function writeStatus(
    cache: NamespaceCache,
    resource: WalletCredential,
    status: WalletCredentialStatus,
    signal: AbortSignal,
  ): Promise<WalletCredential> {
    const { namespace, name } = resource.metadata;
    const path = `${walletCredentialsPath(namespace)}/${name}/status`;
    const body = { ...resource, status };
    const written = await send({ method: 'PUT', path, body, signal });
    cache.credentials.observe(written);
    return { ...resource, status };
  }

  async function carryOut(
    cache: NamespaceCache,
    resource: WalletCredential,
    live: LiveMeta | undefined,
    plan: Plan,
    signal: AbortSignal,
  ): Promise<WalletCredential> {
    if (plan.createRevision) await createRevision(cache, resource, plan.createRevision, signal);
    const version = plan.writeLive ? await writeLive(cache, resource, live, plan.writeLive, signal) : undefined;
    for (const revision of plan.prune) await prune(cache, resource.metadata.namespace, revision, signal);
    const status =
      version !== undefined && plan.status.live
        ? { ...plan.status, live: { ...plan.status.live, resourceVersion: version } }
        : plan.status;
    if (sameStatus(resource.status, status)) return resource;
    return writeStatus(cache, resource, status, signal);
  }

  return { carryOut };
}

/** Whatever order the server gives the fields in. */
function sameStatus(left: WalletCredentialStatus | undefined, right: WalletCredentialStatus): boolean {
  return left !== undefined && canonical(left) === canonical(right);
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([left], [right]) => (left < right ? -1 : 1)))
      : inner,
  );
}
