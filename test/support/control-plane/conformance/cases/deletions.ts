import type { ConformanceCase } from '../conformance-case.ts';
import { gadget } from '../gadget.ts';
import type { AnswerObject, RecordedServer } from '../recorded-server.ts';

const merge = { 'content-type': 'application/merge-patch+json' };

function createSecret(server: RecordedServer, name: string, metadata: object = {}): Promise<AnswerObject> {
  return server.request('201', 'POST', server.secrets(), { body: { metadata: { name, ...metadata } } });
}

// A built-in kind: the real garbage collector takes half a minute to learn of a new custom one.
function createOwner(server: RecordedServer, name: string): Promise<AnswerObject> {
  return server.request('201', 'POST', server.core('configmaps'), { body: { metadata: { name } } });
}

function ownedBy({ apiVersion, kind, metadata }: AnswerObject): object {
  return { ownerReferences: [{ apiVersion, kind, name: metadata.name, uid: metadata.uid }] };
}

export const cases: ConformanceCase[] = [
  {
    name: 'an object goes once, if it is the one that is meant',
    run: async (server) => {
      const { metadata } = await createSecret(server, 'a');
      const remove = (expected: string, body?: object): Promise<AnswerObject> =>
        server.request(expected, 'DELETE', server.secrets('a'), { body });
      await remove('409 Conflict', { preconditions: { uid: '11111111-2222-3333-4444-555555555555' } });
      await remove('409 Conflict', { preconditions: { resourceVersion: '1' } });
      await remove('422 Invalid', { propagationPolicy: 'Sometimes' });
      await server.request('400 BadRequest', 'DELETE', server.secrets('a'), { body: '{' });
      const { uid, resourceVersion } = metadata;
      await remove('200', { kind: 'DeleteOptions', apiVersion: 'v1', preconditions: { uid, resourceVersion } });
      await remove('404 NotFound');
    },
  },
  {
    name: 'a collection goes by selector',
    run: async (server) => {
      await createSecret(server, 'a', { labels: { a: 'b' } });
      await createSecret(server, 'b');
      await server.request('200', 'DELETE', `${server.secrets()}?labelSelector=a%3Db`);
      await server.request('200', 'GET', server.secrets());
      await server.request('200', 'DELETE', `${server.secrets()}?labelSelector=none`);
    },
  },
  {
    name: 'finalizers hold an object until the last of them is gone',
    run: async (server) => {
      const metadata = { name: 'a', finalizers: ['example.com/x', 'example.com/y'] };
      await server.request('201', 'POST', server.gadgets(), { body: gadget('a', { size: 'small' }, { metadata }) });
      await server.request('200', 'DELETE', server.gadgets('a'));
      await server.request('200', 'DELETE', server.gadgets('a'));
      const patch = (expected: string, body: object): Promise<AnswerObject> =>
        server.request(expected, 'PATCH', server.gadgets('a'), { body, headers: merge });
      await patch('200', { spec: { note: 'bye' } });
      await patch('422 Invalid', { metadata: { finalizers: ['example.com/x', 'example.com/z'] } });
      await patch('200', { metadata: { finalizers: ['example.com/y'] } });
      const watch = await server.watch(`${server.gadgets()}?watch=true&resourceVersion=0`);
      await watch.take(1);
      await patch('200', { metadata: { finalizers: null } });
      await server.events(watch, 2);
      await server.request('404 NotFound', 'GET', server.gadgets('a'));
    },
  },
  {
    name: 'dependents go with their owner',
    controllers: true,
    run: async (server) => {
      for (const policy of ['Background', 'Foreground']) {
        const owner = await createOwner(server, 'a');
        await createSecret(server, 'dependent', ownedBy(owner));
        await server.request('200', 'DELETE', server.core('configmaps', 'a'), { body: { propagationPolicy: policy } });
        await server.eventually('404 NotFound', 'GET', server.secrets('dependent'));
        await server.eventually('404 NotFound', 'GET', server.core('configmaps', 'a'));
      }
    },
  },
  {
    name: 'orphans stay, and one of two owners is enough',
    controllers: true,
    run: async (server) => {
      const [a, b, c] = [
        await createOwner(server, 'a'),
        await createOwner(server, 'b'),
        await createOwner(server, 'c'),
      ];
      await createSecret(server, 'orphan', ownedBy(a));
      const owners = [b, c].map((owner) => (ownedBy(owner) as { ownerReferences: object[] }).ownerReferences);
      await createSecret(server, 'shared', { ownerReferences: owners.flat() });
      await server.request('200', 'DELETE', server.core('configmaps', 'a'), { body: { propagationPolicy: 'Orphan' } });
      await server.eventually('404 NotFound', 'GET', server.core('configmaps', 'a'));
      await server.request('200', 'GET', server.secrets('orphan'));
      await server.request('200', 'DELETE', server.core('configmaps', 'b'));
      await server.kubectl(0, [
        'wait',
        '--for=jsonpath={.metadata.ownerReferences[0].name}=c',
        'secret/shared',
        '--timeout=30s',
      ]);
      await server.request('200', 'GET', server.secrets('shared'));
    },
  },
  {
    name: 'a namespace goes after what is in it',
    controllers: true,
    run: async (server) => {
      const name = `${server.namespace}-2`;
      await server.request('201', 'POST', '/api/v1/namespaces', { body: { metadata: { name } } });
      await server.request('409 AlreadyExists', 'POST', '/api/v1/namespaces', { body: { metadata: { name } } });
      await server.request('422 Invalid', 'POST', '/api/v1/namespaces', { body: { metadata: { name: 'a.b' } } });
      const secrets = `/api/v1/namespaces/${name}/secrets`;
      const held = { metadata: { name: 'held', finalizers: ['example.com/x'] } };
      await server.request('201', 'POST', secrets, { body: held });
      await server.request('201', 'POST', secrets, { body: { metadata: { name: 'free' } } });
      await server.request('200', 'DELETE', `/api/v1/namespaces/${name}`);
      await server.request('403 Forbidden', 'POST', secrets, { body: { metadata: { name: 'late' } } });
      await server.eventually('404 NotFound', 'GET', `${secrets}/free`);
      const deleting = `--for=jsonpath={.metadata.deletionGracePeriodSeconds}=0`;
      await server.kubectl(0, ['wait', '-n', name, deleting, 'secret/held', '--timeout=30s']);
      const body = { metadata: { finalizers: null } };
      await server.request('200', 'PATCH', `${secrets}/held`, { body, headers: merge });
      await server.eventually('404 NotFound', 'GET', `/api/v1/namespaces/${name}`);
    },
  },
];
