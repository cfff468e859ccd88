import { isNotFound } from './api-error.ts';
import type { KubernetesClient } from './client.ts';
import { microTime } from './micro-time.ts';

/** coordination.k8s.io/v1 LeaseSpec. */
export interface LeaseSpec {
  /** Empty: given back. */
  holderIdentity?: string;
  leaseDurationSeconds?: number;
  acquireTime?: string;
  renewTime?: string;
  leaseTransitions?: number;
}

/** A Lease as the API server has it; what else is in its metadata is kept when it is written. */
export interface LeaseObject {
  apiVersion: 'coordination.k8s.io/v1';
  kind: 'Lease';
  metadata: { name: string; namespace: string; resourceVersion?: string };
  spec: LeaseSpec;
}

/** The calls on one Lease. Each is bounded by `timeoutMilliseconds()` at its begin; a write that is too late is refused with 409. */
export interface StoredLease {
  /** undefined: there is none. */
  look(): Promise<LeaseObject | undefined>;
  create(spec: LeaseSpec): Promise<LeaseObject>;
  put(lease: LeaseObject, spec: LeaseSpec): Promise<LeaseObject>;
}

export function createStoredLease(deps: {
  client: KubernetesClient;
  namespace: string;
  name: string;
  timeoutMilliseconds(): number;
}): StoredLease {
  const { client, namespace, name } = deps;
  const collection = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`;
  const path = `${collection}/${name}`;
  const bound = () => ({ timeoutMilliseconds: deps.timeoutMilliseconds() });

  async function look(): Promise<LeaseObject | undefined> {
    try {
      return await client.request<LeaseObject>({ method: 'GET', path, ...bound() });
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  function create(spec: LeaseSpec): Promise<LeaseObject> {
    const metadata = { name, namespace };
    const body: LeaseObject = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata, spec };
    return client.request({ method: 'POST', path: collection, body, ...bound() });
  }

  function put(lease: LeaseObject, spec: LeaseSpec): Promise<LeaseObject> {
    return client.request({ method: 'PUT', path, body: { ...lease, spec }, ...bound() });
  }

  return { look, create, put };
}

/** What a holder writes: the first time it counts a change of hands, afterwards only the instant moves on. */
export function heldBy(identity: string, durationMilliseconds: number, previous: LeaseSpec | undefined): LeaseSpec {
  const now = microTime(new Date());
  const same = previous?.holderIdentity === identity;
  return {
    holderIdentity: identity,
    leaseDurationSeconds: Math.max(1, Math.round(durationMilliseconds / 1_000)),
    acquireTime: same ? (previous.acquireTime ?? now) : now,
    renewTime: now,
    leaseTransitions: (previous?.leaseTransitions ?? 0) + (previous === undefined || same ? 0 : 1),
  };
}

/** What a holder writes when it goes: nobody has to wait. */
export function givenBack(previous: LeaseSpec): LeaseSpec {
  return { ...previous, holderIdentity: '', leaseDurationSeconds: 1, renewTime: microTime(new Date()) };
}
