import assert from 'node:assert/strict';
import {
  credentialLabel,
  keyFirstSeenAnnotation,
  type WalletCredential,
} from '../../src/domain/credentials/wallet-credential.ts';
import { type Namespace, type Secret, textOf } from '../support/cluster.ts';

/** What a WalletCredential has come to, for comparison with another's: without names, uids, versions and instants of writing. */
export interface EndState {
  credential: unknown;
  secrets: unknown[];
  /** By object: changes with every write, so it tells whether anything moved between two looks at the same credential. */
  versions: Record<string, string>;
}

/**
 * Reads a WalletCredential with its Secrets.
 * @throws AssertionError while the status is not about the spec, the source and the live Secret as they are.
 */
export async function endStateOf(namespace: Namespace, name: string): Promise<EndState> {
  const credential = await namespace.credential(name);
  const secrets = await namespace.secrets();
  const ours = secrets.filter(({ metadata }) => metadata.labels?.[credentialLabel] === name);
  const bySecretName = new Map(secrets.map((secret) => [secret.metadata.name, secret]));
  assertSettled(credential, bySecretName);
  const versions = [credential, ...ours].map(({ metadata }): [string, string] => [
    metadata.name,
    metadata.resourceVersion,
  ]);
  return {
    credential: withoutName({ spec: credential.spec, status: masked(credential.status) }, name),
    secrets: ours.map((secret) => withoutName(contentOf(secret, credential.metadata.uid), name)),
    versions: Object.fromEntries(versions),
  };
}

function assertSettled({ metadata, spec, status }: WalletCredential, secrets: Map<string, Secret>): void {
  const live = secrets.get(status?.live?.secretName ?? '');
  assert.equal(status?.observedGeneration, metadata.generation, 'the status is not about this generation');
  assert.equal(status?.source?.resourceVersion, secrets.get(spec.secretRef.name)?.metadata.resourceVersion);
  assert.ok(live, 'no live Secret');
  assert.equal(status?.live?.resourceVersion, live.metadata.resourceVersion, 'the status is about another live Secret');
  const { keyFirstSeen } = JSON.parse(textOf(live, 'metadata.json')) as { keyFirstSeen: string };
  const revision = secrets.get(`${metadata.name}-rev-${status.live.revision}`);
  const firstSeen = [keyFirstSeen, revision?.metadata.annotations?.[keyFirstSeenAnnotation], status.key?.firstSeen];
  assert.equal(new Set(firstSeen).size, 1, `the key was first seen at ${firstSeen.join(', ')}`);
}

function contentOf({ metadata, data, immutable, type }: Secret, uid: string): unknown {
  const { annotations, labels, ownerReferences, name } = metadata;
  const owned = ownerReferences?.map((owner) => owner.uid === uid);
  return masked({ name, annotations, labels, owned, data: decoded(data), immutable, type });
}

function decoded(data: Record<string, string> = {}): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(data).map(([key, value]) => {
      const text = Buffer.from(value, 'base64').toString('utf8');
      return [key, key === 'metadata.json' ? JSON.parse(text) : text];
    }),
  );
}

const instants = new Set([
  'since',
  'lastTransitionTime',
  'firstSeen',
  'keyFirstSeen',
  keyFirstSeenAnnotation,
  'rotateBy',
  'resourceVersion',
]);

/** Instants of writing and versions differ between two runs; `createdAt` only on revisions, as Apple's is in the certificate. */
function masked(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, function (this: unknown, key: string, inner: unknown) {
      const ofRevision = key === 'createdAt' && typeof this === 'object' && this !== null && 'secretName' in this;
      if (key === 'message') return String(inner).replaceAll(/\d{4}-\d\d-\d\dT[\d:]+Z/g, '…');
      return instants.has(key) || ofRevision ? '…' : inner;
    }),
  ) as unknown;
}

function withoutName(value: unknown, name: string): unknown {
  return JSON.parse(JSON.stringify(value).replaceAll(name, 'NAME')) as unknown;
}
