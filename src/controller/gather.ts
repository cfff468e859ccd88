import { Redacted } from '../domain/redacted.ts';
import { ApiError, isNotFound } from '../adapters/kubernetes/api-error.ts';
import type { KubernetesClient } from '../adapters/kubernetes/client.ts';
import { keyOf } from '../adapters/kubernetes/reflected-items.ts';
import {
  decodeSecretData,
  filesOf,
  liveMetadataOf,
  liveMetaOf,
  type SecretData,
  secretsPath,
} from '../adapters/kubernetes/secrets.ts';
import type { CheckThread } from '../adapters/thread/check-thread.ts';
import { secretNotFoundMessage } from '../domain/credentials/checks/check-source.ts';
import { liveSecretName } from '../domain/credentials/promotion/decide.ts';
import { fingerprintOf } from '../domain/credentials/checks/fingerprint.ts';
import type {
  LiveContent,
  Observed,
  RevisionContent,
  RevisionMeta,
  SourceView,
  Verification,
} from '../domain/credentials/promotion/observed.ts';
import type { Look } from '../domain/credentials/promotion/target.ts';
import type { Verdict } from '../domain/credentials/verdict.ts';
import { verificationFromStatus } from '../domain/credentials/promotion/verification.ts';
import type { WalletCredential, WalletCredentialSpec } from '../domain/credentials/wallet-credential.ts';
import type { NamespaceCache } from './cache.ts';

/** What was found out by reading, kept without key material so that looking again costs no call. */
interface Memory {
  uid: string;
  /** Name of the source Secret that the watch has shown. */
  seen?: string;
  source?: { specification: string; view: SourceView };
  revisions: Map<number, { specification: string; resourceVersion: string; content: RevisionContent }>;
}

export interface Gatherer {
  /** What is known without a call. */
  observe(cache: NamespaceCache, resource: WalletCredential, now: Date): Observed;
  /** Reads what the decision asked for. */
  look(cache: NamespaceCache, observed: Observed, look: Look, signal: AbortSignal): Promise<Observed>;
  forget(key: string): void;
}

interface Deps {
  client: KubernetesClient;
  checks: CheckThread;
  /** Answers of the provider in this process, by fingerprint. */
  verifications(key: string): ReadonlyMap<string, Verification>;
}

