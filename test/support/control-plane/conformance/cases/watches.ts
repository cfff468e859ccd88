import type { ConformanceCase } from '../conformance-case.ts';
import { gadget } from '../gadget.ts';
import type { RecordedServer } from '../recorded-server.ts';

const partial = { accept: 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1' };
const partialList = { accept: 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1' };
const table = { accept: 'application/json;as=Table;g=meta.k8s.io;v=v1' };

async function create(server: RecordedServer, name: string, labels: object = {}): Promise<string> {
  const made = await server.request('201', 'POST', server.secrets(), { body: { metadata: { name, labels } } });
  return made.metadata.resourceVersion;
}

async function put(server: RecordedServer, name: string, labels: object): Promise<void> {
  await server.request('200', 'PUT', server.secrets(name), { body: { metadata: { name, labels } } });
}

export const cases: ConformanceCase[] = [
  {
    name: 'a watch from a version sends what came after it, in order, and then what comes',
    run: async (server) => {
      const from = await create(server, 'a');
      await create(server, 'b');
      await put(server, 'a', { x: '1' });
      await server.request('200', 'DELETE', server.secrets('b'));
      const watch = await server.watch(`${server.secrets()}?watch=true&resourceVersion=${from}`);
      await watch.take(3);
      await create(server, 'c');
      // A write that changes nothing is no event.
      await put(server, 'a', { x: '1' });
      await create(server, 'd');
      await server.events(watch, 5);
    },
  },
  {
    name: 'a watch without a version begins with everything that is there',
    run: async (server) => {
      await create(server, 'b');
      await create(server, 'a');
      const queries = ['', '&resourceVersion=0', '&limit=1'].map((more) => `?watch=1&timeoutSeconds=1${more}`);
      const watches = await Promise.all(queries.map((query) => server.watch(server.secrets() + query)));
      for (const watch of watches) await server.eventsUntilEnd(watch);
    },
  },
  {
    name: 'a selector turns changes into additions and deletions',
    run: async (server) => {
      const from = await create(server, 'a');
      const query = `?watch=true&resourceVersion=${from}&labelSelector=in%3Dyes`;
      const watch = await server.watch(server.secrets() + query);
      for (const labels of [{ in: 'yes' }, { in: 'yes', x: '1' }, { in: 'no' }, { in: 'no', x: '2' }, { in: 'yes' }]) {
        await put(server, 'a', labels);
      }
      await server.request('200', 'DELETE', server.secrets('a'));
      await server.events(watch, 5);
      const one = await server.watch(`${server.secrets()}?watch=true&fieldSelector=metadata.name%3Dc`);
      await create(server, 'b');
      await create(server, 'c');
      await server.events(one, 1);
    },
  },
  {
    name: 'bookmarks tell the version before the watch ends, to those who ask',
    run: async (server) => {
      const from = await create(server, 'a');
      const query = `?watch=true&timeoutSeconds=4&resourceVersion=${from}`;
      const watches = await Promise.all([
        server.watch(`${server.secrets()}${query}`),
        server.watch(`${server.secrets()}${query}&allowWatchBookmarks=true`),
        server.watch(`${server.secrets()}${query}&allowWatchBookmarks=true`, partial),
        server.watch(`${server.secrets()}${query}&allowWatchBookmarks=true`, table),
      ]);
      // Without anything new, the real server has nothing to say in a bookmark.
      await create(server, 'b');
      for (const watch of watches) await server.eventsUntilEnd(watch);
      // One that began with everything there was is told at once where that ends.
      await server.events(await server.watch(`${server.secrets()}?watch=true&allowWatchBookmarks=true`), 3);
      const any = await server.watch(
        `${server.secrets()}?watch=true&resourceVersion=0&timeoutSeconds=1&allowWatchBookmarks=true`,
      );
      await server.eventsUntilEnd(any);
    },
  },
  {
    name: 'sendInitialEvents ends the beginning with a bookmark',
    run: async (server) => {
      await create(server, 'a');
      const initial = '?watch=true&timeoutSeconds=1&sendInitialEvents=true';
      const whole = `${initial}&resourceVersionMatch=NotOlderThan`;
      const none = '?watch=true&timeoutSeconds=1&sendInitialEvents=false&resourceVersionMatch=NotOlderThan';
      const watches = await Promise.all([
        server.watch(`${server.secrets()}${whole}&allowWatchBookmarks=true`),
        server.watch(`${server.secrets()}${whole}&allowWatchBookmarks=true`, partial),
        server.watch(server.secrets() + whole),
        server.watch(server.secrets() + none),
      ]);
      for (const watch of watches) await server.eventsUntilEnd(watch);
      await server.request('422 Invalid', 'GET', server.secrets() + initial);
      await server.request(
        '422 Invalid',
        'GET',
        `${server.secrets()}?watch=true&resourceVersion=1&resourceVersionMatch=NotOlderThan`,
      );
    },
  },
  {
    name: 'metadata alone',
    run: async (server) => {
      const from = await create(server, 'a', { a: 'b' });
      const query = `?watch=true&resourceVersion=${from}`;
      const watch = await server.watch(server.secrets() + query, partial);
      await put(server, 'a', { a: 'c' });
      await server.request('200', 'DELETE', server.secrets('a'));
      await server.events(watch, 2);
      // Asked for a list, where each event is one object, the server ends the watch at the first event.
      await server.eventsUntilEnd(await server.watch(server.secrets() + query, partialList));
    },
  },
  {
    name: 'tables carry their columns in the first event only',
    run: async (server) => {
      const from = await create(server, 'a');
      const watch = await server.watch(`${server.secrets()}?watch=true&resourceVersion=${from}`, table);
      await put(server, 'a', { a: 'c' });
      await server.request('200', 'DELETE', server.secrets('a'));
      await server.events(watch, 2);
    },
  },
  {
    name: 'a version that is forgotten is an ERROR event with 410',
    run: async (server) => {
      for (const headers of [{}, partial, table]) {
        const watch = await server.watch(
          `${server.gadgets()}?watch=true&resourceVersion=1&allowWatchBookmarks=true`,
          headers,
        );
        await server.eventsUntilEnd(watch);
      }
    },
  },
  {
    name: 'a version of the future is waited for',
    run: async (server) => {
      const from = Number(await create(server, 'a'));
      const query = `?watch=true&timeoutSeconds=1&resourceVersion=${from + 1_000_000}`;
      const watch = await server.watch(server.secrets() + query);
      await put(server, 'a', { x: '1' });
      await server.eventsUntilEnd(watch);
    },
  },
  {
    name: 'parameters that make no sense',
    run: async (server) => {
      await server.request('500', 'GET', `${server.secrets()}?watch=true&resourceVersion=abc`);
      await server.request('400 BadRequest', 'GET', `${server.secrets()}?watch=true&timeoutSeconds=abc`);
      await server.request('400 BadRequest', 'GET', `${server.secrets()}?watch=true&fieldSelector=x%3Dy`);
      const headers = { accept: 'application/yaml' };
      const refused = await server.watch(`${server.secrets()}?watch=true`, headers);
      server.note('a watch as YAML', refused.status);
    },
  },
  {
    name: 'custom resources: status and spec, and all namespaces',
    run: async (server) => {
      const made = await server.request('201', 'POST', server.gadgets(), { body: gadget('a', { size: 'small' }) });
      const from = made.metadata.resourceVersion;
      const query = `?watch=true&resourceVersion=${from}&fieldSelector=metadata.namespace%3D${server.namespace}`;
      const watch = await server.watch(`/apis/conformance.example.com/v1alpha1/gadgets${query}`);
      await server.request('200', 'PUT', `${server.gadgets('a')}/status`, {
        body: { ...made, status: { ready: true } },
      });
      await server.request('200', 'PATCH', server.gadgets('a'), {
        body: { spec: { replicas: 3 } },
        headers: { 'content-type': 'application/merge-patch+json' },
      });
      await server.request('200', 'DELETE', server.gadgets('a'));
      await server.events(watch, 3);
    },
  },
];
