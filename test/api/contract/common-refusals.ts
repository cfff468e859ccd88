import { randomUUID } from 'node:crypto';
import type { DocumentedOperation } from '../document.ts';
import { store, type World } from '../world.ts';
import type { Given } from './given.ts';

/** How a request that an operation would take is changed into one that it refuses, by problem code. */
export const commonRefusals: Record<
  string,
  (given: Given, world: World, operation: DocumentedOperation) => Promise<Given> | Given
> = {
  'invalid-request': (given) => ({ ...given, query: { ...given.query, no_such_parameter: '1' } }),
  unauthenticated: (given) => {
    const anonymous = { ...given };
    delete anonymous.key;
    return anonymous;
  },
  forbidden: (given, { home, adminKey }) => ({ ...given, key: given.key === home.key ? adminKey : home.key }),
  'not-found': (given) => ({
    ...given,
    path: Object.fromEntries(Object.keys(given.path ?? {}).map((name) => [name, randomUUID()])),
  }),
  'payload-too-large': (given) => ({
    ...given,
    body: Buffer.isBuffer(given.body)
      ? Buffer.alloc(1024 * 1024 + 1)
      : JSON.stringify(given.body) + ' '.repeat(64 * 1024),
  }),
  'unsupported-media-type': (given) => ({ ...given, headers: { ...given.headers, 'content-type': 'text/plain' } }),
  'invalid-pass-token': (given) => ({
    ...given,
    headers: { ...given.headers, authorization: `ApplePass ${'x'.repeat(43)}` },
  }),
  'idempotency-key-reused': async (given, world) => {
    const key = await usedKey(given, world);
    return { ...given, headers: { 'idempotency-key': key } };
  },
};

/** An Idempotency-Key under which the same API key has sent another request. */
async function usedKey({ key = '' }: Given, { api, home }: World): Promise<string> {
  const name = randomUUID();
  const path = key === home.key ? `${store}/cards/${randomUUID()}/earn` : '/api/v1/admin/loyalty/merchants';
  const body = key === home.key ? { points: 1 } : { name: 'Another', timezone: 'UTC' };
  await api.call('POST', path, { key, body, headers: { 'idempotency-key': name } });
  return name;
}
