import assert from 'node:assert/strict';
import type { ApiRequest, KubernetesClient } from '../../../src/adapters/kubernetes/client.ts';
import {
  describePermission,
  missingPermissions,
  type Permission,
} from '../../../src/adapters/kubernetes/permissions.ts';
import { controllerPermissions } from '../../../src/controller/permissions.ts';

interface Rule {
  verbs: string[];
  apiGroups?: string[];
  resources?: string[];
  resourceNames?: string[];
}

/** An API server with these rules; what a webhook would grant beyond them, by description. */
function server(rules: Record<string, Rule[]>, webhook: string[] = []): { client: KubernetesClient; asked: string[] } {
  const asked: string[] = [];
  async function request<T>({ path, body }: ApiRequest): Promise<T> {
    const { spec } = body as { spec: { namespace: string; resourceAttributes: Permission } };
    if (path.endsWith('/selfsubjectrulesreviews'))
      return { status: { resourceRules: rules[spec.namespace] ?? [], incomplete: true } } as T;
    assert.ok(path.endsWith('/selfsubjectaccessreviews'));
    const described = describePermission(spec.resourceAttributes);
    asked.push(described);
    return { status: { allowed: webhook.includes(described) } } as T;
  }
  return { client: { request, stream: () => Promise.reject(new Error('not watched')), close: async () => {} }, asked };
}

const getSecrets: Permission = { group: '', resource: 'secrets', verb: 'get', namespace: 'a' };
const updateStatus: Permission = {
  group: 'loyalty.orion.dev',
  resource: 'walletcredentials',
  subresource: 'status',
  verb: 'update',
  namespace: 'a',
};
const updateLease: Permission = {
  group: 'coordination.k8s.io',
  resource: 'leases',
  verb: 'update',
  namespace: 'a',
  name: 'loyalty-controller',
};

const rows: [what: string, permission: Permission, rule: Rule, granted: boolean][] = [
  ['the same', getSecrets, { verbs: ['get'], apiGroups: [''], resources: ['secrets'] }, true],
  ['every verb', getSecrets, { verbs: ['*'], apiGroups: [''], resources: ['secrets'] }, true],
  ['everything', getSecrets, { verbs: ['*'], apiGroups: ['*'], resources: ['*'] }, true],
  ['another verb', getSecrets, { verbs: ['list'], apiGroups: [''], resources: ['secrets'] }, false],
  ['another resource', getSecrets, { verbs: ['get'], apiGroups: [''], resources: ['configmaps'] }, false],
  ['another group', getSecrets, { verbs: ['get'], apiGroups: ['apps'], resources: ['secrets'] }, false],
  [
    'one Secret by name only',
    getSecrets,
    { verbs: ['get'], apiGroups: [''], resources: ['secrets'], resourceNames: ['x'] },
    false,
  ],
  [
    'the resource without its subresource',
    updateStatus,
    { verbs: ['update'], apiGroups: ['loyalty.orion.dev'], resources: ['walletcredentials'] },
    false,
  ],
  [
    'the subresource',
    updateStatus,
    { verbs: ['update'], apiGroups: ['loyalty.orion.dev'], resources: ['walletcredentials/status'] },
    true,
  ],
  [
    'the Lease by name',
    updateLease,
    {
      verbs: ['update'],
      apiGroups: ['coordination.k8s.io'],
      resources: ['leases'],
      resourceNames: ['loyalty-controller'],
    },
    true,
  ],
  [
    'another Lease by name',
    updateLease,
    { verbs: ['update'], apiGroups: ['coordination.k8s.io'], resources: ['leases'], resourceNames: ['other'] },
    false,
  ],
  ['no resource at all', getSecrets, { verbs: ['get'] }, false],
];

describe('missing permissions', () => {
  for (const [what, permission, rule, granted] of rows) {
    it(`${granted ? 'none' : 'named'} when what is granted is ${what}`, async () => {
      const missing = await missingPermissions(server({ a: [rule] }).client, [permission]);
      assert.deepEqual(missing, granted ? [] : [permission]);
    });
  }

  it('asks for what the rules do not list: a webhook may grant it', async () => {
    const { client, asked } = server({ a: [] }, ['get secrets in namespace a']);
    assert.deepEqual(await missingPermissions(client, [getSecrets, updateStatus]), [updateStatus]);
    assert.deepEqual(asked, [
      'get secrets in namespace a',
      'update walletcredentials.loyalty.orion.dev/status in namespace a',
    ]);
  });

  it('does not take what is granted in one namespace for granted in another', async () => {
    const other = { ...getSecrets, namespace: 'b' };
    const { client } = server({ a: [{ verbs: ['get'], apiGroups: [''], resources: ['secrets'] }] });
    assert.deepEqual(await missingPermissions(client, [getSecrets, other]), [other]);
  });
});

describe('what the controller must be allowed to do', () => {
  it('is named as RBAC words it, in each watched namespace and for one Lease', () => {
    const needed = controllerPermissions(['a', 'b'], { namespace: 'home', name: 'loyalty-controller' });
    assert.deepEqual(needed.filter(({ namespace }) => namespace === 'a').map(describePermission), [
      'list walletcredentials.loyalty.orion.dev in namespace a',
      'watch walletcredentials.loyalty.orion.dev in namespace a',
      'update walletcredentials.loyalty.orion.dev/status in namespace a',
      ...['get', 'list', 'watch', 'create', 'update', 'delete'].map((verb) => `${verb} secrets in namespace a`),
      'create events in namespace a',
    ]);
    assert.deepEqual(needed.filter(({ namespace }) => namespace === 'home').map(describePermission), [
      'create leases.coordination.k8s.io in namespace home',
      'get leases.coordination.k8s.io loyalty-controller in namespace home',
      'update leases.coordination.k8s.io loyalty-controller in namespace home',
    ]);
  });

  it('needs no Lease without an election', () => {
    assert.ok(controllerPermissions(['a'], undefined).every(({ resource }) => resource !== 'leases'));
  });
});
