import { open } from 'node:fs/promises';
import { isIP } from 'node:net';
import type { Objects, Service } from './objects.ts';
import type { Pod } from './pod-object.ts';
import { readyPods } from './services.ts';

/** The names that a cluster's DNS knows, as a Pod's `/etc/hosts`: one line an address. */
export function hostsOf(
  pod: Pod,
  podIp: string,
  objects: Objects,
  address: (service: Service) => string | undefined,
): string {
  const { namespace, name } = pod.metadata;
  const services = objects.services().flatMap((service) => {
    const names = namesOf(service, namespace).join(' ');
    return addressesOf(service, objects, address).map((ip) => `${ip}\t${names}`);
  });
  const aliases = (pod.spec.hostAliases ?? []).map(({ ip, hostnames = [] }) => `${ip}\t${hostnames.join(' ')}`);
  const lines = ['127.0.0.1\tlocalhost', '::1\tip6-localhost', `${podIp}\t${pod.spec.hostname ?? name}`];
  return `# Kubernetes-managed hosts file.\n${[...lines, ...services, ...aliases].join('\n')}\n`;
}

function addressesOf(service: Service, objects: Objects, address: (service: Service) => string | undefined): string[] {
  const { metadata, spec } = service;
  if (metadata.namespace === 'default' && metadata.name === 'kubernetes') return ['127.0.0.1'];
  if (spec.type === 'ExternalName') return isIP(spec.externalName ?? '') ? [spec.externalName ?? ''] : [];
  if (spec.clusterIP === 'None') return readyPods(service, objects.pods()).map(({ status }) => status?.podIP ?? '');
  return [address(service) ?? []].flat();
}

function namesOf({ metadata: { name, namespace } }: Service, own: string): string[] {
  const full = [`${name}.${namespace}`, `${name}.${namespace}.svc`, `${name}.${namespace}.svc.cluster.local`];
  return namespace === own ? [name, ...full] : full;
}

/** Writes into the file, not a new one in its place: containers have it mounted. Readers never find it empty. */
export async function writeInPlace(path: string, content: string): Promise<void> {
  const file = await open(path, 'r+').catch(() => open(path, 'w+'));
  try {
    if ((await file.readFile('utf8')) === content) return;
    await file.write(content, 0);
    await file.truncate(Buffer.byteLength(content));
  } finally {
    await file.close();
  }
}
