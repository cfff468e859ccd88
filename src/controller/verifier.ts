import { fingerprintOf } from '../domain/credentials/checks/fingerprint.ts';
import type { KubernetesClient } from '../adapters/kubernetes/client.ts';
import { keyOf } from '../adapters/kubernetes/reflected-items.ts';
import { decodeSecretData, filesOf, type SecretData, secretsPath } from '../adapters/kubernetes/secrets.ts';
import type { CheckThread } from '../adapters/thread/check-thread.ts';
import { liveSecretName } from '../domain/credentials/promotion/decide.ts';
import type { Observed, Verification } from '../domain/credentials/promotion/observed.ts';
import type { Credential, OnlineVerdict } from '../domain/credentials/verdict.ts';
import { verificationOf } from '../domain/credentials/promotion/verification.ts';
import { type Provider, providerOf, type WalletCredential } from '../domain/credentials/wallet-credential.ts';
import { messageOf } from '../errors.ts';
import { createSlots, type Slots } from './slots.ts';

export interface Verifier {
  /** Answers of the provider so far, by fingerprint. */
  of(key: string): ReadonlyMap<string, Verification>;
  /** Begins to ask the provider about a credential, unless that is under way; `onAnswer` is called with the key when it has answered. */
  begin(observed: Observed, fingerprint: string): void;
  forget(key: string): void;
  /** Gives up what is under way. */
  stop(): void;
}

interface Deps {
  client: KubernetesClient;
  checks: CheckThread;
  /** Asks Google or Apple, according to the credential's provider. Never rejects for what a provider answers. */
  ask(credential: Credential, signal: AbortSignal): Promise<OnlineVerdict>;
  onAnswer(key: string, verification: Verification): void;
  now: () => Date;
}

/** So many credentials of a provider at a time: Google's quota is 20 calls a second, and one that hangs holds its place for 15 s. */
const concurrency = 8;

/** Asks providers beside the reconciles, and each beside the other, so that one that hangs holds up nothing else. */
export function createVerifier(deps: Deps): Verifier {
  const answers = new Map<string, Map<string, Verification>>();
  const underWay = new Map<string, string>();
  const slots: Record<Provider, Slots> = { google: createSlots(concurrency), apple: createSlots(concurrency) };
  let stopping = new AbortController();

  async function load(observed: Observed, fingerprint: string, signal: AbortSignal): Promise<Credential | undefined> {
    const { resource, source } = observed;
    if (source.state !== 'accepted' || source.fingerprint !== fingerprint)
      return loadLive(resource, fingerprint, signal);
    if (source.credential) return source.credential;
    const { name } = resource.spec.secretRef;
    const { data } = await read(resource.metadata.namespace, name, signal);
    const verdict = await deps.checks.check({ name, spec: resource.spec, data, now: deps.now() });
    return verdict.accepted && verdict.credential.fingerprint === fingerprint ? verdict.credential : undefined;
  }

  async function loadLive(
    resource: WalletCredential,
    fingerprint: string,
    signal: AbortSignal,
  ): Promise<Credential | undefined> {
    const files = filesOf(await read(resource.metadata.namespace, liveSecretName(resource), signal));
    if (fingerprintOf(files.reveal()) !== fingerprint) return undefined;
    return {
      provider: providerOf(resource.spec),
      files,
      fingerprint,
      certificates: resource.status?.certificates ?? [],
    };
  }

  async function read(namespace: string, name: string, signal: AbortSignal): Promise<SecretData> {
    return decodeSecretData(
      await deps.client.request({ method: 'GET', path: `${secretsPath(namespace)}/${name}`, signal }),
    );
  }

  async function verify(observed: Observed, fingerprint: string, signal: AbortSignal): Promise<void> {
    const key = keyOf(observed.resource.metadata);
    const credential = await load(observed, fingerprint, signal);
    // Replaced meanwhile: the reconcile that saw the change asks about the new one.
    if (!credential) return;
    const verdict = await deps.ask(credential, signal);
    const previous = answers.get(key)?.get(fingerprint) ?? observed.verifications.get(fingerprint);
    const verification = verificationOf(fingerprint, verdict, deps.now(), previous);
    const known = answers.get(key) ?? new Map<string, Verification>();
    answers.set(key, keepRecent(known.set(fingerprint, verification)));
    deps.onAnswer(key, verification);
  }

  function begin(observed: Observed, fingerprint: string): void {
    const key = keyOf(observed.resource.metadata);
    if (underWay.get(key) === fingerprint) return;
    underWay.set(key, fingerprint);
    const { signal } = stopping;
    const done = (): void => {
      if (underWay.get(key) === fingerprint) underWay.delete(key);
    };
    slots[providerOf(observed.resource.spec)](() => verify(observed, fingerprint, signal))
      .catch((error: unknown) => {
        if (signal.aborted) return;
        const unreachable: OnlineVerdict = {
          outcome: 'unreachable',
          message: `The provider could not be asked: ${messageOf(error)}.`,
        };
        const previous = answers.get(key)?.get(fingerprint);
        const verification = verificationOf(fingerprint, unreachable, deps.now(), previous);
        answers.set(
          key,
          keepRecent((answers.get(key) ?? new Map<string, Verification>()).set(fingerprint, verification)),
        );
        deps.onAnswer(key, verification);
      })
      .finally(done);
  }

  function stop(): void {
    stopping.abort(new Error('stopping'));
    stopping = new AbortController();
    underWay.clear();
  }

  return { of: (key) => answers.get(key) ?? none, begin, forget: (key) => void answers.delete(key), stop };
}

const none: ReadonlyMap<string, Verification> = new Map();

/** The live credential, the source's and one before: older answers are of no use. */
function keepRecent(known: Map<string, Verification>): Map<string, Verification> {
  return known.size <= 3 ? known : new Map([...known].slice(-3));
}
