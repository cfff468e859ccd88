import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createKubernetesClient } from '../../../src/adapters/kubernetes/client.ts';
import { loadKubeConfig } from '../../../src/adapters/kubernetes/kube-config.ts';
import { startWatchdog } from '../control-plane/watchdog.ts';
import { createAddresses } from './addresses.ts';
import { createBinding } from './binding.ts';
import { createEvents } from './events.ts';
import type { Image } from './images.ts';
import { startLogServer } from './log-server.ts';
import { keepLease, registerNode } from './node.ts';
import { createNodePods } from './node-pods.ts';
import { watchObjects } from './objects.ts';
import { requireNamespaces } from './requirements.ts';
import { createServices } from './services.ts';
import { createTokens } from './token.ts';

export { type Image, loyaltyImage, shellImage } from './images.ts';

export interface KubeletOptions {
  /** A real one. */
  controlPlane: { kind: string; kubeconfig: string; url: string };
  /** Image reference (whole, or without tag and digest) → what it stands for; any other is ErrImagePull. */
  images: Readonly<Record<string, Image>>;
  /** Hears every line of every container, as `NAMESPACE/POD CONTAINER: LINE`, and the kubelet's own troubles. */
  log?: (line: string) => void;
}

export interface Kubelet {
  nodeName: string;
  /** Where the Pods' volumes are on this machine; every process of a container has it in its mounts. */
  directory: string;
  /** @throws Error when the node does not run the Pod. */
  podIp(namespace: string, name: string): string;
  /** The address of 127/8 on which a Service's ports answer, for callers outside of Pods. */
  serviceIp(namespace: string, name: string): string;
  /**
   * Sends a signal to the first process of the Pod's containers that run, behind Kubernetes' back: SIGKILL with the reason
   * OOMKilled is what running out of memory looks like.
   * @throws Error when none runs.
   */
  killPod(namespace: string, name: string, signal: NodeJS.Signals, reason?: string): void;
  /** Kills every container; when it comes back, no process and no mount is left. The API server keeps the objects. */
  stop(): Promise<void>;
}

const nodeName = 'test-node';

/**
 * Starts the one node of a control plane: it schedules every Pod to itself and runs it as processes of this machine.
 * @throws Error when this machine does not allow that; the message says what it lacks.
 */
export async function startKubelet({ controlPlane, images, log = () => {} }: KubeletOptions): Promise<Kubelet> {
  if (controlPlane.kind !== 'real') {
    throw new Error('the test kubelet needs a real control plane: set KUBEBUILDER_ASSETS');
  }
  await requireNamespaces();
  const directory = await mkdtemp(join(tmpdir(), 'kubelet-'));
  const watchdog = startWatchdog({ remove: directory });
  const kubeConfig = await loadKubeConfig({ KUBECONFIG: controlPlane.kubeconfig });
  const client = createKubernetesClient(kubeConfig, { userAgent: 'test-kubelet' });
  const stopping = new AbortController();
  const addresses = createAddresses();
  const objects = await watchObjects(client);
  const services = createServices({ objects, addresses, onProblem: log });
  const pods = createNodePods({
    nodeName,
    bind: createBinding(client, nodeName, { signal: stopping.signal, onProblem: log }),
    client,
    objects,
    directory,
    images,
    watchdog,
    addresses,
    log,
    server: new URL(controlPlane.url),
    tokens: createTokens(client, () => new Date()),
    recordEvent: createEvents(client, nodeName),
    serviceIp: (service) => services.address(service),
  });
  const logServer = await startLogServer(pods.findLog);
  await registerNode(client, nodeName, logServer.port);
  const lease = keepLease(client, nodeName, stopping.signal);
  services.sync();
  objects.listen({
    onPod: (key) => pods.look(key),
    onOther(namespace) {
      services.sync();
      pods.refresh(namespace);
    },
  });

  async function end(): Promise<void> {
    stopping.abort();
    await pods.stop();
    services.stop();
    await Promise.all([logServer.stop(), objects.stop(), lease]);
    await client.close();
    await watchdog.release();
    await rm(directory, { recursive: true, force: true });
  }
  let ended: Promise<void> | undefined;

  return {
    nodeName,
    directory,
    podIp: (namespace, name) => pods.find(namespace, name).podIp,
    serviceIp(namespace, name) {
      const named = objects.services().filter(({ metadata }) => metadata.name === name);
      const service = named.find(({ metadata }) => metadata.namespace === namespace);
      const address = service && services.address(service);
      if (address === undefined) throw new Error(`there is no Service ${namespace}/${name} with an address`);
      return address;
    },
    killPod(namespace, name, signal, reason) {
      const containers = pods.find(namespace, name).containers();
      const running = containers.filter(({ status }) => status.state.running);
      if (running.length === 0) throw new Error(`no container of ${namespace}/${name} runs`);
      for (const container of running) container.kill(signal, reason);
    },
    stop: () => (ended ??= end()),
  };
}
