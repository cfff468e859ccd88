import { ageColumn, column } from './column.ts';
import { fieldAt, timestamp, withFields } from './kubernetes-object.ts';
import type { KubernetesObject } from './kubernetes-object.ts';
import { builtIn, collectionName } from './resource.ts';
import { list, object, string, anything } from './schema.ts';

/** Namespaces. */
export const namespaces = builtIn({
  group: '',
  version: 'v1',
  kind: 'Namespace',
  plural: 'namespaces',
  shortNames: ['ns'],
  namespaced: false,
  statusSubresource: true,
  nameForm: 'label',
  schema: object({
    spec: object({ finalizers: list(string) }),
    status: object({ phase: string, conditions: list(anything) }),
  }),
  columns: [column('Status', (namespace) => fieldAt(namespace, ['status', 'phase'])), ageColumn],
  selectableFields: { 'status.phase': (namespace) => String(fieldAt(namespace, ['status', 'phase'])) },
  rules: { prepare },
});

/** The collection that namespaces are in. */
export const namespaceCollection = collectionName(namespaces);

/** What every cluster has from its start. */
export const firstNamespaces = ['default', 'kube-node-lease', 'kube-public', 'kube-system'];

function prepare(namespace: KubernetesObject, old: KubernetesObject | undefined): KubernetesObject {
  const labels = { ...namespace.metadata.labels, 'kubernetes.io/metadata.name': namespace.metadata.name };
  return {
    ...namespace,
    metadata: { ...namespace.metadata, labels },
    spec: old?.['spec'] ?? { finalizers: ['kubernetes'] },
    status: old?.['status'] ?? { phase: 'Active' },
  };
}

/** The namespace as it is while its content goes. */
export function terminating(namespace: KubernetesObject, now: Date): KubernetesObject {
  const metadata = withFields(namespace.metadata, { deletionTimestamp: timestamp(now) });
  return { ...namespace, metadata, status: { phase: 'Terminating' } };
}
