import { connect, createServer, type Server, type Socket } from 'node:net';
import type { Addresses } from './addresses.ts';
import type { Objects, Service } from './objects.ts';
import type { Pod } from './pod-object.ts';

/**
 * What kube-proxy does: every Service with a selector gets an address of 127/8 (its clusterIP of the API server leads nowhere
 * here), and a connection to one of its ports goes on to the target port of a ready Pod, in turn; without one it is reset.
 * kube-controller-manager cannot say which Pods these are: an EndpointSlice must not hold addresses of 127/8.
 */
export interface Services {
  /** Brings addresses and listeners to what the Services are now. */
  sync(): void;
  /** Undefined for a headless Service and for ExternalName. */
  address(service: Service): string | undefined;
  stop(): void;
}

interface Entry {
  service: Service;
  address: string;
  servers: Map<number, Server>;
}

export function createServices({
  objects,
  addresses,
  onProblem,
}: {
  objects: Objects;
  addresses: Addresses;
  onProblem: (problem: string) => void;
}): Services {
  const entries = new Map<string, Entry>();
  const sockets = new Set<Socket>();
  let turn = 0;

  function forward(client: Socket, uid: string, port: number): void {
    const service = entries.get(uid)?.service;
    const pods = service ? readyPods(service, objects.pods()) : [];
    const pod = pods[turn++ % Math.max(1, pods.length)];
    const target = service && pod && targetPort(service, port, pod);
    sockets.add(client);
    client.once('close', () => sockets.delete(client));
    client.once('error', () => client.destroy());
    if (!pod?.status?.podIP || target === undefined) return void client.resetAndDestroy();
    const upstream = connect({ host: pod.status.podIP, port: target, allowHalfOpen: true, noDelay: true });
    upstream.once('error', () => client.resetAndDestroy());
    client.once('close', () => upstream.destroy());
    client.pipe(upstream);
    upstream.pipe(client);
  }

  function listen(entry: Entry, port: number): void {
    const { uid, name, namespace } = entry.service.metadata;
    const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => forward(client, uid, port));
    server.once('error', (error) => onProblem(`Service ${namespace}/${name} cannot listen: ${error.message}`));
    server.listen({ host: entry.address, port });
    entry.servers.set(port, server);
  }

  function close(entry: Entry, keep: ReadonlySet<number> = new Set()): void {
    for (const [port, server] of entry.servers) {
      if (keep.has(port)) continue;
      server.close();
      entry.servers.delete(port);
    }
  }

  function sync(): void {
    const wanted = new Map(
      objects
        .services()
        .filter(isForwarded)
        .map((service) => [service.metadata.uid, service]),
    );
    for (const [uid, entry] of entries) {
      if (wanted.has(uid)) continue;
      close(entry);
      entries.delete(uid);
      addresses.release(entry.address);
    }
    for (const [uid, service] of wanted) {
      const entry = entries.get(uid) ?? { service, address: addresses.take(), servers: new Map<number, Server>() };
      entry.service = service;
      entries.set(uid, entry);
      const ports = new Set((service.spec.ports ?? []).map(({ port }) => port));
      close(entry, ports);
      for (const port of ports) if (!entry.servers.has(port)) listen(entry, port);
    }
  }

  return {
    sync,
    address: ({ metadata }) => entries.get(metadata.uid)?.address,
    stop() {
      for (const entry of entries.values()) close(entry);
      for (const socket of sockets) socket.destroy();
    },
  };
}

function isForwarded({ spec }: Service): boolean {
  return spec.type !== 'ExternalName' && spec.clusterIP !== 'None' && Object.keys(spec.selector ?? {}).length > 0;
}

/** The Pods that a Service leads to. */
export function readyPods(service: Service, pods: readonly Pod[]): Pod[] {
  const selector = Object.entries(service.spec.selector ?? {});
  return pods.filter(({ metadata, status }) => {
    if (metadata.namespace !== service.metadata.namespace || metadata.deletionTimestamp || !status?.podIP) return false;
    if (selector.length === 0 || selector.some(([key, value]) => metadata.labels?.[key] !== value)) return false;
    const ready = status.conditions?.some(({ type, status: holds }) => type === 'Ready' && holds === 'True');
    return ready === true || (service.spec.publishNotReadyAddresses === true && status.phase !== 'Failed');
  });
}

function targetPort(service: Service, port: number, pod: Pod): number | undefined {
  const target = service.spec.ports?.find((candidate) => candidate.port === port)?.targetPort ?? port;
  if (typeof target === 'number') return target;
  const ports = pod.spec.containers.flatMap((container) => container.ports ?? []);
  return ports.find(({ name }) => name === target)?.containerPort;
}
