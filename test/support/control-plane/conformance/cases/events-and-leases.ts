import type { ConformanceCase } from '../conformance-case.ts';
import type { AnswerObject, RecordedServer } from '../recorded-server.ts';

function event(server: RecordedServer, name: string, more: object = {}): object {
  const { namespace } = server;
  const involvedObject = {
    kind: 'Gadget',
    namespace,
    name: 'a',
    uid: 'u',
    apiVersion: 'conformance.example.com/v1alpha1',
  };
  return { metadata: { name }, involvedObject, reason: 'Reason', message: 'message', type: 'Normal', ...more };
}

const modern = {
  eventTime: '2001-01-01T00:00:00.123456Z',
  action: 'Act',
  reportingComponent: 'example.com/controller',
  reportingInstance: 'controller-1',
};

export const cases: ConformanceCase[] = [
  {
    name: 'Events with count and timestamps',
    run: async (server) => {
      const post = (expected: string, body: object): Promise<AnswerObject> =>
        server.request(expected, 'POST', server.core('events'), { body });
      const times = { firstTimestamp: '2001-01-01T00:00:00Z', lastTimestamp: '2001-01-01T00:00:00.123Z' };
      await post('201', event(server, 'a', { ...times, count: 1, source: { component: 'c' } }));
      await post('201', event(server, 'b', { type: 'Unknown', message: 'm'.repeat(1025) }));
      await post('400 BadRequest', event(server, 'c', { lastTimestamp: 'yesterday' }));
      await post(
        '422 Invalid',
        event(server, 'c', { involvedObject: { kind: 'Gadget', namespace: 'default', name: 'a' } }),
      );
      await post('422 Invalid', event(server, 'c', { involvedObject: { kind: 'Node', name: 'a' } }));
      await server.request('200', 'PATCH', server.core('events', 'a'), {
        body: { count: 2, lastTimestamp: '2001-01-01T00:00:05Z' },
        headers: { 'content-type': 'application/strategic-merge-patch+json' },
      });
      await server.request('200', 'PUT', server.core('events', 'a'), { body: event(server, 'a', { count: 3 }) });
    },
  },
  {
    name: 'Events with eventTime',
    run: async (server) => {
      const post = (expected: string, more: object): Promise<AnswerObject> =>
        server.request(expected, 'POST', server.core('events'), { body: event(server, 'a', { ...modern, ...more }) });
      await post('400 BadRequest', { eventTime: '2001-01-01T00:00:00.123Z' });
      await post('422 Invalid', { action: '' });
      await post('422 Invalid', { reportingComponent: '', reportingInstance: '' });
      await post('422 Invalid', { message: 'm'.repeat(1025) });
      await post('422 Invalid', { reason: 'r'.repeat(129) });
      await post('201', {});
    },
  },
  {
    name: 'Events by field selector',
    run: async (server) => {
      await server.request('201', 'POST', server.core('events'), {
        body: event(server, 'a', { source: { component: 'c' } }),
      });
      await server.request('201', 'POST', server.core('events'), {
        body: event(server, 'b', { ...modern, type: 'Warning' }),
      });
      for (const selector of [
        'involvedObject.name=a,involvedObject.uid=u,involvedObject.kind=Gadget',
        `involvedObject.namespace=${server.namespace},reason=Reason,type=Warning`,
        'source=c',
        'reportingComponent=example.com/controller',
        'involvedObject.name=b',
      ]) {
        await server.request('200', 'GET', `${server.core('events')}?fieldSelector=${encodeURIComponent(selector)}`);
      }
      await server.request('400 BadRequest', 'GET', `${server.core('events')}?fieldSelector=message%3Da`);
    },
  },
  {
    name: 'Leases: times have six digits',
    run: async (server) => {
      const path = `/apis/coordination.k8s.io/v1/namespaces/${server.namespace}/leases`;
      const post = (expected: string, name: string, spec: object): Promise<AnswerObject> =>
        server.request(expected, 'POST', path, { body: { metadata: { name }, spec } });
      const times = { acquireTime: '2001-01-01T00:00:00.123456Z', renewTime: '2001-01-01T00:00:00.000000Z' };
      await post('201', 'a', { holderIdentity: 'x', leaseDurationSeconds: 15, leaseTransitions: 0, ...times });
      await post('201', 'b', { renewTime: '2001-01-01T00:00:00.123456+02:00', holderIdentity: '' });
      await post('201', 'c', { renewTime: null });
      for (const renewTime of [
        '2001-01-01T00:00:00.123Z',
        '2001-01-01T00:00:00Z',
        '2001-01-01T00:00:00.123456789Z',
        'x',
        5,
      ]) {
        await post('400 BadRequest', 'd', { renewTime });
      }
      await post('400 BadRequest', 'd', { leaseDurationSeconds: '15' });
      for (const leaseDurationSeconds of [0, -1]) await post('422 Invalid', 'd', { leaseDurationSeconds });
      await post('422 Invalid', 'd', { leaseTransitions: -1 });
    },
  },
  {
    name: 'Leases: of two who take one, one gets it',
    run: async (server) => {
      const path = `/apis/coordination.k8s.io/v1/namespaces/${server.namespace}/leases`;
      const lease = { metadata: { name: 'a' }, spec: { holderIdentity: 'x' } };
      const made = await server.request('201', 'POST', path, { body: lease });
      await server.request('409 AlreadyExists', 'POST', path, { body: lease });
      await server.request('422 Invalid', 'PUT', `${path}/a`, { body: lease });
      await server.request('200', 'PUT', `${path}/a`, { body: { ...made, spec: { holderIdentity: 'y' } } });
      await server.request('409 Conflict', 'PUT', `${path}/a`, { body: { ...made, spec: { holderIdentity: 'z' } } });
      await server.request('201', 'PUT', `${path}/b`, { body: { metadata: { name: 'b' }, spec: {} } });
      await server.request('200', 'GET', `${path}/a`);
    },
  },
];
