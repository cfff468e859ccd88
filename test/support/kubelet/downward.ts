import type { Container, Pod, ResourceFieldReference } from './pod-object.ts';

/** Where the one node is: containers share this machine's network. */
export const hostAddress = '127.0.0.1';

/** The value of a `fieldRef`. @throws Error when the kubelet of these tests does not know the path. */
export function fieldValue(pod: Pod, podIp: string, fieldPath: string): string {
  const { metadata, spec } = pod;
  const [, map = '', key = ''] = /^metadata\.(labels|annotations)\['(.+)'\]$/.exec(fieldPath) ?? [];
  if (map !== '') return metadata[map as 'labels' | 'annotations']?.[key] ?? '';
  const values: Record<string, string | undefined> = {
    'metadata.name': metadata.name,
    'metadata.namespace': metadata.namespace,
    'metadata.uid': metadata.uid,
    'metadata.labels': asLines(metadata.labels),
    'metadata.annotations': asLines(metadata.annotations),
    'spec.nodeName': spec.nodeName ?? '',
    'spec.serviceAccountName': spec.serviceAccountName ?? 'default',
    'status.podIP': podIp,
    'status.podIPs': podIp,
    'status.hostIP': hostAddress,
    'status.hostIPs': hostAddress,
  };
  const value = values[fieldPath];
  if (value === undefined) throw new Error(`fieldPath ${fieldPath} is not supported`);
  return value;
}

/** As in the files of a downwardAPI volume: `key="value"`, sorted. */
function asLines(map: Record<string, string> = {}): string {
  const lines = Object.entries(map).map(([key, value]) => `${key}=${JSON.stringify(value)}`);
  return lines.toSorted().join('\n');
}

const suffixes: Record<string, number> = {
  '': 1,
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
};

/** A limit that is not set is what the node has: 2 CPUs, 8 GiB. */
const allocatable: Record<string, string> = { cpu: '2', memory: '8Gi', 'ephemeral-storage': '10Gi' };

/** The value of a `resourceFieldRef`, such as `limits.memory`, in units of its divisor and rounded up. */
export function resourceValue(pod: Pod, reference: ResourceFieldReference, own?: Container): string {
  const container = pod.spec.containers.find(({ name }) => name === reference.containerName) ?? own;
  const [list = '', ...rest] = reference.resource.split('.');
  const resource = rest.join('.');
  const set = container?.resources?.[list as 'limits' | 'requests']?.[resource];
  const value = quantity(set ?? (list === 'limits' ? (allocatable[resource] ?? '0') : '0'));
  const divisor = quantity(reference.divisor ?? '0') || 1;
  return String(Math.ceil(Number((value / divisor).toFixed(6))));
}

function quantity(text: string): number {
  const [, number = '', suffix = ''] = /^([\d.]+)([A-Za-z]*)$/.exec(text) ?? [];
  const factor = suffixes[suffix];
  if (number === '' || factor === undefined) throw new Error(`${text} is not a quantity`);
  return Number(number) * factor;
}
