import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Cluster, Namespace } from '../support/cluster.ts';
import { type ControllerProcess, startControllerProcess } from '../support/controller-process.ts';
import type { FaultProxy } from '../support/fault-proxy/fault-proxy.ts';
import { eventually } from '../support/wait.ts';

/** Users of the API server, one a replica, so that the audit log tells the replicas apart. */
export const users = ['first', 'second'] as const;
export type User = (typeof users)[number];

/** One of several controllers for the same namespace and Lease. */
export interface Replica extends ControllerProcess {
  /** Whether /metrics says that it leads. */
  leads(): Promise<boolean>;
  whenLeading(deadlineSeconds: number): Promise<void>;
}

export interface ReplicaOptions {
  user: User;
  namespace: Namespace;
  /** Between it and the API server; absent: none. */
  proxy?: FaultProxy;
  rootPem: string;
  environment?: Record<string, string>;
}

/** Lets the users do everything: what the shipped Role suffices for is another test's matter. */
export async function permitUsers({ client }: Cluster): Promise<void> {
  const rbac = 'rbac.authorization.k8s.io';
  const body = {
    apiVersion: `${rbac}/v1`,
    kind: 'ClusterRoleBinding',
    metadata: { name: 'replicas' },
    roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: 'cluster-admin' },
    subjects: users.map((name) => ({ apiGroup: rbac, kind: 'User', name })),
  };
  await client.request({ method: 'POST', path: `/apis/${rbac}/v1/clusterrolebindings`, body });
}

/** Starts a replica and waits until it is ready, leading or not. */
export async function startReplica(cluster: Cluster, options: ReplicaOptions): Promise<Replica> {
  const replica = await launchReplica(cluster, options);
  const ready = async (): Promise<boolean> => (await replica.get('/readyz')).status === 200;
  await eventually(ready, { describe: `${options.user} to be ready`, deadlineSeconds: 20 });
  return replica;
}

/** Starts a replica and waits for nothing. */
export async function launchReplica({ controlPlane }: Cluster, options: ReplicaOptions): Promise<Replica> {
  const { user, namespace, proxy, rootPem, environment } = options;
  const server = proxy && { server: proxy.url, certificateAuthority: proxy.certificateAuthority };
  const kubeconfig = await controlPlane.kubeconfigFor({ user, namespace: namespace.name, ...server });
  const roots = join(controlPlane.directory, 'roots.pem');
  await writeFile(roots, rootPem);
  const controller = startControllerProcess({ KUBECONFIG: kubeconfig, APPLE_ROOTS_FILE: roots, ...environment });
  const leads = async (): Promise<boolean> =>
    /^loyalty_controller_leader 1$/m.test((await controller.get('/metrics')).body);
  const whenLeading = (deadlineSeconds: number): Promise<void> =>
    eventually(() => leads().then((leading) => assert.ok(leading)), { describe: `${user} to lead`, deadlineSeconds });
  return { ...controller, leads, whenLeading };
}
