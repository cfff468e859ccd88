import type { ConformanceCase } from '../conformance-case.ts';
import { gadget } from '../gadget.ts';
import type { AnswerObject, RecordedServer } from '../recorded-server.ts';

const merge = { 'content-type': 'application/merge-patch+json' };

function create(server: RecordedServer, expected: string, body: object, query = ''): Promise<AnswerObject> {
  return server.request(expected, 'POST', `${server.gadgets()}${query}`, { body });
}

export const cases: ConformanceCase[] = [
  {
    name: 'defaults are filled in, also within, and null gives way to them',
    run: async (server) => {
      await create(server, '201', gadget('a', { size: 'small' }));
      await create(server, '201', gadget('b', { size: 'small', options: { deep: {} } }));
      await create(
        server,
        '201',
        gadget('c', { size: 'small', options: { color: 'blue', deep: { level: 1 } }, replicas: 5 }),
      );
      await create(
        server,
        '201',
        gadget('d', { size: 'small', note: null, enabled: null, replicas: null, options: null }),
      );
    },
  },
  {
    name: 'unknown fields are dropped, but not where they are to be kept',
    run: async (server) => {
      const spec = {
        size: 'small',
        unknown: 1,
        options: { deep: { z: 1 } },
        free: { x: null, y: { z: [1] } },
        labels: { a: 'b' },
      };
      await create(server, '201', gadget('a', spec, { top: 1, status: { ready: true } }));
      await create(server, '201', gadget('b', spec, { top: 1 }), '?fieldValidation=Ignore');
      await create(server, '400 BadRequest', gadget('c', spec, { top: 1 }), '?fieldValidation=Strict');
      const metadata = { name: 'c', unknown: { a: 1 } };
      await create(server, '400 BadRequest', gadget('c', { size: 'small' }, { metadata }), '?fieldValidation=Strict');
    },
  },
  {
    name: 'the kind, its version and its metadata have to be right',
    run: async (server) => {
      const body = gadget('a', { size: 'small' });
      await create(server, '400 BadRequest', { metadata: { name: 'a' }, spec: { size: 'small' } });
      await create(server, '422 Invalid', { ...body, kind: 'Other' });
      await create(server, '422 Invalid', gadget('Bad_', { size: 'small' }));
      await create(server, '422 Invalid', gadget('', { size: 'small' }));
      await create(server, '400 BadRequest', { ...body, metadata: { name: 'a', labels: { a: 1 } } });
      await server.request('400 BadRequest', 'POST', server.gadgets(), { body: '{' });
      await create(server, '422 Invalid', {
        apiVersion: 'conformance.example.com/v1alpha1',
        kind: 'Gadget',
        metadata: { name: 'a' },
      });
    },
  },
  {
    name: 'the schema is enforced',
    run: async (server) => {
      const specs: Record<string, unknown> = {
        required: {},
        'required-null': { size: null },
        enum: { size: 'huge' },
        'string-type': { size: 'small', note: 5 },
        'enum-type': { size: 5 },
        pattern: { size: 'small', code: 'ABC' },
        minimum: { size: 'small', replicas: 0 },
        maximum: { size: 'small', replicas: 6 },
        'integer-type': { size: 'small', replicas: '1' },
        'number-type': { size: 'small', ratio: 'x' },
        'boolean-type': { size: 'small', enabled: 'true' },
        'array-type': { size: 'small', tags: 'x' },
        'item-type': { size: 'small', tags: [1] },
        'object-type': { size: 'small', options: 'x' },
        'map-type': { size: 'small', labels: { a: 1 } },
        'spec-type': 'text',
        'min-length': { size: 'small', note: 'a' },
        'max-length': { size: 'small', note: 'abcdefghijk' },
        'max-items': { size: 'small', tags: ['a', 'b', 'c', 'd'] },
        'set-duplicate': { size: 'small', unique: ['a', 'b', 'a'] },
        'date-time': { size: 'small', when: 'yesterday' },
        'int-or-string': { size: 'small', either: true },
        not: { size: 'small', note: 'never' },
        'one-of-none': { size: 'small', choice: {} },
        'one-of-both': { size: 'small', choice: { a: 'x', b: 'y' } },
        several: { size: 'huge', code: '1', replicas: 77 },
      };
      for (const [name, spec] of Object.entries(specs)) await create(server, '422 Invalid', gadget(name, spec));
      const good = {
        size: 'small',
        either: '5%',
        when: '2001-01-01T00:00:00.5+01:00',
        ratio: 1,
        choice: { b: 'x' },
        unique: ['a', 'b'],
      };
      await create(server, '201', gadget('good', good));
      await create(
        server,
        '201',
        gadget('good-too', { size: 'large', either: 5, ratio: 0.5, enabled: true, code: 'abc' }),
      );
    },
  },
  {
    name: 'a PUT needs the resourceVersion and counts generations, but not for labels',
    run: async (server) => {
      const made = await create(server, '201', gadget('a', { size: 'small' }));
      const put = (expected: string, body: object): Promise<AnswerObject> =>
        server.request(expected, 'PUT', server.gadgets('a'), { body });
      await put('422 Invalid', gadget('a', { size: 'large' }));
      const second = await put('200', { ...made, spec: { size: 'large' }, status: { ready: true } });
      await put('200', second);
      await put('200', {
        ...second,
        metadata: { ...second.metadata, labels: { a: 'b' }, finalizers: ['example.com/a'] },
      });
      await put('409 Conflict', { ...second, spec: { size: 'small' } });
      await put('409 Conflict', {
        ...second,
        metadata: { ...second.metadata, uid: '11111111-2222-3333-4444-555555555555' },
      });
      await server.request('404 NotFound', 'PUT', server.gadgets('b'), { body: gadget('b', { size: 'small' }) });
      const gone = gadget('b', { size: 'small' }, { metadata: { name: 'b', resourceVersion: '1' } });
      await server.request('404 NotFound', 'PUT', server.gadgets('b'), { body: gone });
    },
  },
  {
    name: 'status is written by /status alone, and nothing else is',
    run: async (server) => {
      const made = await create(server, '201', gadget('a', { size: 'small' }));
      const status = `${server.gadgets('a')}/status`;
      const put = (expected: string, body: object): Promise<AnswerObject> =>
        server.request(expected, 'PUT', status, { body });
      const metadata = { ...made.metadata, labels: { a: 'b' }, annotations: { c: 'd' } };
      const second = await put('200', {
        ...made,
        metadata,
        spec: { size: 'large' },
        status: { ready: true, unknown: 1 },
      });
      await put('200', second);
      await put('409 Conflict', { ...made, status: { ready: false } });
      await put('422 Invalid', { ...second, status: { ready: 'x' } });
      await put('422 Invalid', { ...second, status: { conditions: [{ type: 'A' }] } });
      const twice = [
        { type: 'A', status: 'True' },
        { type: 'A', status: 'False' },
      ];
      await put('422 Invalid', { ...second, status: { conditions: twice } });
      await put('422 Invalid', gadget('a', { size: 'small' }, { status: { ready: true } }));
      await server.request('404 NotFound', 'PUT', `${server.gadgets('b')}/status`, {
        body: { ...made, metadata: { name: 'b' } },
      });
      await server.request('200', 'GET', status);
      await server.request('200', 'PATCH', status, {
        body: { spec: { size: 'x' }, status: { ready: null, observedGeneration: 1 } },
        headers: merge,
      });
      await server.request('405 MethodNotAllowed', 'DELETE', status);
      await put('200', { ...(await server.request('200', 'GET', server.gadgets('a'))), status: {} });
    },
  },
];
