import type { EventRecorder } from '../adapters/kubernetes/event-recorder.ts';
import { keyOf } from '../adapters/kubernetes/reflected-items.ts';
import { decide, type Plan } from '../domain/credentials/promotion/decide.ts';
import type { Note } from '../domain/credentials/promotion/notes.ts';
import type { WalletCredential } from '../domain/credentials/wallet-credential.ts';
import type { NamespaceCache } from './cache.ts';
import type { Gatherer } from './gather.ts';
import type { Verifier } from './verifier.ts';
import type { Writer } from './write.ts';

export interface ReconcileDeps {
  cacheOf(key: string): NamespaceCache | undefined;
  gatherer: Gatherer;
  writer: Writer;
  verifier: Verifier;
  events: Pick<EventRecorder, 'record'>;
  onNote(resource: WalletCredential, note: Note): void;
  onGone(key: string): void;
  now: () => Date;
}

/** A decision asks for the source, the live Secret and at most two revisions; asking on says that it never ends. */
const mostLooks = 8;

/** Gather → decide → write, for one WalletCredential. Level-based: it looks at what is, not at what happened. */
export function createReconcile(deps: ReconcileDeps): (key: string, signal: AbortSignal) => Promise<{ wakeAt?: Date }> {
  async function planFor(cache: NamespaceCache, resource: WalletCredential, signal: AbortSignal) {
    let observed = deps.gatherer.observe(cache, resource, deps.now());
    for (let looks = 0; looks < mostLooks; looks++) {
      const step = decide(observed);
      if ('plan' in step) return { observed, plan: step.plan };
      observed = await deps.gatherer.look(cache, observed, step, signal);
    }
    throw new Error(`the decision about ${keyOf(resource.metadata)} asks for ever more reads`);
  }

  function tell(resource: WalletCredential, plan: Plan): void {
    const { apiVersion, kind, metadata } = resource;
    const { namespace, name, uid, resourceVersion } = metadata;
    for (const note of plan.notes) {
      deps.onNote(resource, note);
      void deps.events.record({ apiVersion, kind, namespace, name, uid, resourceVersion }, note);
    }
  }

  return async function reconcile(key, signal) {
    const cache = deps.cacheOf(key);
    const resource = cache?.credentials.get(key);
    if (!cache || !resource || resource.metadata.deletionTimestamp !== undefined) {
      if (!resource) deps.onGone(key);
      return {};
    }
    const { observed, plan } = await planFor(cache, resource, signal);
    await deps.writer.carryOut(cache, resource, observed.live, plan, signal);
    tell(resource, plan);
    if (plan.verify) deps.verifier.begin(observed, plan.verify.fingerprint);
    return plan.wakeAt ? { wakeAt: plan.wakeAt } : {};
  };
}
