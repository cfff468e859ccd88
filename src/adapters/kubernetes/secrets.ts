import { Redacted } from '../../domain/redacted.ts';
import type { LiveMeta, LiveMetadata, RevisionMeta } from '../../domain/credentials/promotion/observed.ts';
import { revisionSecretName } from '../../domain/credentials/promotion/revisions.ts';
import {
  credentialLabel,
  fingerprintAnnotation,
  group,
  keyFirstSeenAnnotation,
  keyIdAnnotation,
  kind,
  highestRevisionAnnotation,
  revisionAnnotation,
  roleLabel,
  version,
  type WalletCredential,
} from '../../domain/credentials/wallet-credential.ts';

/** Lists and watches of Secrets carry no data: only metadata is asked for (cert-manager#4722: 8 GB at 30,000 Secrets). */
export const metadataOnly = {
  list: 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1',
  watch: 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1',
};

export function secretsPath(namespace: string): string {
  return `/api/v1/namespaces/${namespace}/secrets`;
}

/** What is kept of every Secret; `ours` only where it carries our labels. */
export interface SecretMeta {
  metadata: { namespace: string; name: string; uid: string; resourceVersion: string };
  ours?: {
    credential: string;
    role: string;
    creationTimestamp: string;
    ownerUid?: string;
    revision?: number;
    fingerprint?: string;
    highestRevision?: number;
    keyId?: string;
    keyFirstSeen?: string;
  };
}

interface WireMetadata {
  namespace: string;
  name: string;
  uid: string;
  resourceVersion: string;
  creationTimestamp: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  ownerReferences?: { uid: string; kind: string }[];
}

/** Drops annotations (`last-applied-configuration` holds the whole Secret) and managedFields at once. */
export function decodeSecretMeta(object: unknown): SecretMeta {
  const wire = (object as { metadata: WireMetadata }).metadata;
  const { namespace, name, uid, resourceVersion } = wire;
  const metadata = { namespace, name, uid, resourceVersion };
  const credential = wire.labels?.[credentialLabel];
  return credential === undefined ? { metadata } : { metadata, ours: ourMarks(wire, credential) };
}

function ourMarks(wire: WireMetadata, credential: string): NonNullable<SecretMeta['ours']> {
  const annotations = wire.annotations ?? {};
  const ownerUid = wire.ownerReferences?.find((owner) => owner.kind === kind)?.uid;
  return withoutUndefined({
    credential,
    role: wire.labels?.[roleLabel] ?? '',
    creationTimestamp: wire.creationTimestamp,
    ownerUid,
    revision: wholeNumber(annotations[revisionAnnotation]),
    fingerprint: annotations[fingerprintAnnotation],
    // What a hand writes there must leave room for the numbers after it.
    highestRevision: wholeNumber(annotations[highestRevisionAnnotation], 2_000_000_000),
    keyId: annotations[keyIdAnnotation],
    keyFirstSeen: instant(annotations[keyFirstSeenAnnotation]),
  });
}

type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> };
type OptionalWhereUndefined<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & Partial<
  Defined<{ [K in keyof T as undefined extends T[K] ? K : never]: T[K] }>
>;

function withoutUndefined<T extends object>(values: T): OptionalWhereUndefined<T> {
  return Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== undefined),
  ) as OptionalWhereUndefined<T>;
}

/** An int32, as in the status. */
function wholeNumber(text: string | undefined, most = 2_147_483_647): number | undefined {
  const number = text !== undefined && /^[1-9]\d{0,9}$/.test(text) ? Number(text) : Number.NaN;
  return number <= most ? number : undefined;
}

/** RFC 3339 UTC with whole seconds, as we write it; anything else is a hand's. */
function instant(text: unknown): string | undefined {
  if (typeof text !== 'string' || !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(text)) return undefined;
  return Number.isNaN(Date.parse(text)) ? undefined : text;
}

export function liveMetaOf(secret: SecretMeta, resource: WalletCredential): LiveMeta {
  const { uid, resourceVersion } = secret.metadata;
  const ours = secret.ours?.credential === resource.metadata.name && secret.ours.role === 'live';
  const { ownerUid, revision, fingerprint, highestRevision } = secret.ours ?? {};
  return { uid, resourceVersion, ours, ...withoutUndefined({ ownerUid, revision, fingerprint, highestRevision }) };
}

