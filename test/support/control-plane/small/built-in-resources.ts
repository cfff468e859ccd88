import { ageColumn, column } from './column.ts';
import { configMaps } from './config-maps.ts';
import { customResourceDefinitions } from './custom-resource-definitions.ts';
import { events } from './events.ts';
import { fieldAt, stringOf } from './kubernetes-object.ts';
import type { JsonObject, KubernetesObject } from './kubernetes-object.ts';
import { leases } from './leases.ts';
import { namespaces } from './namespaces.ts';
import { builtIn } from './resource.ts';
import type { ResourceDefinition } from './resource.ts';
import { anything, boolean, list, object, pointer, string } from './schema.ts';
import { secrets } from './secrets.ts';

const createdColumn = column('Created At', (each) => each.metadata.creationTimestamp, { type: 'date' });

const serviceAccounts = builtIn({
  group: '',
  version: 'v1',
  kind: 'ServiceAccount',
  plural: 'serviceaccounts',
  shortNames: ['sa'],
  schema: object({
    secrets: list(anything),
    imagePullSecrets: list(object({ name: string })),
    automountServiceAccountToken: pointer(boolean),
  }),
  columns: [ageColumn],
});

const rbac = { group: 'rbac.authorization.k8s.io', version: 'v1', nameForm: 'path', createOnUpdate: true } as const;

const rule = object(
  {
    verbs: list(string),
    apiGroups: list(string),
    resources: list(string),
    resourceNames: list(string),
    nonResourceURLs: list(string),
  },
  ['verbs'],
);
const rules = { rules: list(rule) };
const binding = object(
  {
    subjects: list(object({ kind: string, apiGroup: string, name: string, namespace: string }, ['kind', 'name'])),
    roleRef: object({ apiGroup: string, kind: string, name: string }),
  },
  ['roleRef'],
);

const roleColumn = column('Role', (each) => ['kind', 'name'].map((part) => fieldAt(each, ['roleRef', part])).join('/'));

function subjectsColumn(name: string, kind: string): ReturnType<typeof column> {
  const names = (each: KubernetesObject): string =>
    ((each['subjects'] ?? []) as JsonObject[])
      .filter((subject) => subject['kind'] === kind)
      .map((subject) => [subject['namespace'], subject['name']].map(stringOf).filter(Boolean).join('/'))
      .join(', ');
  return column(name, names, { priority: 1 });
}

const bindingColumns = [
  roleColumn,
  ageColumn,
  subjectsColumn('Users', 'User'),
  subjectsColumn('Groups', 'Group'),
  subjectsColumn('ServiceAccounts', 'ServiceAccount'),
];

const roles = builtIn({
  ...rbac,
  kind: 'Role',
  plural: 'roles',
  schema: object(rules, ['rules']),
  columns: [createdColumn],
});

const clusterRoles = builtIn({
  ...rbac,
  kind: 'ClusterRole',
  plural: 'clusterroles',
  namespaced: false,
  schema: object({ ...rules, aggregationRule: anything }, ['rules']),
  columns: [createdColumn],
});

const roleBindings = builtIn({
  ...rbac,
  kind: 'RoleBinding',
  plural: 'rolebindings',
  schema: binding,
  columns: bindingColumns,
});

const clusterRoleBindings = builtIn({
  ...rbac,
  kind: 'ClusterRoleBinding',
  plural: 'clusterrolebindings',
  namespaced: false,
  schema: binding,
  columns: bindingColumns,
});

/** Deployments are stored and nothing more: there is no controller that would make Pods of them. */
const deployments = builtIn({
  group: 'apps',
  version: 'v1',
  kind: 'Deployment',
  plural: 'deployments',
  shortNames: ['deploy'],
  categories: ['all'],
  statusSubresource: true,
  countsGenerations: true,
  schema: object({ spec: anything, status: anything }, ['spec', 'status']),
  columns: [
    column('Ready', (each) => `${count(each, 'status', 'readyReplicas')}/${count(each, 'spec', 'replicas')}`),
    column('Up-to-date', (each) => count(each, 'status', 'updatedReplicas')),
    column('Available', (each) => count(each, 'status', 'availableReplicas')),
    ageColumn,
  ],
});

function count(deployment: KubernetesObject, ...path: string[]): number {
  const found = fieldAt(deployment, path);
  return typeof found === 'number' ? found : path[0] === 'spec' ? 1 : 0;
}

/** Every kind that the server knows without a CustomResourceDefinition. */
export const builtInResources: ResourceDefinition[] = [
  configMaps,
  events,
  namespaces,
  secrets,
  serviceAccounts,
  deployments,
  leases,
  roles,
  roleBindings,
  clusterRoles,
  clusterRoleBindings,
  customResourceDefinitions,
];
