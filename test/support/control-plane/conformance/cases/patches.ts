import type { ConformanceCase } from '../conformance-case.ts';
import { gadget } from '../gadget.ts';
import type { AnswerObject, RecordedServer } from '../recorded-server.ts';

const types = {
  merge: 'application/merge-patch+json',
  json: 'application/json-patch+json',
  strategic: 'application/strategic-merge-patch+json',
};

function patcher(server: RecordedServer, path: string, type: keyof typeof types) {
  const headers = { 'content-type': types[type] };
  return (expected: string, body: unknown, query = ''): Promise<AnswerObject> =>
    server.request(expected, 'PATCH', `${path}${query}`, { body, headers });
}

export const cases: ConformanceCase[] = [
  {
    name: 'JSON merge patch of a custom resource',
    run: async (server) => {
      await server.request('201', 'POST', server.gadgets(), { body: gadget('a', { size: 'small', tags: ['x', 'y'] }) });
      const patch = patcher(server, server.gadgets('a'), 'merge');
      await patch('200', { spec: { note: 'hey', labels: { x: 'y' }, tags: ['z'] }, status: { ready: true } });
      await patch('200', {
        spec: { note: null, replicas: null, labels: { z: 'a' } },
        metadata: { labels: { a: 'b' } },
      });
      await patch('200', { spec: { note: null } });
      await patch('409 Conflict', { metadata: { resourceVersion: '1' }, spec: { note: 'ab' } });
      await patch('422 Invalid', { metadata: { uid: '11111111-2222-3333-4444-555555555555' } });
      await patch('422 Invalid', { spec: { size: 'huge' } });
      await patch('422 Invalid', { spec: { unknown: 1 } }, '?fieldValidation=Strict');
      await patch('200', { spec: { unknown: 1 } });
      await patch('400 BadRequest', { metadata: { name: 'b' } });
      await patch('400 BadRequest', '{');
      await patch('400 BadRequest', []);
      await patcher(server, server.gadgets('b'), 'merge')('404 NotFound', { spec: { size: 'small' } });
    },
  },
  {
    name: 'JSON patch',
    run: async (server) => {
      await server.request('201', 'POST', server.secrets(), { body: { metadata: { name: 'a' }, data: { a: 'YQ==' } } });
      const patch = patcher(server, server.secrets('a'), 'json');
      await patch('200', [
        { op: 'add', path: '/data/b', value: 'Yg==' },
        { op: 'copy', from: '/data/b', path: '/data/c' },
        { op: 'move', from: '/data/c', path: '/data/d' },
        { op: 'test', path: '/data/a', value: 'YQ==' },
        { op: 'replace', path: '/data/b', value: 'Yw==' },
        { op: 'remove', path: '/data/a' },
      ]);
      await patch('422 Invalid', [{ op: 'test', path: '/data/b', value: 'eA==' }]);
      await patch('422 Invalid', [{ op: 'remove', path: '/data/none' }]);
      await patch('422 Invalid', [{ op: 'add', path: '/metadata/labels/x', value: 'y' }]);
      await patch('400 BadRequest', { a: 1 });
      await server.request('201', 'POST', server.gadgets(), { body: gadget('a', { size: 'small' }) });
      await patcher(
        server,
        server.gadgets('a'),
        'json',
      )('200', [{ op: 'replace', path: '/spec/size', value: 'large' }]);
    },
  },
  {
    name: 'strategic merge patch of a Secret',
    run: async (server) => {
      const metadata = { name: 'a', annotations: { a: 'b' }, finalizers: ['example.com/x'] };
      await server.request('201', 'POST', server.secrets(), { body: { metadata, data: { a: 'YQ==', b: 'Yg==' } } });
      const patch = patcher(server, server.secrets('a'), 'strategic');
      await patch('200', {
        data: { a: null, c: 'Yw==' },
        metadata: { annotations: { c: 'd' }, finalizers: ['example.com/y'] },
      });
      await patch('200', {
        metadata: {
          '$setElementOrder/finalizers': ['example.com/y', 'example.com/x'],
          '$deleteFromPrimitiveList/finalizers': ['example.com/x'],
        },
      });
      await patch('200', { data: { $patch: 'replace', z: 'eg==' } });
      await patch('200', { stringData: { q: 'r' } });
      await patch('200', { stringData: { q: 'r' } });
      await patch('200', { kind: 'ConfigMap' });
      await patch('200', { unknown: 1, metadata: { unknown: 1 } });
      await patch('422 Invalid', { unknown: 1 }, '?fieldValidation=Strict');
      await patch('422 Invalid', { data: { a: '*' } });
      await patch('409 Conflict', { metadata: { resourceVersion: '1' }, data: { a: 'YQ==' } });
      await patch('422 Invalid', { metadata: { uid: '11111111-2222-3333-4444-555555555555' } });
      await patcher(server, server.secrets('b'), 'strategic')('404 NotFound', { data: { a: 'YQ==' } });
    },
  },
  {
    name: 'strategic merge patch of lists with keys',
    run: async (server) => {
      const path = `/apis/apps/v1/namespaces/${server.namespace}/deployments`;
      const containers = ['a', 'b', 'c'].map((name) => ({
        name,
        image: `image-${name}`,
        env: [{ name: 'X', value: '1' }],
      }));
      const labels = { app: 'x' };
      const spec = {
        replicas: 0,
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { containers } },
      };
      await server.glance(path, { method: 'POST', body: { metadata: { name: 'x' }, spec } });
      // The real server adds defaults, and its controllers a status: only the lists themselves are compared.
      const patch = async (inner: object): Promise<void> => {
        const body = { spec: { template: { spec: inner } } };
        const headers = { 'content-type': types.strategic };
        const answer = await server.glance(`${path}/x`, { method: 'PATCH', body, headers });
        server.note(`after ${JSON.stringify(inner)}`, listsOf(answer));
      };
      await patch({ containers: [{ name: 'b', image: 'other', env: [{ name: 'Y', value: '2' }] }] });
      await patch({
        containers: [
          { name: 'd', image: 'image-d' },
          { name: 'a', $patch: 'delete' },
        ],
      });
      const order = { '$setElementOrder/containers': [{ name: 'c' }, { name: 'd' }, { name: 'b' }] };
      await patch({ ...order, containers: [{ name: 'd', image: 'new' }] });
      await patch({ volumes: [{ name: 'v', emptyDir: {} }], nodeSelector: { a: 'b' } });
      await patch({ volumes: [{ $patch: 'replace' }, { name: 'w', emptyDir: {} }], nodeSelector: null });
    },
  },
  {
    name: 'JSON merge patch of a Secret',
    run: async (server) => {
      const metadata = { name: 'a', finalizers: ['example.com/x'] };
      await server.request('201', 'POST', server.secrets(), { body: { metadata, data: { a: 'YQ==' } } });
      const patch = patcher(server, server.secrets('a'), 'merge');
      await patch('200', { metadata: { finalizers: null, labels: { a: 'b' } }, data: { a: null, b: 'Yg==' } });
      await patch('422 Invalid', { unknown: 1 }, '?fieldValidation=Strict');
      await patch('422 Invalid', { data: { b: '*' } });
      await patch('200', {});
    },
  },
  {
    name: 'types of patches that are not taken',
    run: async (server) => {
      await server.request('201', 'POST', server.secrets(), { body: { metadata: { name: 'a' } } });
      for (const type of ['application/json', 'application/unknown+json']) {
        const headers = { 'content-type': type };
        await server.request('415 UnsupportedMediaType', 'PATCH', server.secrets('a'), { body: {}, headers });
      }
      await server.request('201', 'POST', server.gadgets(), { body: gadget('a', { size: 'small' }) });
      await patcher(server, server.gadgets('a'), 'strategic')('415 UnsupportedMediaType', { spec: { size: 'large' } });
    },
  },
];

function listsOf(deployment: AnswerObject): object {
  type Pod = { containers: Record<string, unknown>[]; volumes?: unknown; nodeSelector?: unknown };
  const pod = (deployment['spec'] as { template: { spec: Pod } }).template.spec;
  const containers = pod.containers.map(({ name, image, env }) => ({ name, image, env }));
  return { containers, volumes: pod.volumes, nodeSelector: pod.nodeSelector };
}
