import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Cluster, type Namespace, startCluster } from './cluster.ts';
import type { AuditEvent, ControlPlaneOptions } from './control-plane/control-plane.ts';
import { type ControllerProcess, startControllerProcess } from './controller-process.ts';
import { installController, type InstalledController } from './installed-controller.ts';
import { parseScrape, type Series } from './scrape.ts';
import { createSources, type Sources } from './sources.ts';

/** A real control plane, a namespace in which the controller is installed as its manifest says, and sources under a root that it knows. */
export interface Stage {
  cluster: Cluster;
  namespace: Namespace;
  sources: Sources;
  installed: InstalledController;
  /** What the controller was given. */
  environment: Record<string, string>;
  /** The one that was started last. */
  controller: ControllerProcess;
  /** Starts a controller, and waits until it leads. */
  start(environment?: Record<string, string>): Promise<ControllerProcess>;
  /** Ends the controller as Kubernetes does, and starts another one. */
  restart(environment?: Record<string, string>): Promise<ControllerProcess>;
  /** The kubeconfig of the installed controller for a proxy before the API server. */
  kubeconfigThrough(proxy: { url: string; certificateAuthority: string }): Promise<string>;
  scrape(): Promise<Series[]>;
  /** What the API server has answered to the controller. */
  calls(): Promise<AuditEvent[]>;
  /** Ends everything; the controller must end well. */
  stop(): Promise<void>;
}

/** @throws Error that says so when KUBEBUILDER_ASSETS names no real control plane. */
export async function startStage(options: Omit<ControlPlaneOptions, 'kind'> = {}): Promise<Stage> {
  const cluster = await startCluster({ ...options, kind: 'real' });
  const namespace = await cluster.namespace();
  const sources = createSources();
  const roots = join(cluster.controlPlane.directory, 'roots.pem');
  await writeFile(roots, sources.rootPem);
  const installed = await installController(cluster, namespace.name);
  const environment = { KUBECONFIG: installed.kubeconfig, APPLE_ROOTS_FILE: roots };
  let current: ControllerProcess | undefined;

  function controller(): ControllerProcess {
    if (!current) throw new Error('no controller was started');
    return current;
  }

  async function start(more: Record<string, string> = {}): Promise<ControllerProcess> {
    current = startControllerProcess({ ...environment, ...more });
    await current.whenLogged('leader.elected');
    return current;
  }

  async function end(): Promise<void> {
    if (current?.process.exitCode !== null) return;
    assert.equal(await current.stop(), 0, current.text());
  }

  return {
    cluster,
    namespace,
    sources,
    installed,
    environment,
    get controller() {
      return controller();
    },
    start,
    async restart(more) {
      await end();
      return start(more);
    },
    kubeconfigThrough: ({ url: server, certificateAuthority }) =>
      cluster.controlPlane.kubeconfigFor({
        token: installed.token,
        namespace: namespace.name,
        server,
        certificateAuthority,
      }),
    scrape: async () => parseScrape((await controller().get('/metrics')).body),
    calls: async () =>
      (await cluster.controlPlane.auditEvents()).filter(({ user }) => user.username === installed.user),
    async stop() {
      try {
        await end();
      } finally {
        await cluster.stop();
      }
    },
  };
}
