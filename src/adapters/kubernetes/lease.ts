import { hostname } from 'node:os';
import { performance } from 'node:perf_hooks';
import { randomUUID } from 'node:crypto';
import { isConflict, isNotFound } from './api-error.ts';
import { pause, type Random } from './backoff.ts';
import type { KubernetesClient } from './client.ts';
import { microTime } from './micro-time.ts';

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
  identity?: string;
  durations?: LeaseDurations;
  onElected(): void;
  onLost(): void;
  /** A renewal or a look at the lease got no answer in time. */
  onUnreachable(error: unknown): void;
  random?: Random;
}

export interface LeaderElection {
  /** Campaigns until the signal aborts, then gives the lease back so that another replica takes over at once. Never rejects. */
  run(signal: AbortSignal): Promise<void>;
  /** Milliseconds for which this process may still write; 0 or less when it may not. */
  remaining(): number;
}

interface LeaseSpec {
  holderIdentity?: string;
  leaseDurationSeconds?: number;
  acquireTime?: string;
  renewTime?: string;
  leaseTransitions?: number;
}

interface LeaseObject {
  apiVersion: 'coordination.k8s.io/v1';
  kind: 'Lease';
  metadata: { name: string; namespace: string; resourceVersion?: string; uid?: string };
  spec: LeaseSpec;
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
  const { client, namespace, name } = options;
  const identity = options.identity ?? `${hostname()}_${randomUUID()}`;
  const durations = options.durations ?? defaultDurations;
  const random = options.random ?? Math.random;
  const collection = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`;
  let held: LeaseObject | undefined;
  let renewedAt = Number.NEGATIVE_INFINITY;
  let leading = false;
  let observed: { version: string; at: number } | undefined;

  const remaining = (): number => (leading ? renewedAt + durations.renewDeadline - performance.now() : 0);

  function spec(previous: LeaseSpec | undefined): LeaseSpec {
    const now = microTime(new Date());
    const same = previous?.holderIdentity === identity;
    return {
      holderIdentity: identity,
      leaseDurationSeconds: Math.round(durations.lease / 1_000),
      acquireTime: same ? (previous.acquireTime ?? now) : now,
      renewTime: now,
      leaseTransitions: (previous?.leaseTransitions ?? 0) + (previous === undefined || same ? 0 : 1),
    };
  }

  async function put(lease: LeaseObject, newSpec: LeaseSpec): Promise<LeaseObject> {
    const body = { ...lease, spec: newSpec };
    return client.request<LeaseObject>({
      method: 'PUT',
      path: `${collection}/${name}`,
      body,
      timeoutMilliseconds: callTimeout,
    });
  }

  async function create(): Promise<LeaseObject> {
    const body: LeaseObject = {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name, namespace },
      spec: spec(undefined),
    };
    return client.request<LeaseObject>({ method: 'POST', path: collection, body, timeoutMilliseconds: callTimeout });
  }

  async function look(): Promise<LeaseObject | undefined> {
    try {
      return await client.request<LeaseObject>({
        method: 'GET',
        path: `${collection}/${name}`,
        timeoutMilliseconds: callTimeout,
      });
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  /** Whether nobody holds the lease: it was given back, or its holder has not renewed it while we watched. */
  function isFree(lease: LeaseObject): boolean {
    if (!lease.spec.holderIdentity || lease.spec.holderIdentity === identity) return true;
    const version = lease.metadata.resourceVersion ?? '';
    const now = performance.now();
    if (observed?.version !== version) observed = { version, at: now };
    const duration = (lease.spec.leaseDurationSeconds ?? durations.lease / 1_000) * 1_000;
    return now - observed.at >= duration;
  }

  async function acquireOrRenew(): Promise<void> {
    const started = performance.now();
    if (held) held = await put(held, spec(held.spec));
    else {
      const lease = await look();
      if (!lease) held = await create();
      else if (isFree(lease)) held = await put(lease, spec(lease.spec));
      else return deposed();
    }
    // From when the call began: the server may have taken it at any time since.
    renewedAt = started;
    if (!leading) {
      leading = true;
      options.onElected();
    }
  }

  /** Somebody else holds the lease: whatever we believed, we do not lead. */
  function deposed(): void {
    renewedAt = Number.NEGATIVE_INFINITY;
  }

  function stepDownIfDue(): void {
    if (!leading || remaining() > 0) return;
    leading = false;
    held = undefined;
    observed = undefined;
    options.onLost();
  }

  /** Whether the API server answered. */
  async function round(): Promise<boolean> {
    // A process that was stopped (SIGSTOP, a frozen machine) finds out here, before it renews, that others may have taken over.
    stepDownIfDue();
    try {
      await acquireOrRenew();
    } catch (error) {
      // Written since our last look, by another or by a call of ours whose answer was lost: look again.
      held = undefined;
      if (!isConflict(error)) {
        options.onUnreachable(error);
        stepDownIfDue();
        return false;
      }
    }
    stepDownIfDue();
    return held !== undefined || !leading;
  }

  async function release(): Promise<void> {
    if (!held || remaining() <= 0) return;
    leading = false;
    const given = { ...held.spec, holderIdentity: '', leaseDurationSeconds: 1, renewTime: microTime(new Date()) };
    try {
      await put(held, given);
    } catch (error) {
      options.onUnreachable(error);
    }
    held = undefined;
  }

  async function run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const period = (await round()) ? durations.retryPeriod : durations.retryPeriod / 4;
      await pause(period * (0.9 + random() * 0.2), signal);
    }
    await release();
  }

  return { run, remaining };
}