/** A Secret with the labels of a revision; undefined where its marks are damaged. */
export function revisionMetaOf(secret: SecretMeta): RevisionMeta | undefined {
  const { ours, metadata } = secret;
  if (ours?.role !== 'revision' || ours.revision === undefined || ours.fingerprint === undefined) return undefined;
  const { revision, fingerprint, keyId, keyFirstSeen, creationTimestamp: createdAt } = ours;
  const { name: secretName, uid, resourceVersion } = metadata;
  // A copy under another name is not ours: two revisions of one number would not fit into the status.
  if (secretName !== revisionSecretName(ours.credential, revision)) return undefined;
  return {
    revision,
    fingerprint,
    secretName,
    uid,
    resourceVersion,
    createdAt,
    ...withoutUndefined({ keyId, keyFirstSeen }),
  };
}

/** A Secret as it is read: only what is used of it. */
export interface SecretData {
  resourceVersion: string;
  uid: string;
  data: Record<string, Uint8Array>;
}

export function decodeSecretData(object: unknown): SecretData {
  const { metadata, data } = object as { metadata: WireMetadata; data?: Record<string, string> };
  const decoded = Object.entries(data ?? {}).map(([key, value]): [string, Uint8Array] => [
    key,
    Buffer.from(value, 'base64'),
  ]);
  return { resourceVersion: metadata.resourceVersion, uid: metadata.uid, data: Object.fromEntries(decoded) };
}

export const metadataFile = 'metadata.json';

/** The files of a live or revision Secret, apart from its metadata.json. */
export function filesOf(secret: SecretData): Redacted<Record<string, string>> {
  const entries = Object.entries(secret.data).filter(([key]) => key !== metadataFile);
  return new Redacted(Object.fromEntries(entries.map(([key, value]) => [key, Buffer.from(value).toString('utf8')])));
}

export function liveMetadataOf(secret: SecretData): LiveMetadata | undefined {
  try {
    const parsed = JSON.parse(Buffer.from(secret.data[metadataFile] ?? []).toString('utf8')) as LiveMetadata;
    const sound = typeof parsed.revision === 'number' && typeof parsed.fingerprint === 'string';
    return sound && instant(parsed.keyFirstSeen) !== undefined ? parsed : undefined;
  } catch {
    return undefined;
  }
}

interface SecretBody {
  apiVersion: 'v1';
  kind: 'Secret';
  metadata: object;
  type: 'Opaque';
  immutable?: true;
  data: Record<string, string>;
}

function encode(files: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(files).map(([key, value]) => [key, Buffer.from(value).toString('base64')]));
}

/** No finalizer and no blockOwnerDeletion: nothing can hang, and no permission on finalizers is needed. */
function ownerReference({ metadata }: WalletCredential): object {
  return { apiVersion: `${group}/${version}`, kind, name: metadata.name, uid: metadata.uid, controller: true };
}

export function revisionSecret(
  resource: WalletCredential,
  revision: {
    name: string;
    revision: number;
    fingerprint: string;
    files: Redacted<Readonly<Record<string, string>>>;
    keyId: string | undefined;
    keyFirstSeen: string;
  },
): SecretBody {
  const annotations = {
    [revisionAnnotation]: String(revision.revision),
    [fingerprintAnnotation]: revision.fingerprint,
    [keyFirstSeenAnnotation]: revision.keyFirstSeen,
    ...(revision.keyId !== undefined && { [keyIdAnnotation]: revision.keyId }),
  };
  const { name, namespace } = { name: revision.name, namespace: resource.metadata.namespace };
  const labels = { [credentialLabel]: resource.metadata.name, [roleLabel]: 'revision' };
  const metadata = { name, namespace, labels, annotations, ownerReferences: [ownerReference(resource)] };
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata,
    type: 'Opaque',
    immutable: true,
    data: encode(revision.files.reveal()),
  };
}

export function liveSecret(
  resource: WalletCredential,
  live: {
    name: string;
    files: Redacted<Readonly<Record<string, string>>>;
    metadata: LiveMetadata;
    highestRevision: number;
    replaces: LiveMeta | undefined;
  },
): SecretBody {
  const { namespace } = resource.metadata;
  const metadata = {
    name: live.name,
    namespace,
    labels: { [credentialLabel]: resource.metadata.name, [roleLabel]: 'live' },
    annotations: {
      [revisionAnnotation]: String(live.metadata.revision),
      [fingerprintAnnotation]: live.metadata.fingerprint,
      [highestRevisionAnnotation]: String(live.highestRevision),
    },
    ...(resource.spec.live?.deletionPolicy === 'Delete' && { ownerReferences: [ownerReference(resource)] }),
    ...(live.replaces && { uid: live.replaces.uid, resourceVersion: live.replaces.resourceVersion }),
  };
  const files = { ...live.files.reveal(), [metadataFile]: `${JSON.stringify(live.metadata)}\n` };
  return { apiVersion: 'v1', kind: 'Secret', metadata, type: 'Opaque', data: encode(files) };
}
