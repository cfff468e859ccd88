import type { ConformanceCase } from '../conformance-case.ts';
import { gadget } from '../gadget.ts';
import type { RecordedServer } from '../recorded-server.ts';

/** Four Secrets a, b, c, d with labels; every second one is even. */
async function makeFour(server: RecordedServer): Promise<void> {
  for (const name of ['c', 'a', 'd', 'b']) {
    const labels = { name, even: name === 'b' || name === 'd' ? 'yes' : 'no' };
    await server.request('201', 'POST', server.secrets(), { body: { metadata: { name, labels } } });
  }
}

function query(parameters: Record<string, string | number>): string {
  const texts = Object.entries(parameters).map(([name, value]) => [name, String(value)] as [string, string]);
  return `?${new URLSearchParams(texts).toString()}`;
}

export const cases: ConformanceCase[] = [
  {
    name: 'pages show the list as it was at the first of them',
    run: async (server) => {
      await makeFour(server);
      const first = await server.request('200', 'GET', server.secrets() + query({ limit: 2 }));
      const { continue: token, resourceVersion } = first.metadata;
      await server.request('200', 'DELETE', server.secrets('c'));
      await server.request('201', 'POST', server.secrets(), { body: { metadata: { name: 'e' } } });
      await server.request('200', 'PUT', server.secrets('d'), {
        body: { metadata: { name: 'd' }, data: { x: 'YQ==' } },
      });
      const second = await server.request('200', 'GET', server.secrets() + query({ limit: 2, continue: token }));
      server.note('the pages have one version', second.metadata.resourceVersion === resourceVersion);
      await server.request(
        '400 BadRequest',
        'GET',
        server.secrets() + query({ limit: 2, continue: token, resourceVersion }),
      );
      await server.request('400 BadRequest', 'GET', server.secrets() + query({ limit: 2, continue: 'abc' }));
    },
  },
  {
    name: 'a limit that is not reached is no limit',
    run: async (server) => {
      await makeFour(server);
      for (const limit of [4, 5, 0, -1]) await server.request('200', 'GET', server.secrets() + query({ limit }));
      await server.request('400 BadRequest', 'GET', `${server.secrets()}?limit=abc`);
      await server.request('200', 'GET', server.secrets() + query({ limit: 1, labelSelector: 'even=yes' }));
    },
  },
  {
    name: 'label selectors',
    run: async (server) => {
      await makeFour(server);
      const selectors = ['even=yes', 'even==yes,name=b', 'even!=yes', 'name in (a,b),even!=yes', 'name notin (a, b)'];
      for (const labelSelector of [...selectors, 'name', '!name', '! other', 'other', 'name in (a)', '']) {
        await server.request('200', 'GET', server.secrets() + query({ labelSelector }));
      }
      await server.request('400 BadRequest', 'GET', server.secrets() + query({ labelSelector: 'name in (' }));
    },
  },
  {
    name: 'field selectors',
    run: async (server) => {
      await makeFour(server);
      for (const fieldSelector of ['metadata.name=a', 'metadata.name!=a', 'type=Opaque,metadata.name==b', 'type=x']) {
        await server.request('200', 'GET', server.secrets() + query({ fieldSelector }));
      }
      const everywhere = { fieldSelector: `metadata.namespace=${server.namespace},metadata.name=b` };
      await server.request('200', 'GET', `/api/v1/secrets${query(everywhere)}`);
      await server.request('400 BadRequest', 'GET', server.secrets() + query({ fieldSelector: 'data.x=a' }));
      await server.request('400 BadRequest', 'GET', server.secrets() + query({ fieldSelector: 'x' }));
      await server.request('201', 'POST', server.gadgets(), { body: gadget('a', { size: 'small' }) });
      await server.request('201', 'POST', server.gadgets(), { body: gadget('b', { size: 'large' }) });
      for (const fieldSelector of ['metadata.name=a', 'spec.size=large']) {
        await server.request('200', 'GET', server.gadgets() + query({ fieldSelector }));
      }
      await server.request('400 BadRequest', 'GET', server.gadgets() + query({ fieldSelector: 'spec.code=a' }));
    },
  },
  {
    name: 'versions that a list may ask for',
    run: async (server) => {
      await makeFour(server);
      const { resourceVersion } = (await server.request('200', 'GET', server.secrets())).metadata;
      await server.request('200', 'DELETE', server.secrets('c'));
      const list = (expected: string, parameters: Record<string, string | number>): Promise<unknown> =>
        server.request(expected, 'GET', server.secrets() + query(parameters));
      await list('200', { resourceVersion, resourceVersionMatch: 'Exact', limit: 3 });
      await list('200', { resourceVersion, resourceVersionMatch: 'Exact' });
      await list('200', { resourceVersion, resourceVersionMatch: 'NotOlderThan' });
      await list('200', { resourceVersion, limit: 2 });
      await list('200', { resourceVersion: 0, limit: 1 });
      await list('504 Timeout', { resourceVersion: 99_999_999 });
      await list('400 BadRequest', { resourceVersion: 'abc' });
      await list('422 Invalid', { resourceVersionMatch: 'Exact' });
      await list('422 Invalid', { sendInitialEvents: 'true' });
      await server.request('200', 'GET', `${server.secrets('a')}?resourceVersion=0`);
      await server.request('504 Timeout', 'GET', `${server.secrets('a')}?resourceVersion=99999999`);
    },
  },
  {
    name: 'a version that is forgotten is 410, with a token to go on regardless',
    run: async (server) => {
      await server.request('201', 'POST', server.gadgets(), { body: gadget('a', { size: 'small' }) });
      await server.eventually(
        '410 Expired',
        'GET',
        server.gadgets() + query({ resourceVersion: 1, resourceVersionMatch: 'Exact' }),
      );
      const token = Buffer.from('{"v":"meta.k8s.io/v1","rv":1,"start":"/0\\u0000"}').toString('base64url');
      const gone = await server.eventually(
        '410 Expired',
        'GET',
        server.gadgets() + query({ limit: 1, continue: token }),
      );
      await server.request('200', 'GET', server.gadgets() + query({ limit: 1, continue: gone.metadata.continue }));
    },
  },
];