export function createGatherer(deps: Deps): Gatherer {
  const memories = new Map<string, Memory>();

  function memoryOf(resource: WalletCredential): Memory {
    const key = keyOf(resource.metadata);
    const known = memories.get(key);
    if (known?.uid === resource.metadata.uid) return known;
    const fresh: Memory = { uid: resource.metadata.uid, revisions: new Map() };
    memories.set(key, fresh);
    return fresh;
  }

  async function readSecret(namespace: string, name: string, signal: AbortSignal): Promise<SecretData | undefined> {
    try {
      return decodeSecretData(
        await deps.client.request({
          method: 'GET',
          path: `${secretsPath(namespace)}/${name}`,
          signal,
          timeoutMilliseconds: 3_000,
        }),
      );
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  function observe(cache: NamespaceCache, resource: WalletCredential, now: Date): Observed {
    const { namespace } = resource.metadata;
    const memory = memoryOf(resource);
    const live = cache.secrets.get(keyOf({ namespace, name: liveSecretName(resource) }));
    const revisions = cache.revisionsOf(keyOf(resource.metadata));
    return {
      now,
      resource,
      source: sourceView(cache, resource, memory, now),
      live: live && liveMetaOf(live, resource),
      revisions,
      takenRevision: cache.takenRevision(keyOf(resource.metadata)),
      revisionContents: rememberedRevisions(resource, memory, revisions),
      verifications: withStatus(deps.verifications(keyOf(resource.metadata)), resource),
    };
  }

  function look(cache: NamespaceCache, observed: Observed, wanted: Look, signal: AbortSignal): Promise<Observed> {
    switch (wanted.look) {
      case 'source':
        return lookAtSource(observed, signal);
      case 'live':
        return lookAtLive(cache, observed, signal);
      case 'revision':
        return lookAtRevision(cache, observed, wanted.revision, signal);
    }
  }

  async function lookAtSource(observed: Observed, signal: AbortSignal): Promise<Observed> {
    const { resource, now } = observed;
    deps.checks.warm();
    const { namespace } = resource.metadata;
    const secret = await readSecret(namespace, resource.spec.secretRef.name, signal);
    const specification = specificationOf(resource.spec);
    if (!secret) {
      const source = absent(resource);
      memoryOf(resource).source = { specification, view: source };
      return { ...observed, source };
    }
    const verdict = await deps.checks.check({
      name: resource.spec.secretRef.name,
      spec: resource.spec,
      data: secret.data,
      now,
    });
    const source = viewOf(secret.resourceVersion, verdict);
    memoryOf(resource).source = { specification, view: withoutCredential(source) };
    return { ...observed, source };
  }

  async function lookAtLive(cache: NamespaceCache, observed: Observed, signal: AbortSignal): Promise<Observed> {
    const { namespace } = observed.resource.metadata;
    const name = liveSecretName(observed.resource);
    const secret = await readSecret(namespace, name, signal);
    if (!secret) {
      // Deleted since: as the watch is about to say.
      const { live } = observed;
      if (live) cache.secrets.forget(keyOf({ namespace, name }), live.resourceVersion);
      const { liveContent: _, ...rest } = observed;
      return { ...rest, live: undefined };
    }
    if (secret.resourceVersion !== observed.live?.resourceVersion) throw movedOn(name);
    const files = filesOf(secret);
    const content: LiveContent = {
      resourceVersion: secret.resourceVersion,
      fingerprint: fingerprintOf(files.reveal()),
      metadata: liveMetadataOf(secret),
      files,
    };
    return { ...observed, liveContent: content };
  }

  async function lookAtRevision(
    cache: NamespaceCache,
    observed: Observed,
    revision: RevisionMeta,
    signal: AbortSignal,
  ): Promise<Observed> {
    const { resource, now } = observed;
    const secret = await readSecret(resource.metadata.namespace, revision.secretName, signal);
    if (!secret) {
      cache.secrets.forget(
        keyOf({ namespace: resource.metadata.namespace, name: revision.secretName }),
        revision.resourceVersion,
      );
      return { ...observed, revisions: observed.revisions.filter((kept) => kept !== revision) };
    }
    const content = await readRevision(secret, revision, resource.spec, now);
    memoryOf(resource).revisions.set(revision.revision, {
      specification: specificationOf(resource.spec),
      resourceVersion: revision.resourceVersion,
      content: withoutFiles(content),
    });
    return { ...observed, revisionContents: new Map(observed.revisionContents).set(revision.revision, content) };
  }

  async function readRevision(
    secret: SecretData,
    revision: RevisionMeta,
    spec: WalletCredentialSpec,
    now: Date,
  ): Promise<RevisionContent> {
    const files = filesOf(secret);
    const input = { name: revision.secretName, spec: asPromoted(spec), data: secret.data };
    const verdict = await deps.checks.check({ ...input, now });
    const verdictWhenMade = verdict.accepted
      ? verdict
      : await deps.checks.check({ ...input, now: new Date(revision.createdAt) });
    return { fingerprint: fingerprintOf(files.reveal()), files, verdict, verdictWhenMade };
  }

  return { observe, look, forget: (key) => void memories.delete(key) };
}

/** The Secret changed between the watch and the read: what was decided so far is about an older state, as with a conflict. */
function movedOn(name: string): ApiError {
  return new ApiError(`GET secret ${name}`, 409, { reason: 'Conflict', message: 'it changed while it was looked at' });
}

/** The part of the spec that the checks read. */
function specificationOf(spec: WalletCredentialSpec): string {
  return JSON.stringify([spec.apple, spec.google]);
}

/** A revision holds its credential under the data keys of a live Secret, whatever those of the source are. */
function asPromoted(spec: WalletCredentialSpec): WalletCredentialSpec {
  if (spec.google) return { ...spec, google: { ...spec.google, key: 'google-wallet-sa.json' } };
  const keys = {
    wwdr: 'wwdr.pem',
    signerCertificate: 'signer.pem',
    signerKey: 'signer.key',
    passphrase: 'passphrase',
    pkcs12: 'signer.p12',
  };
  return spec.apple ? { ...spec, apple: { ...spec.apple, keys } } : spec;
}

function absent(resource: WalletCredential): SourceView {
  return { state: 'absent', message: secretNotFoundMessage(resource.spec.secretRef.name) };
}

function sourceView(cache: NamespaceCache, resource: WalletCredential, memory: Memory, now: Date): SourceView {
  const { namespace } = resource.metadata;
  const secret = cache.secrets.get(keyOf({ namespace, name: resource.spec.secretRef.name }));
  if (!secret) return isKnownAbsent(resource, memory) ? absent(resource) : { state: 'unread', resourceVersion: '' };
  memory.seen = resource.spec.secretRef.name;
  const { resourceVersion } = secret.metadata;
  const known =
    memory.source?.specification === specificationOf(resource.spec) ? memory.source.view : viewFromStatus(resource);
  const current = known && 'resourceVersion' in known && known.resourceVersion === resourceVersion ? known : undefined;
  const retry = current?.state === 'rejected' && current.retryAt !== undefined && new Date(current.retryAt) <= now;
  return current && !retry ? current : { state: 'unread', resourceVersion };
}

/**
 * Whether it is known that the source is not there: it was seen and went, a read did not find it, or the status says so. Otherwise it may be
 * that the watch of Secrets lags behind that of WalletCredentials, and both were applied at once: without a read, a good source would
 * begin with an Event that it is missing.
 */
function isKnownAbsent({ spec, status, metadata }: WalletCredential, memory: Memory): boolean {
  if (memory.seen === spec.secretRef.name) return true;
  if (memory.source) return memory.source.view.state === 'absent';
  return status?.source !== undefined && status.observedGeneration === metadata.generation;
}

/** What the status says of the source: trusted after a restart when it is live, so that a restart reads no Secret. */
function viewFromStatus(resource: WalletCredential): SourceView | undefined {
  const { status, metadata } = resource;
  const source = status?.source;
  if (!source?.accepted || source.resourceVersion === undefined || source.fingerprint === undefined) return undefined;
  if (status?.observedGeneration !== metadata.generation || status.live?.fingerprint !== source.fingerprint)
    return undefined;
  const root = status.conditions?.find((condition) => condition.reason === 'UnknownRoot');
  const warnings = root ? [{ reason: 'UnknownRoot' as const, message: root.message }] : [];
  return { state: 'accepted', resourceVersion: source.resourceVersion, fingerprint: source.fingerprint, warnings };
}

function viewOf(resourceVersion: string, verdict: Verdict): SourceView {
  if (!verdict.accepted) {
    const { reason, message, retryAt } = verdict;
    return { state: 'rejected', resourceVersion, reason, message, ...(retryAt !== undefined && { retryAt }) };
  }
  const { credential, warnings } = verdict;
  return { state: 'accepted', resourceVersion, fingerprint: credential.fingerprint, warnings, credential };
}

function withoutCredential(view: SourceView): SourceView {
  if (view.state !== 'accepted') return view;
  const { credential: _, ...rest } = view;
  return rest;
}

function withoutFiles({ fingerprint, verdict, verdictWhenMade }: RevisionContent): RevisionContent {
  return { fingerprint, verdict: withoutKey(verdict), verdictWhenMade: withoutKey(verdictWhenMade) };
}

function withoutKey(verdict: Verdict): Verdict {
  return verdict.accepted ? { ...verdict, credential: { ...verdict.credential, files: new Redacted({}) } } : verdict;
}

function rememberedRevisions(
  resource: WalletCredential,
  memory: Memory,
  revisions: readonly RevisionMeta[],
): Map<number, RevisionContent> {
  const specification = specificationOf(resource.spec);
  const valid = [...memory.revisions].filter(([number, known]) => {
    const kept = revisions.find((revision) => revision.revision === number);
    return known.specification === specification && known.resourceVersion === kept?.resourceVersion;
  });
  return new Map(valid.map(([number, known]) => [number, known.content]));
}

function withStatus(
  verifications: ReadonlyMap<string, Verification>,
  resource: WalletCredential,
): ReadonlyMap<string, Verification> {
  const known = verificationFromStatus(resource.status);
  if (!known || verifications.has(known.fingerprint)) return verifications;
  return new Map(verifications).set(known.fingerprint, known);
}
