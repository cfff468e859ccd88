import type { ConformanceCase } from '../conformance-case.ts';
import type { AnswerObject, RecordedServer } from '../recorded-server.ts';

type Json = Record<string, unknown>;

const aggregated = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';

/** Asks without writing the answer down: the real server serves far more. */
async function look(server: RecordedServer, path: string, accept = 'application/json'): Promise<Json> {
  return server.glance(path, { headers: { accept } });
}

/** The resources that both servers have, without what only the real one says of them. */
function known(resources: unknown): Json[] {
  const names = [
    'secrets',
    'configmaps',
    'events',
    'namespaces',
    'namespaces/status',
    'serviceaccounts',
    'leases',
    'roles',
  ];
  return (resources as Json[])
    .filter(({ name, resource }) => names.includes(String(name ?? resource)))
    .map(({ storageVersionHash: _hash, ...rest }) => rest)
    .sort((a, b) => String(a['name'] ?? a['resource']).localeCompare(String(b['name'] ?? b['resource'])));
}

export const cases: ConformanceCase[] = [
  {
    name: 'groups, versions and resources',
    run: async (server) => {
      server.note('/api', (await look(server, '/api'))['versions']);
      server.note('/api/v1', known((await look(server, '/api/v1'))['resources']));
      const groups = (await look(server, '/apis'))['groups'] as Json[];
      const wanted = [
        'apps',
        'coordination.k8s.io',
        'rbac.authorization.k8s.io',
        'apiextensions.k8s.io',
        'conformance.example.com',
      ];
      server.note(
        '/apis',
        wanted.map((name) => groups.find((group) => group['name'] === name)),
      );
      server.note('leases', known((await look(server, '/apis/coordination.k8s.io/v1'))['resources']));
      await server.request('200', 'GET', '/apis/coordination.k8s.io');
      const gadgets = (await look(server, '/apis/conformance.example.com/v1alpha1'))['resources'] as Json[];
      server.note(
        'gadgets',
        gadgets.map(({ storageVersionHash: _hash, verbs, ...rest }) => ({
          ...rest,
          verbs: (verbs as string[]).toSorted(),
        })),
      );
    },
  },
  {
    name: 'aggregated discovery',
    run: async (server) => {
      const core = (await look(server, '/api', aggregated))['items'] as { versions: { resources: Json[] }[] }[];
      const resources = core[0]?.versions[0]?.resources.map(
        ({ shortNames = [], categories = [], subresources = [], ...rest }) => ({
          ...rest,
          shortNames,
          categories,
          subresources: (subresources as Json[]).map((each) => each['subresource']).filter((name) => name === 'status'),
        }),
      );
      server.note('core', known(resources));
      const groups = (await look(server, '/apis', aggregated))['items'] as { metadata: Json; versions: Json[] }[];
      const own = groups.find((group) => group.metadata['name'] === 'conformance.example.com');
      server.note(
        'gadgets',
        (own?.versions ?? []).map(({ version, freshness }) => ({ version, freshness })),
      );
    },
  },
  {
    name: 'paths that lead nowhere, and methods that are not there',
    run: async (server) => {
      await server.request('404 NotFound', 'GET', server.core('nothings'));
      await server.request('404 NotFound', 'GET', `${server.core('nothings')}/a`);
      for (const path of [
        '/apis/none.example.com/v1/namespaces/default/nothings',
        '/nothing',
        '/apis/none.example.com',
      ]) {
        await server.request('404', 'GET', path);
      }
      await server.request('404', 'GET', '/apis/conformance.example.com/v9/gadgets');
      await server.request('404', 'GET', '/apis/conformance.example.com/v1alpha1/nothings');
      await server.request('405 MethodNotAllowed', 'POST', server.secrets('a'), { body: {} });
      await server.request('405 MethodNotAllowed', 'PUT', server.secrets(), { body: {} });
      await server.request('405 MethodNotAllowed', 'POST', '/api/v1/secrets', { body: {} });
    },
  },
  {
    name: 'health and version',
    run: async (server) => {
      for (const path of ['/healthz', '/livez', '/readyz', '/healthz/ping']) await server.request('200', 'GET', path);
      const { major } = (await look(server, '/version')) as { major: string };
      server.note('major version', major);
    },
  },
  {
    name: 'who may ask',
    run: async (server) => {
      await server.request('401 Unauthorized', 'GET', server.secrets(), { token: 'nobody' });
      await server.request('403 Forbidden', 'GET', server.secrets(), { token: null });
      await server.request('403 Forbidden', 'GET', server.secrets('a'), { token: null });
      await server.request('403 Forbidden', 'POST', server.gadgets(), { token: null, body: {} });
      await server.request('403 Forbidden', 'GET', '/apis', { token: null });
      await server.request('200', 'GET', '/readyz', { token: null });
    },
  },
  {
    name: 'what the admin may do',
    run: async (server) => {
      const access = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
      const resourceAttributes = { verb: 'get', resource: 'secrets', namespace: server.namespace };
      const { status } = await server.glance(access, {
        method: 'POST',
        body: { kind: 'SelfSubjectAccessReview', apiVersion: 'authorization.k8s.io/v1', spec: { resourceAttributes } },
      });
      server.note('allowed', (status as Json)['allowed']);
      await server.request('422 Invalid', 'POST', access, { body: { spec: {} } });
      const rules = await server.glance('/apis/authorization.k8s.io/v1/selfsubjectrulesreviews', {
        method: 'POST',
        body: { spec: { namespace: server.namespace } },
      });
      const { resourceRules } = rules['status'] as { resourceRules: Json[] };
      server.note(
        'everything',
        resourceRules.some((rule) => JSON.stringify(rule['verbs']) === '["*"]'),
      );
      const review: AnswerObject = await server.glance('/apis/authentication.k8s.io/v1/selfsubjectreviews', {
        method: 'POST',
        body: {},
      });
      server.note('who', ((review['status'] as Json)['userInfo'] as Json)['username']);
    },
  },
];
