import { startControlPlane } from '../control-plane.ts';
import type { ControlPlane } from '../control-plane.ts';
import { kubectl } from '../kubectl.ts';
import { cases as customResources } from './cases/custom-resources.ts';
import { cases as definitions } from './cases/definitions.ts';
import { cases as deletions } from './cases/deletions.ts';
import { cases as discovery } from './cases/discovery.ts';
import { cases as eventsAndLeases } from './cases/events-and-leases.ts';
import { cases as kubectlApply } from './cases/kubectl-apply.ts';
import { cases as kubectlCases } from './cases/kubectl.ts';
import { cases as lists } from './cases/lists.ts';
import { cases as patches } from './cases/patches.ts';
import { cases as representations } from './cases/representations.ts';
import { cases as restarts } from './cases/restarts.ts';
import { cases as secrets } from './cases/secrets.ts';
import { cases as watches } from './cases/watches.ts';
import { namespaceOf } from './conformance-case.ts';
import type { ConformanceCase } from './conformance-case.ts';
import { gadgetDefinition } from './gadget.ts';
import { HttpsClient } from './https-client.ts';
import { RecordedServer } from './recorded-server.ts';

/** The cases by group. Restarts come last, since they disturb what else goes on. */
export const groups: Record<string, ConformanceCase[]> = {
  secrets,
  'custom resources': customResources,
  definitions,
  lists,
  watches,
  representations,
  patches,
  deletions,
  'events and leases': eventsAndLeases,
  discovery,
  'kubectl apply': kubectlApply,
  kubectl: kubectlCases,
  restarts,
};

/** A control plane on which the cases can be run. */
export interface ConformanceServer {
  /** Runs a case in a namespace of its own; returns all answers in normal form. */
  run(group: string, conformanceCase: ConformanceCase): Promise<unknown[]>;
  stop(): Promise<void>;
}

/** Starts a control plane of that kind with the suite's own kind of object in it. */
export async function startConformanceServer(kind: 'real' | 'small'): Promise<ConformanceServer> {
  // Forgets old versions soon, so that the answers to those who ask for them can be had within seconds.
  const flags = kind === 'real' ? ['--etcd-compaction-interval=10s'] : [];
  const controlPlane = await startControlPlane({ kind, audit: false, apiServerFlags: flags });
  const client = new HttpsClient(controlPlane.url, controlPlane.certificateAuthority);
  await kubectl(controlPlane, ['apply', '-f', '-'], { input: JSON.stringify(gadgetDefinition) });
  await kubectl(controlPlane, ['wait', '--for=condition=Established', `crd/${gadgetDefinition.metadata.name}`]);
  return {
    run: (group, conformanceCase) => runCase(controlPlane, client, group, conformanceCase),
    stop: async () => {
      client.close();
      await controlPlane.stop();
    },
  };
}

async function runCase(
  controlPlane: ControlPlane,
  client: HttpsClient,
  group: string,
  { name, run }: ConformanceCase,
): Promise<unknown[]> {
  const namespace = namespaceOf(`${group} ${name}`);
  const server = new RecordedServer(controlPlane, client, namespace);
  try {
    await server.glance('/api/v1/namespaces', { method: 'POST', body: { metadata: { name: namespace } } });
    await run(server);
  } finally {
    server.close();
  }
  return server.transcript();
}
