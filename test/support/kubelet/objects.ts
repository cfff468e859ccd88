import type { KubernetesClient } from '../../../src/adapters/kubernetes/client.ts';
import { keyOf } from '../../../src/adapters/kubernetes/reflected-items.ts';
import { createReflector, type Reflector } from '../../../src/adapters/kubernetes/reflector.ts';
import { eventually } from '../wait.ts';
import type { Metadata, Pod } from './pod-object.ts';

/** A Secret or ConfigMap. */
export interface KeyedObject {
  metadata: Metadata;
  data: Record<string, Buffer>;
}

export interface Service {
  metadata: Metadata;
  spec: {
    type?: string;
    clusterIP?: string;
    externalName?: string;
    publishNotReadyAddresses?: boolean;
    selector?: Record<string, string>;
    ports?: { name?: string; port: number; targetPort?: number | string; protocol?: string }[];
  };
}

/** What the kubelet watches, of all namespaces. Keys are `namespace/name`. */
export interface Objects {
  pod(key: string): Pod | undefined;
  pods(): Pod[];
  /** Takes over the answer to a write of ours. */
  observePod(pod: Pod): void;
  keyed(kind: 'Secret' | 'ConfigMap', key: string): KeyedObject | undefined;
  services(): Service[];
  /** Calls back for each change from now on, and for every Pod that is there already. */
  listen(to: ObjectListeners): void;
  stop(): Promise<void>;
}

export interface ObjectListeners {
  onPod: (key: string) => void;
  /** A Secret, ConfigMap or Service of the namespace has changed. */
  onOther: (namespace: string) => void;
}

/** Watches Pods, Secrets, ConfigMaps and Services; resolves when all of them have been listed. */
export async function watchObjects(client: KubernetesClient): Promise<Objects> {
  const stopping = new AbortController();
  let listeners: ObjectListeners | undefined;
  const onOther = (key: string): void => listeners?.onOther(key.slice(0, key.indexOf('/')));
  const reflect = <T extends { metadata: Metadata }>(
    resource: string,
    decode: (object: unknown) => T,
    onChange = onOther,
  ): Reflector<T> => createReflector({ client, path: `/api/v1/${resource}`, pageSize: 500, decode, onChange });
  const pods = reflect(
    'pods',
    (object) => object as Pod,
    (key) => listeners?.onPod(key),
  );
  const secrets = reflect('secrets', decodeKeyed('base64'));
  const configMaps = reflect('configmaps', decodeKeyed('utf8'));
  const services = reflect('services', (object) => object as Service);
  const all = [secrets, configMaps, services, pods];
  const running = all.map((reflector) => reflector.run(stopping.signal));
  await eventually(() => all.every((reflector) => reflector.synced()), {
    describe: 'the kubelet to have listed Pods, Secrets, ConfigMaps and Services',
    deadlineSeconds: 30,
  });
  return {
    pod: (key) => pods.get(key),
    pods: () => [...pods.values()],
    observePod: (pod) => pods.observe(pod),
    keyed: (kind, key) => (kind === 'Secret' ? secrets : configMaps).get(key),
    services: () => [...services.values()],
    listen(to) {
      listeners = to;
      for (const { metadata } of pods.values()) to.onPod(keyOf(metadata));
    },
    async stop() {
      stopping.abort();
      await Promise.all(running);
    },
  };
}

function decodeKeyed(encoding: 'base64' | 'utf8'): (object: unknown) => KeyedObject {
  return (object) => {
    const { metadata, data, binaryData } = object as {
      metadata: Metadata;
      data?: Record<string, string>;
      binaryData?: Record<string, string>;
    };
    const decode = (map: Record<string, string> = {}, as = encoding): [string, Buffer][] =>
      Object.entries(map).map(([key, value]) => [key, Buffer.from(value, as)]);
    return { metadata, data: Object.fromEntries([...decode(data), ...decode(binaryData, 'base64')]) };
  };
}
