import assert from 'node:assert/strict';
import type { ApiAnswer } from '../../support/api-process.ts';
import { sharedPostgres } from '../../support/postgres/shared-postgres.ts';
import { eventually } from '../../support/wait.ts';
import { sweepKeys } from '../../../src/adapters/postgres/access/idempotency-keys.ts';
import { effectsOf, type Scene, startScene } from './scene.ts';

const effects = '/api/v1/admin/test/effects';

describe('Idempotency-Key', () => {
  let scene: Scene;
  before(async () => void (scene = await startScene()));
  after(() => scene.end());

  const post = (idempotencyKey: string, body: unknown, key = scene.adminKey): Promise<ApiAnswer> =>
    scene.call('POST', effects, { key, body, headers: { 'idempotency-key': idempotencyKey } });

  it('gives a repeat the same answer, and the effect once', async () => {
    const first = await post('repeat', { name: 'repeat' });
    const second = await post('repeat', { name: 'repeat' });
    assert.deepEqual([first.status, second.status, second.text], [201, 201, first.text]);
    assert.equal(first.headers.get('idempotency-replayed'), null);
    assert.equal(second.headers.get('idempotency-replayed'), 'true');
    assert.equal(await effectsOf(scene.database, 'repeat'), 1);
  });

  it('takes JSON that says the same for the same', async () => {
    await post('layout', '{"name":"layout","outcome":"answer"}');
    const again = await post('layout', ' { "outcome" : "answer", "n\\u0061me" : "layout" } ');
    assert.equal(again.headers.get('idempotency-replayed'), 'true');
  });

  for (const count of [50, 200]) {
    it(`${count} at once: one effect, equal answers`, async () => {
      const name = `at once ${count}`;
      const answers = await Promise.all(Array.from({ length: count }, () => post(`once-${count}`, { name })));
      assert.equal(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size, 1);
      assert.equal(answers[0]?.status, 201);
      assert.equal(answers.filter(({ headers }) => headers.get('idempotency-replayed') === null).length, 1);
      assert.equal(await effectsOf(scene.database, name), 1);
    });
  }

  it('two replicas at once: one effect, equal answers', async () => {
    const other = await secondReplica(scene);
    try {
      const send = (url: string): Promise<Response> =>
        fetch(`${url}${effects}`, {
          method: 'POST',
          headers: {
            authorization: `Bearer ${scene.adminKey}`,
            'content-type': 'application/json',
            'idempotency-key': 'replicas',
          },
          body: JSON.stringify({ name: 'replicas' }),
        });
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, index) => send(index % 2 ? scene.url : other.url)),
      );
      const texts = await Promise.all(answers.map((answer) => answer.text()));
      assert.equal(new Set(texts).size, 1, texts.join('\n'));
      assert.equal(await effectsOf(scene.database, 'replicas'), 1);
    } finally {
      await other.end();
    }
  });

  it('keeps a refusal, with the effect rolled back', async () => {
    const first = await post('refusal', { name: 'refusal', outcome: 'refuse' });
    const second = await post('refusal', { name: 'refusal', outcome: 'refuse' });
    assert.deepEqual([first.status, second.status, second.text], [409, 409, first.text]);
    assert.equal(second.headers.get('content-type'), 'application/problem+json');
    assert.equal(second.headers.get('idempotency-replayed'), 'true');
    assert.equal((second.body as { why: string }).why, 'refusal');
    assert.equal(await effectsOf(scene.database, 'refusal'), 0);
  });

  it('50 refusals at once: equal answers', async () => {
    const body = { name: 'refusals', outcome: 'refuse' };
    const answers = await Promise.all(Array.from({ length: 50 }, () => post('refusals', body)));
    assert.equal(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size, 1);
    assert.equal(answers[0]?.status, 409);
  });

  const ours: [outcome: string, status: number][] = [
    ['fail', 500],
    ['lie', 500],
    ['cut', 503],
  ];
  for (const [outcome, status] of ours) {
    it(`leaves the key free after ${status} (${outcome}), with nothing done`, async () => {
      const failed = await post(`free-${outcome}`, { name: outcome, outcome });
      assert.equal(failed.status, status, failed.text);
      assert.equal(await effectsOf(scene.database, outcome), 0);
      const again = await post(`free-${outcome}`, { name: outcome });
      assert.deepEqual([again.status, again.headers.get('idempotency-replayed')], [201, null]);
    });
  }

  it('refuses the key for another body, query or path, and does nothing', async () => {
    await post('reused', { name: 'reused' });
    for (const [path, body] of [
      [effects, { name: 'reused, too' }],
      ['/api/v1/admin/test/echo', { points: 1 }],
    ] as const) {
      const answer = await scene.asAdmin('POST', path, { body, headers: { 'idempotency-key': 'reused' } });
      assert.equal(answer.status, 422);
      assert.equal((answer.body as { code: string }).code, 'idempotency-key-reused');
    }
    assert.equal(await effectsOf(scene.database, 'reused, too'), 0);
  });

  it('is another key for another API key', async () => {
    const other = await scene.newKey('admin');
    const till = await scene.newKey('store');
    for (const key of [scene.adminKey, other.key, till.key]) await post('mine', { name: 'mine' }, key);
    assert.equal(await effectsOf(scene.database, 'mine'), 3);
  });

  const keys: [key: string, status: number][] = [
    ['a', 201],
    ['~!@#$%^&*(){}[]|\\:;"\'<>,.?/', 201],
    ['k'.repeat(255), 201],
    ['k'.repeat(256), 400],
    ['', 400],
    ['two words', 400],
    ['käse', 400],
  ];
  for (const [key, status] of keys) {
    it(`${status}: ${key.length > 40 ? `${key.length} characters` : `"${key}"`}`, async () => {
      assert.equal((await post(key, { name: 'form' })).status, status);
    });
  }

  it('does not keep what is shown once', async () => {
    const once = (): Promise<ApiAnswer> =>
      scene.asAdmin('POST', '/api/v1/admin/test/once', { headers: { 'idempotency-key': 'shown' } });
    assert.deepEqual((await once()).body, { id: 1, secret: 'shown once' });
    assert.deepEqual((await once()).body, { id: 1 });
  });

  it('changes nothing where it is not a POST', async () => {
    const path = '/api/v1/admin/test/items/01943f6e-7c00-7abc-8def-0123456789ab';
    const remove = (): Promise<ApiAnswer> => scene.asAdmin('DELETE', path, { headers: { 'idempotency-key': 'x y' } });
    assert.deepEqual([(await remove()).status, (await remove()).headers.get('idempotency-replayed')], [204, null]);
  });

  it('is forgotten after its time, in batches', async () => {
    const old = { merchant_id: '00000000-0000-0000-0000-000000000000', fingerprint: Buffer.alloc(32), status: 201 };
    const { id } = await scene.newKey('admin');
    const instant = new Date('2020-01-01T00:00:00Z');
    const rows = Array.from({ length: 25 }, (_, index) => ({
      ...old,
      api_key_id: id,
      key: `old-${index}`,
      created_at: instant,
    }));
    await scene.database('idempotency_keys').insert([...rows, { ...old, api_key_id: id, key: 'new' }]);
    const before = new Date('2021-01-01T00:00:00Z');
    assert.deepEqual(
      [await sweepKeys(scene.database, before, 20), await sweepKeys(scene.database, before, 20)],
      [20, 5],
    );
    assert.deepEqual(await scene.database('idempotency_keys').where({ api_key_id: id }).pluck('key'), ['new']);
  });

  it('a repeat waits for the first, which is in work', async () => {
    const body = { name: 'in work', outcome: 'wait' };
    const answers = [post('in-work', body), post('in-work', body)];
    await eventually(() => assert.ok(scene.gate.waiting() === 1), { describe: 'the first to be in work' });
    scene.gate.open();
    const [first, second] = await Promise.all(answers);
    assert.equal(first?.text, second?.text);
    assert.equal(await effectsOf(scene.database, 'in work'), 1);
  });
});

/** Another process would do the same: it shares nothing with the first but the database. */
async function secondReplica(scene: Scene): Promise<Scene> {
  const { rows } = await scene.database.raw<{ rows: { name: string }[] }>('SELECT current_database() AS name');
  const name = rows[0]?.name ?? '';
  const testDatabase = { name, url: (await sharedPostgres()).url(name), drop: () => Promise.resolve() };
  return startScene({ testDatabase, bootstrapKey: scene.adminKey });
}
