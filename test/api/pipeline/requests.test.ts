import assert from 'node:assert/strict';
import { cursorAt } from '../../../src/api/schemas.ts';
import type { ApiAnswer } from '../../support/api-process.ts';
import { parseScrape, seriesOf } from '../../support/scrape.ts';
import { type Scene, startScene } from './scene.ts';

const itemId = '01943f6e-7c00-7abc-8def-0123456789ab';
const items = '/api/v1/admin/test/items';
const effects = '/api/v1/admin/test/effects';

interface Refused {
  code: string;
  request_id: string;
  errors?: { parameter?: string }[];
}

describe('a request', () => {
  let scene: Scene;
  before(async () => void (scene = await startScene()));
  after(() => scene.end());

  const queries: [query: string, status: number, parameters?: string[]][] = [
    ['', 200],
    ['?', 200],
    ['?limit=100', 200],
    [`?cursor=${cursorAt([7])}`, 200],
    ['?limit=%31%30', 200],
    ['?limit=0', 400, ['limit']],
    ['?limit=101', 400, ['limit']],
    ['?limit=1e1', 400, ['limit']],
    ['?limit=', 400, ['limit']],
    ['?limit=1&limit=1', 400, ['limit']],
    ['?limit[]=1', 400, ['limit[]']],
    ['?Limit=1', 400, ['Limit']],
    ['?unknown=1&other', 400, ['unknown', 'other']],
    ['?__proto__=1', 400, ['__proto__']],
    ['?cursor=x', 400, ['cursor']],
    [`?cursor=${cursorAt(['7'])}`, 400, ['cursor']],
    [`?cursor=${cursorAt({ __proto__: 7 })}`, 400, ['cursor']],
    ['?limit=%', 400, ['']],
    ['?limit=%ff', 400, ['']],
    ['?limit=%00', 400, ['limit']],
    ['?limit=1;cursor=2', 400, ['limit']],
  ];
  for (const [query, status, parameters] of queries) {
    it(`${status}: a GET with ${query || 'no query'}`, async () => {
      const answer = await scene.asAdmin('GET', `${items}/${itemId}${query}`);
      assert.equal(answer.status, status, answer.text);
      const { errors } = answer.body as Refused;
      assert.deepEqual(
        errors?.map(({ parameter }) => parameter),
        parameters,
      );
    });
  }

  const paths: [method: string, path: string, status: number][] = [
    ['GET', `${items}/${itemId.toUpperCase()}`, 200],
    ['GET', `${items}/x`, 404],
    ['GET', `${items}/%00`, 404],
    ['GET', `${items}/%ff`, 404],
    ['GET', `${items}/${itemId}%20`, 404],
    ['GET', `${items}/${itemId}/`, 404],
    ['GET', `${items.toUpperCase()}/${itemId}`, 404],
    ['GET', `/${items}/${itemId}`, 404],
    ['GET', `${items}/../items/${itemId}`, 200],
    ['GET', '/api/v1/admin/nowhere', 404],
    ['GET', '/docs/../package.json', 404],
    ['GET', '/docs/..%2fpackage.json', 404],
    ['GET', '/docs/index.html', 404],
    ['PUT', `${items}/${itemId}`, 405],
    ['PROPFIND', `${items}/${itemId}`, 405],
    ['OPTIONS', `${items}/${itemId}`, 405],
  ];
  for (const [method, path, status] of paths) {
    it(`${status}: ${method} ${path}`, async () => {
      const answer = await scene.asAdmin(method, path);
      assert.equal(answer.status, status, answer.text);
      if (status === 405) assert.equal(answer.headers.get('allow'), 'DELETE, GET, HEAD');
      if (status >= 400)
        assert.equal((answer.body as Refused).code, status === 405 ? 'method-not-allowed' : 'not-found');
    });
  }

  it('is answered to HEAD as to GET, without the body', async () => {
    const headers = { authorization: `Bearer ${scene.adminKey}` };
    const [head, get] = await Promise.all(
      ['HEAD', 'GET'].map((method) => fetch(`${scene.url}${items}/${itemId}`, { method, headers })),
    );
    assert.deepEqual([head?.status, await head?.text()], [200, '']);
    assert.equal(head?.headers.get('etag'), get?.headers.get('etag'));
    await get?.text();
  });

  it('is answered by its schema: what the schema does not know is left out', async () => {
    const { body } = await scene.asAdmin('GET', `${items}/${itemId}?cursor=${cursorAt([7])}`);
    assert.deepEqual(body, { id: itemId, limit: 20, after: 7 });
  });

  it('that fails says nothing of why, and the log does', async () => {
    const answer = await scene.asAdmin('POST', effects, { body: { name: 'a', outcome: 'fail' } });
    const { request_id, ...problem } = answer.body as Refused & Record<string, unknown>;
    assert.deepEqual(problem, {
      type: 'urn:problem-type:orion-loyalty:internal',
      title: 'Internal error',
      status: 500,
      code: 'internal',
      detail: 'Something that should not happen has happened. It was logged under the request_id.',
    });
    const logged = scene.lines().find((line) => line.event === 'api.failed' && line['request_id'] === request_id);
    assert.match(logged?.msg ?? '', /a defect with a secret in it[\s\S]*test-operations/);
  });

  it('is answered with 304 while its ETag fits', async () => {
    const path = `${items}/${itemId}`;
    const etag = (await scene.asAdmin('GET', path)).headers.get('etag') ?? '';
    assert.match(etag, /^"[\w-]{27}"$/);
    const statuses = [etag, `W/${etag}`, `"other", ${etag}`, '*', '"other"', etag.slice(1, -1)].map(async (tag) => {
      const answer = await scene.asAdmin('GET', path, { headers: { 'if-none-match': tag } });
      assert.equal(answer.text === '', answer.status === 304);
      return answer.status;
    });
    assert.deepEqual(await Promise.all(statuses), [304, 304, 304, 304, 200, 200]);
    const next = await scene.asAdmin('GET', `${path}?limit=3`, { headers: { 'if-none-match': etag } });
    assert.equal(next.status, 200);
  });

  const ids: [given: string, kept: boolean][] = [
    ['till-7.2026:0001', true],
    ['x'.repeat(128), true],
    ['x'.repeat(129), false],
    ['two words', false],
    ['{"level":"fatal"}', false],
  ];
  for (const [given, kept] of ids) {
    it(`${kept ? 'keeps' : 'replaces'} the X-Request-Id ${given.slice(0, 30)}`, async () => {
      const answer = await scene.call('GET', '/nowhere', { headers: { 'x-request-id': given } });
      const id = answer.headers.get('x-request-id') ?? '';
      assert.equal((answer.body as Refused).request_id, id);
      if (kept) assert.equal(id, given);
      else assert.match(id, /^[0-9a-f-]{36}$/);
    });
  }

  it('is one line of the log, without path, query, body or key', async () => {
    const headers = { 'x-request-id': 'logged' };
    await scene.asAdmin('GET', `${items}/${itemId}?limit=77`, { headers });
    await scene.asAdmin('GET', `${items}/hidden?name=Erika`, { headers: { 'x-request-id': 'refused' } });
    const line = (id: string) => scene.lines().find((one) => one['request_id'] === id);
    const { time: _time, duration_ms, key_id, ...rest } = line('logged') as Record<string, unknown>;
    const route = '/api/v1/admin/test/items/{item_id}';
    const common = { level: 'info', event: 'api.request', method: 'GET', route };
    assert.deepEqual(rest, { ...common, status: 200, request_id: 'logged' });
    assert.equal(typeof duration_ms, 'number');
    assert.match(String(key_id), /^[0-9a-f-]{36}$/);
    assert.equal(line('refused')?.['problem'], 'not-found');
    assert.doesNotMatch(JSON.stringify(scene.lines()), new RegExp(`Erika|hidden|limit=77|${scene.adminKey}`));
  });

  it('is measured by template, method and status', async () => {
    await scene.call('GET', '/nowhere/1');
    await scene.call('GET', '/nowhere/2');
    await scene.asAdmin('GET', `${items}/${itemId}`);
    const scrape = parseScrape(await (await fetch(`${scene.metricsUrl}/metrics`)).text());
    const count = (labels: Record<string, string>): number[] =>
      seriesOf(scrape, 'loyalty_http_request_duration_seconds_count', labels).map(({ value }) => value);
    assert.ok((count({ route: '/api/v1/admin/test/items/{item_id}', method: 'GET', status: '200' })[0] ?? 0) > 0);
    assert.equal(count({ route: 'none', method: 'GET', status: '404' }).length, 1);
    assert.deepEqual(
      seriesOf(scrape, 'loyalty_http_requests_in_flight').map(({ value }) => value),
      [0],
    );
    assert.equal(seriesOf(scrape, 'loyalty_database_pool_size')[0]?.value, 10);
    assert.equal(seriesOf(scrape, 'loyalty_event_loop_lag_seconds').length, 3);
  });

  it('is answered with headers that let nothing be run, framed, sniffed or stored', async () => {
    for (const path of [`${items}/${itemId}`, '/nowhere']) {
      const { headers } = await scene.asAdmin('GET', path);
      assert.equal(headers.get('content-security-policy'), "default-src 'none';frame-ancestors 'none'");
      assert.equal(headers.get('x-content-type-options'), 'nosniff');
      assert.equal(headers.get('cache-control'), 'no-store');
      assert.equal(headers.get('access-control-allow-origin'), null);
      assert.equal(headers.get('x-powered-by'), null);
    }
  });
});

