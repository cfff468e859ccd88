import { hostname } from 'node:os';
import { performance } from 'node:perf_hooks';
import { randomUUID } from 'node:crypto';
import { isConflict } from './api-error.ts';
import { pause, type Random } from './backoff.ts';
import type { KubernetesClient } from './client.ts';
import { createStoredLease, givenBack, heldBy, type LeaseObject } from './lease-object.ts';

/** Milliseconds; the defaults are those of the Kubernetes components: 15 s, 10 s, 2 s. */
export interface LeaseDurations {
  /** Others wait for so long after the last renewal that they saw. */
  lease: number;
  /** The holder stops acting so long after its last renewal: well before others may start. */
  renewDeadline: number;
  retryPeriod: number;
}

export interface LeaderElectionOptions {
  client: KubernetesClient;
  namespace: string;
  name: string;
  /** Of this process among the candidates; default the host name and a random UUID. */
  identity?: string;
  durations?: LeaseDurations;
  onElected(): void;
  onLost(): void;
  /** A renewal or a look at the lease got no good answer: none at all, or a refusal. */
  onUnreachable(error: unknown): void;
  random?: Random;
}

export interface LeaderElection {
  /** Campaigns until the signal aborts, then gives the lease back so that another replica takes over at once. Never rejects. */
  run(signal: AbortSignal): Promise<void>;
  /** Milliseconds for which this process may still write; 0 or less when it may not. */
  remaining(): number;
}

export const defaultDurations: LeaseDurations = { lease: 15_000, renewDeadline: 10_000, retryPeriod: 2_000 };
const callTimeout = 3_000;

/** Everybody may write: for a single process without a Lease. */
export const alwaysLeading: Pick<LeaderElection, 'remaining'> = { remaining: () => Number.POSITIVE_INFINITY };

/**
 * Leader election by a Lease, as client-go does it: the holder renews with the resourceVersion of its last renewal, so that two
 * never both succeed; others take over when they have seen no renewal for the lease duration on their own monotonic clock.
 */
export function createLeaderElection(options: LeaderElectionOptions): LeaderElection {
  const identity = options.identity ?? `${hostname()}_${randomUUID()}`;
  const { lease: leaseDuration, renewDeadline, retryPeriod } = options.durations ?? defaultDurations;
  const random = options.random ?? Math.random;
  const { client, namespace, name } = options;
  const stored = createStoredLease({ client, namespace, name, timeoutMilliseconds: timeout });
  let held: LeaseObject | undefined;
  let renewedAt = Number.NEGATIVE_INFINITY;
  let leading = false;
  let observed: { version: string; at: number } | undefined;

  const remaining = (): number => (leading ? renewedAt + renewDeadline - performance.now() : 0);

  /** A call that outlasted our time to lead would hold up the stepping down. */
  function timeout(): number {
    return leading ? Math.max(1, Math.min(callTimeout, Math.floor(remaining()))) : callTimeout;
  }

  /** Milliseconds until nobody holds the lease any more, as far as we have watched it; 0 or less: it is free, or ours. */
  function untilFree({ spec, metadata }: LeaseObject): number {
    if (!spec.holderIdentity || spec.holderIdentity === identity) return 0;
    const version = metadata.resourceVersion ?? '';
    if (observed?.version !== version) observed = { version, at: performance.now() };
    return observed.at + (spec.leaseDurationSeconds ?? leaseDuration / 1_000) * 1_000 - performance.now();
  }

  /** Answers the milliseconds after which a lease that another holds is free. */
  async function acquireOrRenew(): Promise<number | undefined> {
    const started = performance.now();
    if (held) held = await stored.put(held, heldBy(identity, leaseDuration, held.spec));
    else {
      const lease = await stored.look();
      const wait = lease ? untilFree(lease) : 0;
      if (wait > 0) return wait;
      const spec = heldBy(identity, leaseDuration, lease?.spec);
      held = lease ? await stored.put(lease, spec) : await stored.create(spec);
    }
    // From when the call began: the server may have taken it at any time since.
    renewedAt = started;
    return undefined;
  }

  /** One look or write; answers the milliseconds until the next. */
  async function round(): Promise<number> {
    // A process that was stopped (SIGSTOP, a frozen machine) finds out here, before it renews, that others may have taken over.
    stepDownIfDue();
    let wait = retryPeriod * (0.75 + random() * 0.25);
    try {
      const others = await acquireOrRenew();
      if (others !== undefined) {
        // Whatever we believed, we do not lead.
        renewedAt = Number.NEGATIVE_INFINITY;
        // Looked at twice as often as it is renewed, since whoever gives it back is not there to say so.
        wait = Math.min(wait / 2, others);
      }
    } catch (error) {
      // After a conflict too: written since our last look, by another or by a call of ours whose answer was lost.
      held = undefined;
      if (!isConflict(error)) options.onUnreachable(error);
      if (leading || !isConflict(error)) wait /= 4;
    }
    stepDownIfDue();
    stepUpIfDue();
    return leading ? Math.min(wait, remaining()) : wait;
  }

  function stepDownIfDue(): void {
    if (!leading || remaining() > 0) return;
    leading = false;
    held = undefined;
    options.onLost();
  }

  function stepUpIfDue(): void {
    // Not when the answer came so late that others may have taken over since.
    if (leading || !held || renewedAt + renewDeadline <= performance.now()) return;
    leading = true;
    options.onElected();
  }

  async function release(): Promise<void> {
    if (remaining() <= 0) return;
    leading = false;
    try {
      // The answer to the last renewal was lost: it may have been taken.
      const lease = held ?? (await stored.look());
      if (lease?.spec.holderIdentity === identity) await stored.put(lease, givenBack(lease.spec));
    } catch (error) {
      if (!isConflict(error)) options.onUnreachable(error);
    }
    held = undefined;
  }

  async function run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) await pause(await round(), signal);
    await release();
  }

  return { run, remaining };
}
