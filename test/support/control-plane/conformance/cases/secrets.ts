import type { ConformanceCase } from '../conformance-case.ts';
import type { AnswerObject, RecordedServer } from '../recorded-server.ts';

const otherUid = '11111111-2222-3333-4444-555555555555';

function secret(name: string, more: object = {}): object {
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name }, ...more };
}

/** The object with other values in its metadata. */
function withMetadata(object: AnswerObject, metadata: object): object {
  return { ...object, metadata: { ...object.metadata, ...metadata } };
}

async function refusals(server: RecordedServer, expected: string, secrets: object[], query = ''): Promise<void> {
  for (const body of secrets) await server.request(expected, 'POST', `${server.secrets()}${query}`, { body });
}

export const cases: ConformanceCase[] = [
  {
    name: 'stringData becomes data, and the type has a default',
    run: async (server) => {
      const body = secret('a', { data: { x: 'YQ==' }, stringData: { y: 'b', x: 'over' } });
      await server.request('201', 'POST', server.secrets(), { body });
      await server.request('200', 'GET', server.secrets('a'));
      await server.request('201', 'POST', server.secrets(), { body: { metadata: { name: 'no-kind' } } });
      const odd = secret('odd', { data: { 'line-break': 'YQ=\n=', empty: '', none: null, __proto__x: 'YQ==' } });
      await server.request('201', 'POST', server.secrets(), { body: odd });
    },
  },
  {
    name: 'a name is taken once, and made where there is only its beginning',
    run: async (server) => {
      await server.request('201', 'POST', server.secrets(), { body: secret('a') });
      await server.request('409 AlreadyExists', 'POST', server.secrets(), { body: secret('a') });
      await server.request('201', 'POST', server.secrets(), { body: { metadata: { generateName: 'made-' } } });
      await server.request('404 NotFound', 'GET', server.secrets('b'));
    },
  },
  {
    name: 'a namespace has to exist, and to be the one of the URL',
    run: async (server) => {
      await server.request('404 NotFound', 'POST', '/api/v1/namespaces/no-such/secrets', { body: secret('a') });
      await server.request('200', 'GET', '/api/v1/namespaces/no-such/secrets');
      const elsewhere = secret('a', { metadata: { name: 'a', namespace: 'default' } });
      await server.request('400 BadRequest', 'POST', server.secrets(), { body: elsewhere });
    },
  },
  {
    name: 'metadata is checked',
    run: async (server) => {
      const named = (metadata: object): object => secret('', { metadata });
      await refusals(server, '422 Invalid', [
        named({}),
        named({ name: 'Bad_Name' }),
        named({ name: 'x'.repeat(254) }),
        named({ name: 'a', labels: { 'a/b/c': 'x' } }),
        named({ name: 'a', labels: { ok: 'bad value' } }),
        named({ name: 'a', labels: { ok: 'x'.repeat(64) } }),
        named({ name: 'a', annotations: { 'bad key': 'x' } }),
        named({ name: 'a', annotations: { large: 'x'.repeat(262_145) } }),
        named({ name: 'a', ownerReferences: [{ apiVersion: 'v1', kind: '', name: 'a', uid: '' }] }),
        named({
          name: 'a',
          ownerReferences: ['1', '2'].map((uid) => ({ apiVersion: 'v1', kind: 'A', name: 'b', uid, controller: true })),
        }),
      ]);
      await refusals(server, '500', [named({ name: 'a', resourceVersion: '5' })]);
      await server.request('201', 'POST', server.secrets(), {
        body: named({
          name: 'a',
          uid: otherUid,
          creationTimestamp: '2001-01-01T00:00:00Z',
          labels: {},
          annotations: {},
        }),
      });
    },
  },
  {
    name: 'data is checked',
    run: async (server) => {
      await refusals(server, '400 BadRequest', [
        secret('a', { data: { x: '***' } }),
        secret('a', { data: { x: 'YQ' } }),
        secret('a', { data: { x: 5 } }),
        secret('a', { data: 'x' }),
        secret('a', { metadata: { name: 'a', labels: { a: 1 } } }),
      ]);
      await refusals(server, '422 Invalid', [
        secret('a', { data: { 'a b': 'YQ==' } }),
        secret('a', { data: { '..': 'YQ==' } }),
        secret('a', { data: { x: Buffer.alloc(1_048_577).toString('base64') } }),
        secret('a', { type: 'kubernetes.io/tls' }),
      ]);
      const huge = secret('a', { data: { x: Buffer.alloc(3_000_000).toString('base64') } });
      await refusals(server, '413 RequestEntityTooLarge', [huge]);
    },
  },
  {
    name: 'a body has to be an object of the kind',
    run: async (server) => {
      await refusals(server, '400 BadRequest', [
        { ...secret('a'), kind: 'ConfigMap' },
        { ...secret('a'), apiVersion: 'v2' },
      ]);
      const bodies = ['{"a":', '', '[]'];
      for (const body of bodies) await server.request('400 BadRequest', 'POST', server.secrets(), { body });
      const headers = { 'content-type': 'text/plain' };
      await server.request('415 UnsupportedMediaType', 'POST', server.secrets(), { body: 'x', headers });
      await server.request('201', 'POST', server.secrets(), {
        body: 'apiVersion: v1\nkind: Secret\nmetadata: {name: from-yaml}\n',
        headers: { 'content-type': 'application/yaml' },
      });
    },
  },
  {
    name: 'unknown fields warn, are refused, or go unnoticed',
    run: async (server) => {
      const body = (name: string): object => secret(name, { metadata: { name, foo: 1 }, nope: 1 });
      await server.request('201', 'POST', server.secrets(), { body: body('default') });
      await server.request('201', 'POST', `${server.secrets()}?fieldValidation=Warn`, { body: body('warn') });
      await server.request('201', 'POST', `${server.secrets()}?fieldValidation=Ignore`, { body: body('ignore') });
      await refusals(server, '400 BadRequest', [body('strict')], '?fieldValidation=Strict');
      await refusals(server, '422 Invalid', [body('what')], '?fieldValidation=What');
    },
  },
  {
    name: 'a dry run changes nothing',
    run: async (server) => {
      await server.request('201', 'POST', `${server.secrets()}?dryRun=All`, { body: secret('a') });
      await server.request('404 NotFound', 'GET', server.secrets('a'));
      await refusals(server, '422 Invalid', [secret('a')], '?dryRun=Some');
      await server.request('201', 'POST', server.secrets(), { body: secret('a') });
      const body = secret('a', { data: { x: 'YQ==' } });
      await server.request('200', 'PUT', `${server.secrets('a')}?dryRun=All`, { body });
      await server.request('200', 'DELETE', `${server.secrets('a')}?dryRun=All`);
      await server.request('200', 'DELETE', server.secrets('a'), { body: { dryRun: ['All'] } });
      await server.request('200', 'GET', server.secrets('a'));
    },
  },
  {
    name: 'a PUT replaces the whole, and one that changes nothing makes no version',
    run: async (server) => {
      const body = secret('a', { metadata: { name: 'a', labels: { a: 'b' } }, data: { x: 'YQ==', y: 'Yg==' } });
      const old = await server.request('201', 'POST', server.secrets(), { body });
      await server.request('200', 'PUT', server.secrets('a'), { body: secret('a', { data: { z: 'Yw==' } }) });
      const now = await server.request('200', 'GET', server.secrets('a'));
      await server.request('200', 'PUT', server.secrets('a'), { body: now });
      await server.request('200', 'PUT', server.secrets('a'), { body: secret('a', { stringData: { z: 'c' } }) });
      await server.request('200', 'PUT', server.secrets('a'), {
        body: withMetadata(now, { labels: { c: 'd' }, creationTimestamp: undefined }),
      });
      await server.request('409 Conflict', 'PUT', server.secrets('a'), { body: old });
    },
  },
  {
    name: 'a PUT is held to what it says of the object',
    run: async (server) => {
      const now = await server.request('201', 'POST', server.secrets(), { body: secret('a') });
      const put = (expected: string, body: object): Promise<AnswerObject> =>
        server.request(expected, 'PUT', server.secrets('a'), { body });
      await put('409 Conflict', withMetadata(now, { resourceVersion: '1' }));
      await put('409 Conflict', withMetadata(now, { uid: otherUid }));
      await put('500', withMetadata(now, { resourceVersion: 'abc' }));
      await put('400 BadRequest', secret('b'));
      await put('400 BadRequest', { metadata: {} });
      await put('422 Invalid', secret('a', { type: 'example.com/other' }));
      await server.request('404 NotFound', 'PUT', server.secrets('b'), { body: secret('b') });
      const gone = withMetadata(now, { name: 'b', resourceVersion: '3', uid: otherUid });
      await server.request('404 NotFound', 'PUT', server.secrets('b'), { body: gone });
    },
  },
  {
    name: 'immutable freezes the data and itself, not the labels',
    run: async (server) => {
      const body = secret('a', { immutable: true, data: { x: 'YQ==' } });
      const now = await server.request('201', 'POST', server.secrets(), { body });
      const put = (expected: string, changed: object): Promise<AnswerObject> =>
        server.request(expected, 'PUT', server.secrets('a'), { body: changed });
      await put('422 Invalid', { ...now, data: { x: 'Yg==' } });
      await put('422 Invalid', { ...now, immutable: false });
      await put('422 Invalid', secret('a', { data: { x: 'Yg==' } }));
      await put('422 Invalid', { ...now, stringData: { y: 'c' } });
      await put('200', withMetadata(now, { labels: { a: 'b' } }));
      await server.request('200', 'DELETE', server.secrets('a'));
    },
  },
  {
    name: 'ConfigMaps are much the same',
    run: async (server) => {
      const path = server.core('configmaps');
      const configMap = (name: string, more: object): object => ({ metadata: { name }, ...more });
      await server.request('201', 'POST', path, {
        body: configMap('a', { data: { a: 'b' }, binaryData: { c: 'YQ==' } }),
      });
      await server.request('400 BadRequest', 'POST', path, { body: configMap('b', { data: { a: 1 } }) });
      const twice = configMap('b', { data: { a: '1' }, binaryData: { a: 'YQ==' } });
      await server.request('422 Invalid', 'POST', path, { body: twice });
      await server.request('201', 'POST', path, { body: configMap('c', { immutable: true, data: { a: 'b' } }) });
      await server.request('422 Invalid', 'PUT', `${path}/c`, { body: configMap('c', { immutable: true }) });
    },
  },
];
