import type { ConformanceCase } from '../conformance-case.ts';
import { gadget } from '../gadget.ts';

const small = gadget('a', { size: 'small' });

export const cases: ConformanceCase[] = [
  {
    name: 'apply creates, leaves alone, changes and removes',
    run: async (server) => {
      await server.kubectl(0, ['apply', '-f', '-'], small);
      await server.kubectl(0, ['apply', '-f', '-'], small);
      await server.kubectl(0, ['apply', '-f', '-'], gadget('a', { size: 'large', tags: ['x'], note: 'hello' }));
      await server.kubectl(0, ['diff', '-f', '-'], gadget('a', { size: 'large', tags: ['x'], note: 'hello' }));
      await server.kubectl(0, ['apply', '-f', '-'], gadget('a', { size: 'large' }));
      await server.request('200', 'GET', server.gadgets('a'));
    },
  },
  {
    name: 'apply of built-in kinds',
    run: async (server) => {
      const metadata = { name: 'a', labels: { a: 'b' } };
      const secret = { apiVersion: 'v1', kind: 'Secret', metadata };
      const configMap = { apiVersion: 'v1', kind: 'ConfigMap', metadata };
      const all = (data: object): object => ({
        apiVersion: 'v1',
        kind: 'List',
        items: [
          { ...secret, stringData: data },
          { ...configMap, data },
        ],
      });
      await server.kubectl(0, ['apply', '-f', '-'], all({ x: '1', y: '2' }));
      await server.kubectl(0, ['apply', '-f', '-'], all({ x: '1', y: '2' }));
      await server.kubectl(0, ['apply', '-f', '-'], all({ x: '1', z: '3' }));
      await server.request('200', 'GET', server.core('configmaps', 'a'));
      await server.request('200', 'GET', server.secrets('a'));
    },
  },
  {
    name: 'apply of the manifests that a controller comes with, twice',
    run: async (server) => {
      const { namespace } = server;
      const labels = { app: 'x' };
      const container = {
        name: 'controller',
        image: 'example.com/controller:1',
        args: ['controller'],
        ports: [{ name: 'http', containerPort: 8080 }],
      };
      const items = [
        {
          apiVersion: 'v1',
          kind: 'ServiceAccount',
          metadata: { name: 'x', namespace },
          automountServiceAccountToken: false,
        },
        {
          apiVersion: 'rbac.authorization.k8s.io/v1',
          kind: 'Role',
          metadata: { name: 'x', namespace },
          rules: [{ apiGroups: [''], resources: ['secrets'], verbs: ['get', 'list'] }],
        },
        {
          apiVersion: 'rbac.authorization.k8s.io/v1',
          kind: 'RoleBinding',
          metadata: { name: 'x', namespace },
          roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'x' },
          subjects: [{ kind: 'ServiceAccount', name: 'x', namespace }],
        },
        {
          apiVersion: 'apps/v1',
          kind: 'Deployment',
          metadata: { name: 'x', namespace },
          spec: {
            replicas: 2,
            selector: { matchLabels: labels },
            template: { metadata: { labels }, spec: { containers: [container] } },
          },
        },
      ];
      for (let round = 0; round < 2; round += 1) {
        await server.kubectl(0, ['apply', '-f', '-'], { apiVersion: 'v1', kind: 'List', items });
      }
      await server.kubectl(0, ['get', 'serviceaccount/x', 'role/x', 'rolebinding/x', '-o', 'name']);
      await server.kubectl(0, ['get', 'rolebinding', '-o', 'wide']);
      await server.kubectl(0, ['delete', 'deployment', 'x', '--wait=false']);
    },
  },
  {
    name: 'what apply refuses',
    run: async (server) => {
      await server.kubectl(1, ['apply', '-f', '-'], gadget('a', { size: 'huge' }));
      await server.kubectl(1, ['apply', '-f', '-'], gadget('a', { size: 'small', sise: 'small' }));
      await server.kubectl(1, ['apply', '-f', '-'], { ...small, apiVersion: 'conformance.example.com/v9' });
      await server.kubectl(1, ['apply', '-f', '-'], { ...small, kind: 'Nothing' });
      await server.kubectl(0, ['apply', '--validate=false', '-f', '-'], gadget('a', { size: 'small', sise: 'small' }));
      await server.kubectl(1, ['create', '-f', '-'], small);
      await server.kubectl(0, ['apply', '--dry-run=server', '-f', '-'], gadget('b', { size: 'small' }));
      await server.kubectl(1, ['get', 'gadget', 'b']);
    },
  },
];
