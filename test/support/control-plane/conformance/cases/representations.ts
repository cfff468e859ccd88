import type { ConformanceCase } from '../conformance-case.ts';
import { gadget } from '../gadget.ts';

function as(transformation: string): { headers: Record<string, string> } {
  return { headers: { accept: `application/json;as=${transformation};g=meta.k8s.io;v=v1` } };
}

export const cases: ConformanceCase[] = [
  {
    name: 'metadata alone',
    run: async (server) => {
      const metadata = { name: 'a', labels: { a: 'b' }, annotations: { c: 'd' } };
      await server.request('201', 'POST', server.secrets(), { body: { metadata, data: { x: 'YQ==' } } });
      await server.request('200', 'GET', server.secrets('a'), as('PartialObjectMetadata'));
      await server.request('200', 'GET', server.secrets(), as('PartialObjectMetadataList'));
      await server.request('200', 'GET', `${server.secrets()}?limit=1`, as('PartialObjectMetadataList'));
      await server.request('406 NotAcceptable', 'GET', server.secrets(), as('PartialObjectMetadata'));
      await server.request('406 NotAcceptable', 'GET', server.secrets('a'), as('PartialObjectMetadataList'));
      const body = { metadata: { name: 'b' } };
      await server.request('201', 'POST', server.secrets(), { body, ...as('PartialObjectMetadata') });
      await server.request('201', 'POST', server.gadgets(), { body: gadget('a', { size: 'small' }) });
      await server.request('200', 'GET', server.gadgets(), as('PartialObjectMetadataList'));
    },
  },
  {
    name: 'tables of custom resources have the columns of their definition',
    run: async (server) => {
      await server.request('201', 'POST', server.gadgets(), { body: gadget('a', { size: 'small', tags: ['x', 'y'] }) });
      const metadata = { name: 'b', labels: { 'example.com/team': 'red' } };
      const { metadata: made } = await server.request('201', 'POST', server.gadgets(), {
        body: gadget('b', { size: 'large', replicas: 3, note: 'hello' }, { metadata }),
      });
      await server.request('200', 'PUT', `${server.gadgets('b')}/status`, {
        body: gadget(
          'b',
          { size: 'large' },
          {
            metadata: { name: 'b', resourceVersion: made.resourceVersion },
            status: {
              conditions: [
                { type: 'Other', status: 'False' },
                { type: 'Ready', status: 'True' },
              ],
            },
          },
        ),
      });
      await server.request('200', 'GET', server.gadgets(), as('Table'));
      await server.request('200', 'GET', server.gadgets('b'), as('Table'));
      await server.request('200', 'GET', `${server.gadgets()}?includeObject=None`, as('Table'));
      await server.request('200', 'GET', `${server.gadgets()}?includeObject=Object&limit=1`, as('Table'));
    },
  },
  {
    name: 'tables of built-in kinds',
    run: async (server) => {
      await server.request('201', 'POST', server.secrets(), { body: { metadata: { name: 'a' }, data: { x: 'YQ==' } } });
      await server.request('200', 'GET', server.secrets(), as('Table'));
      const involvedObject = { kind: 'Gadget', namespace: server.namespace, name: 'a', uid: '1' };
      const old = { metadata: { name: 'a' }, involvedObject, reason: 'R', message: ' m ', type: 'Normal', count: 3 };
      const times = { firstTimestamp: '2001-01-01T00:00:00Z', lastTimestamp: '2001-01-02T00:00:00Z' };
      const source = { component: 'c', host: 'h' };
      await server.request('201', 'POST', server.core('events'), { body: { ...old, ...times, source } });
      await server.request('201', 'POST', server.core('events'), {
        body: { ...old, metadata: { name: 'b' }, count: 0 },
      });
      const modern = {
        eventTime: '2001-01-01T00:00:00.123456Z',
        action: 'A',
        reportingComponent: 'e.com/c',
        reportingInstance: 'i',
      };
      await server.request('201', 'POST', server.core('events'), {
        body: { ...old, ...modern, metadata: { name: 'c' } },
      });
      await server.request('200', 'GET', `${server.core('events')}?includeObject=None`, as('Table'));
      const leases = `/apis/coordination.k8s.io/v1/namespaces/${server.namespace}/leases`;
      await server.request('201', 'POST', leases, { body: { metadata: { name: 'a' }, spec: { holderIdentity: 'x' } } });
      await server.request('200', 'GET', leases, as('Table'));
      await server.request('200', 'GET', `/api/v1/namespaces/${server.namespace}?includeObject=None`, as('Table'));
    },
  },
  {
    name: 'the Accept header decides, and the first clause that can be served wins',
    run: async (server) => {
      await server.request('201', 'POST', server.secrets(), { body: { metadata: { name: 'a' }, data: { x: 'YQ==' } } });
      for (const accept of ['*/*', 'application/json, */*', 'application/json;q=0.9', 'text/plain, application/json']) {
        await server.request('200', 'GET', server.secrets('a'), { headers: { accept } });
      }
      const unknown = 'application/json;as=Unknown;g=meta.k8s.io;v=v1';
      await server.request('200', 'GET', server.secrets('a'), { headers: { accept: `${unknown},application/json` } });
      await server.request('406 NotAcceptable', 'GET', server.secrets('a'), { headers: { accept: unknown } });
      await server.request('406 NotAcceptable', 'GET', server.secrets('a'), { headers: { accept: 'text/plain' } });
    },
  },
];
