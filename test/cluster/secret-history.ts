import assert from 'node:assert/strict';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { KubernetesClient } from '../../src/adapters/kubernetes/client.ts';
import { watchLines } from '../../src/adapters/kubernetes/watch-lines.ts';
import { fingerprintOf } from '../../src/domain/credentials/checks/fingerprint.ts';
import { fingerprintAnnotation, revisionAnnotation } from '../../src/domain/credentials/wallet-credential.ts';
import { type Namespace, type Secret, textOf } from '../support/cluster.ts';
import { eventually } from '../support/wait.ts';

/** Every version of every Secret of a namespace, as a client's watch sees it: what a pod may come to mount. */
export interface SecretHistory {
  /** A version that a hand of the test wrote: not the controller's to answer for. */
  writtenByHand(secret: Secret): void;
  /**
   * Asserts that no live Secret was ever absent after it was there, empty or mixed, that every live version was kept as a
   * revision before, and that no content was ever kept under two numbers.
   */
  check(): Promise<void>;
  stop(): void;
}

interface WatchEvent {
  type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK';
  object: Secret;
}

/** Live Secrets are those named `<credential>-live`. Opened before the first of them. */
export async function watchSecrets(client: KubernetesClient, namespace: Namespace): Promise<SecretHistory> {
  const events: WatchEvent[] = [];
  const byHand = new Set<string>();
  const ended = new AbortController();
  const path = `/api/v1/namespaces/${namespace.name}/secrets`;
  const query = { watch: true, timeoutSeconds: 3_600 };
  const stream = await client.stream({ path, query, signal: ended.signal });
  const reading = (async () => {
    for await (const line of watchLines(stream, () => {})) events.push(JSON.parse(line) as WatchEvent);
  })().catch((error: unknown) => assert.ok(ended.signal.aborted, String(error)));

  async function seenAll(): Promise<void> {
    const { metadata } = await namespace.putSecret('marker', { at: String(events.length) });
    const seen = (): boolean =>
      events.some(({ object }) => object.metadata.resourceVersion === metadata.resourceVersion);
    await eventually(seen, { describe: 'the watch on the Secrets to deliver everything' });
  }

  return {
    writtenByHand: ({ metadata }) => void byHand.add(metadata.resourceVersion),
    check: async () => {
      await Promise.race([seenAll(), reading]);
      assert.ok(events.length > 1, 'the watch on the Secrets has delivered nothing');
      assert.deepEqual(problemsOf(events, byHand), []);
    },
    stop: () => ended.abort(),
  };
}

function problemsOf(events: WatchEvent[], byHand: Set<string>): string[] {
  const numbers = new Map<string, string>();
  return events.flatMap(({ type, object }) => {
    const { name, resourceVersion } = object.metadata;
    const [, credential, role] = /^(.+)-(live|rev-\d+)$/.exec(name) ?? [];
    if (credential === undefined || byHand.has(resourceVersion)) return [];
    if (role === 'live') {
      const found = type === 'DELETED' ? ['is absent'] : liveProblems(object, numbers, credential);
      return found.map((problem) => `${name} at ${resourceVersion} ${problem}`);
    }
    return type === 'ADDED' ? revisionProblems(object, numbers, credential) : [];
  });
}

function liveProblems(live: Secret, numbers: Map<string, string>, credential: string): string[] {
  const { annotations = {} } = live.metadata;
  const { 'metadata.json': _, ...data } = live.data ?? {};
  if (Object.keys(data).length === 0) return ['is empty'];
  const fingerprint = fingerprintOf(texts(data));
  const metadata = JSON.parse(textOf(live, 'metadata.json')) as { revision: number; fingerprint: string };
  const number = annotations[revisionAnnotation];
  const checks: [boolean, string][] = [
    [annotations[fingerprintAnnotation] === fingerprint, 'has another fingerprint in its annotation than its content'],
    [metadata.fingerprint === fingerprint, 'has another fingerprint in metadata.json than its content'],
    [String(metadata.revision) === number, 'has another revision in metadata.json than in its annotation'],
    [keyFits(live), 'has a key that does not fit its certificate'],
    [numbers.get(`${credential} ${fingerprint}`) === number, 'was not kept as that revision before it was live'],
  ];
  return checks.filter(([good]) => !good).map(([, problem]) => problem);
}

function revisionProblems(revision: Secret, numbers: Map<string, string>, credential: string): string[] {
  const number = revision.metadata.annotations?.[revisionAnnotation] ?? '';
  const key = `${credential} ${fingerprintOf(texts(revision.data ?? {}))}`;
  const known = numbers.get(key);
  numbers.set(key, number);
  return known === undefined ? [] : [`${credential} has the same content as revision ${known} and ${number}`];
}

function keyFits(live: Secret): boolean {
  if (live.data?.['signer.pem'] === undefined) return true;
  const certificate = new X509Certificate(textOf(live, 'signer.pem'));
  return certificate.checkPrivateKey(createPrivateKey(textOf(live, 'signer.key')));
}

function texts(data: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString('utf8')]),
  );
}