describe('limits that are set', () => {
  let scene: Scene;
  before(async () => {
    scene = await startScene({ requestsPerMinute: 3, allowedOrigins: ['https://shop.example.com'] });
  });
  after(() => scene.end());

  it('refuse a key that sends too much, and no other one', async () => {
    const { key } = await scene.newKey('admin');
    const answers = [];
    for (let count = 0; count < 4; count += 1) answers.push(await scene.call('GET', `${items}/${itemId}`, { key }));
    assert.deepEqual(
      answers.map(({ status }) => status),
      [200, 200, 200, 429],
    );
    const last = answers.at(-1) as ApiAnswer;
    assert.match(last.headers.get('retry-after') ?? '', /^([1-9]|[1-5]\d|60)$/);
    assert.equal(last.headers.get('ratelimit-policy'), '"key";q=3;w=60');
    assert.match(last.headers.get('ratelimit') ?? '', /^"key";r=0;t=\d+$/);
    assert.equal((last.body as Refused).code, 'rate-limited');
    assert.equal((await scene.asAdmin('GET', `${items}/${itemId}`)).status, 200);
  });

  it('let pages of an allowed origin call, and no others', async () => {
    const allowed = { origin: 'https://shop.example.com' };
    const asked = { ...allowed, 'access-control-request-method': 'POST' };
    const preflight = await scene.call('OPTIONS', effects, { headers: asked });
    assert.equal(preflight.status, 204);
    assert.match(preflight.headers.get('access-control-allow-headers') ?? '', /Authorization.*Idempotency-Key/);
    const answer = await scene.call('GET', '/nowhere', { headers: allowed });
    assert.equal(answer.headers.get('access-control-allow-origin'), 'https://shop.example.com');
    const other = await scene.call('GET', '/nowhere', { headers: { origin: 'https://evil.example.com' } });
    assert.equal(other.headers.get('access-control-allow-origin'), null);
  });
});
