import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import { newApiKey } from '../../../src/api/api-key.ts';
import { openDatabase } from '../../../src/adapters/postgres/database.ts';
import { sweepSessions } from '../../../src/adapters/postgres/access/console-sessions.ts';
import { type RunningApi, startApi } from '../../support/api-process.ts';
import { documentedOperations } from '../document.ts';
import { admin, createWorld, type World } from '../world.ts';
import { consoleClient } from './console-client.ts';

describe('sessions of the console', function () {
  this.timeout(60_000);
  let api: RunningApi;
  let replica: RunningApi;
  let world: World;
  let database: Knex;

  before('start two replicas', async () => {
    api = await startApi();
    replica = await startApi({ database: api.database, adminKey: api.adminKey });
    world = await createWorld(api);
    database = openDatabase({ url: api.database.url, poolSize: 2, applicationName: 'test' });
  });
  after(async () => {
    await database?.destroy();
    await replica?.end();
    await api?.end();
  });

  async function signedIn(key = world.readKey) {
    const client = consoleClient(api);
    const answer = await client.signIn(key);
    assert.equal(answer.status, 303, answer.text);
    return client;
  }

  it('lead to the sign-in page and from there to the page that was asked for', async () => {
    const client = consoleClient(api);
    const refused = await client.get('/runs');
    assert.deepEqual([refused.status, refused.headers.get('location')], [303, '../console/sign-in?to=%2Fruns']);
    const signedIn = await client.signIn(world.readKey, { to: '/runs' });
    assert.deepEqual([signedIn.status, signedIn.headers.get('location')], [303, '../console/runs']);
    assert.equal((await client.get('/runs')).status, 200);
  });

  for (const to of ['//evil.example', 'https://evil.example', '/../docs', '/sign-out', '/a/b/c', '/x?y', '\\evil'])
    it(`lead to the overview and not to ${to}`, async () => {
      const answer = await consoleClient(api).signIn(world.readKey, { to });
      assert.equal(answer.headers.get('location'), '../console');
    });

  it('are opened by admin keys as well', async () => {
    assert.match((await (await signedIn(world.adminKey)).get('')).text, /<h1>Overview<\/h1>/);
  });

  const wrong: [string, () => string, number, RegExp][] = [
    ['a key that nobody has', newApiKey, 401, /not known, or it was revoked/],
    ['no key at all', () => 'hunter2', 401, /not known, or it was revoked/],
    ['the key of a store', () => world.home.key, 403, /of scope store/],
  ];
  for (const [name, key, status, message] of wrong)
    it(`are not opened by ${name}`, async () => {
      const client = consoleClient(api);
      const answer = await client.signIn(key());
      assert.equal(answer.status, status);
      assert.match(answer.text, message);
      assert.doesNotMatch(answer.text, new RegExp(key()));
      assert.equal(client.cookie(), '');
    });

  it('set a cookie that scripts and other sites do not get, and that is not the key', async () => {
    const client = consoleClient(api);
    const local = String((await client.signIn(world.readKey)).headers.get('set-cookie'));
    assert.match(local, /^loyalty-console=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/);
    assert.ok(!local.includes(world.readKey.slice(4)));
    const proxied = await consoleClient(api).signIn(world.readKey, {}, { 'x-forwarded-proto': 'https' });
    const encrypted = String(proxied.headers.get('set-cookie'));
    assert.match(encrypted, /^__Host-loyalty-console=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Secure$/);
    const stored = await database('console_sessions').select('hash');
    for (const { hash } of stored as { hash: Buffer }[]) assert.ok(!local.includes(hash.toString('base64url')));
  });

  it('hold on every replica, and end on every replica', async () => {
    const client = await signedIn();
    const other = consoleClient(replica, client.cookie());
    assert.equal((await other.get('')).status, 200);
    assert.equal((await client.signOut()).status, 303);
    assert.equal((await other.get('')).status, 303);
    assert.equal((await client.get('')).status, 303);
  });

  it('end with their key, at once', async () => {
    const body = { name: 'Night shift', scope: 'admin:read' };
    const made = await api.call('POST', `${admin}/api-keys`, { key: world.adminKey, body });
    const { id, key } = made.body as { id: string; key: string };
    const client = await signedIn(key);
    assert.match((await client.get('')).text, /Night shift/);
    assert.equal((await api.call('DELETE', `${admin}/api-keys/${id}`, { key: world.adminKey })).status, 204);
    assert.equal((await consoleClient(replica, client.cookie()).get('')).status, 303);
  });

  const ends: [string, Record<string, string>][] = [
    ['half an hour without a request', { last_seen_at: '31 minutes' }],
    ['twelve hours', { created_at: '12 hours 1 minute' }],
  ];
  for (const [name, changes] of ends)
    it(`end after ${name}, and are removed`, async () => {
      await database('console_sessions').del();
      const client = await signedIn();
      for (const [column, age] of Object.entries(changes))
        await database('console_sessions').update({ [column]: database.raw('clock_timestamp() - ?::interval', [age]) });
      assert.equal((await client.get('')).status, 303);
      await sweepSessions(database);
      assert.deepEqual(await database('console_sessions'), []);
    });

  it('last as long as there are requests', async () => {
    await database('console_sessions').del();
    const client = await signedIn();
    await database('console_sessions').update({
      last_seen_at: database.raw("clock_timestamp() - interval '20 minutes'"),
    });
    assert.equal((await client.get('')).status, 200);
    const [fresh] = await database('console_sessions').whereRaw(
      "last_seen_at > clock_timestamp() - interval '1 minute'",
    );
    assert.ok(fresh);
  });

  const foreign: [string, Record<string, string>][] = [
    ['another origin', { origin: 'https://evil.example' }],
    ['a neighbouring host', { origin: 'http://127.0.0.1:1', 'sec-fetch-site': 'same-site' }],
    ['an opaque origin', { origin: 'null' }],
    ['a frame of another site', { 'sec-fetch-site': 'cross-site' }],
  ];
  for (const [name, headers] of foreign)
    it(`are neither opened nor ended by a form of ${name}`, async () => {
      const client = await signedIn();
      assert.equal((await client.signOut(headers)).status, 403);
      assert.equal((await client.get('')).status, 200);
      const answer = await consoleClient(api).signIn(world.readKey, {}, headers);
      assert.deepEqual([answer.status, answer.headers.get('set-cookie')], [403, null]);
    });

  it('are not taken for a key by the API, and a key not for a session', async () => {
    const client = await signedIn(world.adminKey);
    const headers = { cookie: client.cookie() };
    assert.equal((await api.call('GET', `${admin}/merchants`, { headers })).status, 401);
    const bearer = { authorization: `Bearer ${world.adminKey}` };
    assert.equal((await consoleClient(api).get('', bearer)).status, 303);
  });

  it('are found again by whoever follows a link from another site', async () => {
    const answer = await consoleClient(api).get('/runs', { 'sec-fetch-site': 'cross-site' });
    assert.equal(answer.status, 200);
    assert.match(answer.text, /<meta http-equiv="refresh" content="0" \/>/);
  });

  it('refuse forms that are too large or none', async () => {
    assert.equal((await consoleClient(api).signIn('x'.repeat(5_000))).status, 413);
    const answer = await consoleClient(api).signIn(world.readKey, {}, { 'content-type': 'text/plain' });
    assert.equal(answer.status, 415);
  });

  it('have pages with a policy that lets nothing run, and assets that may be kept', async () => {
    const page = await (await signedIn()).get('');
    assert.equal(
      page.headers.get('content-security-policy'),
      "default-src 'none';style-src 'self';img-src 'self';base-uri 'none';form-action 'self';frame-ancestors 'none'",
    );
    assert.equal(page.headers.get('cache-control'), 'no-store');
    assert.doesNotMatch(page.text, /<script|<style|\sstyle=|\son\w+=/i);
    const [, path = ''] = /href="console(\/assets\/console\.[\da-f]{16}\.css)"/.exec(page.text) ?? [];
    const sheet = await consoleClient(api).get(path);
    assert.equal(sheet.status, 200);
    assert.equal(sheet.headers.get('cache-control'), 'public, max-age=31536000, immutable');
    assert.equal((await consoleClient(api).get('/assets/console.css')).status, 404);
  });

  it('are no part of the OpenAPI document', () => {
    assert.ok(documentedOperations().every(({ path }) => !path.includes('console')));
  });

  it('are not there when the console is off', async () => {
    const off = await startApi({ database: api.database, adminKey: api.adminKey, environment: { CONSOLE: 'false' } });
    try {
      assert.equal((await off.call('GET', '/console')).status, 404);
      assert.equal((await off.call('POST', '/console/sign-in')).status, 404);
    } finally {
      await off.end();
    }
  });
});
