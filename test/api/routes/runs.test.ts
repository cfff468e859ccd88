import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { verifyMerchant } from '../../../src/adapters/postgres/ledger/verify.ts';
import { eventually } from '../../support/wait.ts';
import { expireByRun } from '../expire-by-run.ts';
import { type Answered, isProblem, type Json, sharedWorld, type Shop, walk, type World } from './world.ts';

const program = { expiry: { mode: 'fixed', days: 400, rounding: 'none' } };
const reason = 'Imported with wrong dates';
const day = 86_400_000;

interface Run extends Json {
  id: string;
  state: string;
  merchants: { total: number; pending: number; done: number; failed: number };
  totals: { cards: number; lots: number; points: number };
}

describe('runs', () => {
  let world: World;
  let shop: Shop;
  before(async () => {
    world = await sharedWorld();
    shop = await world.shop({ program });
  });

  /** Cards with so many points each. */
  async function cardsWith(own: Shop, points: readonly number[]): Promise<string[]> {
    const cards: string[] = [];
    for (const number of points) {
      const { id } = await own.enrol();
      await own.earn(id, number);
      cards.push(id);
    }
    return cards;
  }

  const get = async (path: string): Promise<Json> => {
    const { status, body, text } = await world.admin('GET', path);
    assert.equal(status, 200, text);
    return body;
  };

  const restore = (runId: string, body: Json = {}): Promise<Answered> =>
    world.admin('POST', `/runs/${runId}/restore`, { body: { reason, ...body } });

  /** The restore that was accepted, once it is worked off. */
  async function worked({ status, headers, text }: Answered): Promise<Run> {
    assert.equal(status, 202, text);
    const path = (headers.get('location') ?? '').replace('/api/v1/admin/loyalty', '');
    return eventually(
      async () => {
        const run = (await get(path)) as Run;
        return run.state === 'running' ? null : run;
      },
      { describe: 'the restore to be worked off', deadlineSeconds: 20 },
    );
  }

  const balanceOf = async (cardId: string): Promise<unknown> => (await get(`/cards/${cardId}`))['balance'];

  describe('GET /runs', () => {
    it('lists runs newest first, by task, state and merchant, page by page', async () => {
      const own = await world.shop();
      const { merchantId } = own;
      const failure = { reason: 'LockTimeout', message: 'canceling statement due to lock timeout [SQLSTATE 55P03]' };
      const ids: string[] = [];
      for (const task of ['expire-points', 'verify-ledger', 'expire-points', 'sync-wallets'] as const) {
        ids.unshift(await expireByRun(world.database, { task, merchantId }));
      }
      ids.unshift(await expireByRun(world.database, { merchantId, failure }));
      const listed = async (filter: string): Promise<unknown[]> =>
        (
          await walk((page) => world.admin('GET', `/runs?merchant_id=${merchantId}&${filter}${page}`), { limit: 2 })
        ).map(({ id }) => id);
      assert.deepEqual(await listed(''), ids);
      assert.deepEqual(await listed('task=expire-points&'), [ids[0], ids[2], ids[4]]);
      assert.deepEqual(await listed('task=expire-points&state=done&'), [ids[2], ids[4]]);
      assert.deepEqual(await listed('state=failed&'), [ids[0]]);
      assert.deepEqual(await listed('state=abandoned&'), []);
    });

    it('refuses what is no task, state or id', async () => {
      for (const query of ['task=earn', 'state=ended', 'merchant_id=x', 'cursor=x', 'tasks=restore']) {
        isProblem(await world.admin('GET', `/runs?${query}`), 400, 'invalid-request');
      }
    });
  });

  describe('GET /runs/{run_id}', () => {
    it('tells what it has come to', async () => {
      const cardIds = await cardsWith(shop, [100, 20, 3]);
      const id = await expireByRun(world.database, { merchantId: shop.merchantId, cardIds });
      const run = (await get(`/runs/${id}`)) as Run;
      const { task, state, full_run, actor, merchants, totals, failed_merchants, rerun } = run;
      assert.deepEqual([task, state, full_run, actor], ['expire-points', 'done', false, 'test']);
      assert.deepEqual(merchants, { total: 1, pending: 0, done: 1, failed: 0, skipped: 0 });
      assert.deepEqual(totals, { cards: 3, lots: 3, points: 123 });
      assert.deepEqual([failed_merchants, rerun], [[], null]);
      assert.ok(new Date(String(run['finished_at'])) >= new Date(String(run['started_at'])));
    });

    it('names who failed, why, what to do, and how to have the rest done', async () => {
      const { merchantId } = shop;
      const failure = { reason: 'SuspiciousVolume', message: '99 of 100 points would expire' };
      const id = await expireByRun(world.database, { merchantId, failure });
      const run = await get(`/runs/${id}`);
      assert.equal(run['state'], 'failed');
      assert.equal(run['rerun'], `loyalty expire-points --resume ${id}`);
      const [{ advice, ...failed } = {}] = run['failed_merchants'] as Json[];
      assert.deepEqual(failed, { merchant_id: merchantId, merchant_name: 'Bäckerei Vogel', ...failure });
      assert.match(String(advice), /--force-merchant/);
      const { items } = await get(`/runs/${id}/failures`);
      const [{ occurred_at, id: failureId, ...listed } = {}] = items as Json[];
      assert.deepEqual(listed, { ...failed, advice, card_id: null, platform: null });
      assert.ok(occurred_at && failureId);
      const merchants = (await get(`/runs/${id}/merchants?state=failed`))['items'] as Json[];
      assert.deepEqual(merchants.map((row) => [row['merchant_id'], row['reason'], row['cards']]), [[merchantId, 'SuspiciousVolume', 0]]); // prettier-ignore
      assert.deepEqual((await get(`/runs/${id}/merchants?state=done`))['items'], []);
    });

    it('has jobs of each kind done again as they can be', async () => {
      const { merchantId } = shop;
      const failure = { reason: 'LockTimeout', message: 'x' };
      const rerun = async (task: 'sync-wallets' | 'verify-ledger'): Promise<unknown[]> => {
        const id = await expireByRun(world.database, { task, merchantId, failure });
        return [(await get(`/runs/${id}`))['rerun'], id];
      };
      const [sync, id] = await rerun('sync-wallets');
      assert.equal(sync, `loyalty sync-wallets --failures-of ${String(id)}`);
      assert.equal((await rerun('verify-ledger'))[0], `loyalty verify-ledger --merchant ${merchantId}`);
    });

    it('pages through merchants and failures', async () => {
      const id = await expireByRun(world.database, { merchantId: shop.merchantId });
      const shops = [await world.shop(), await world.shop(), await world.shop(), await world.shop()];
      const failure = { run_id: id, reason: 'BadData', message: 'x' };
      for (const { merchantId: merchant_id } of shops) {
        await world.database('run_merchants').insert({ merchant_id, run_id: id, state: 'failed', reason: 'BadData' });
        await world.database('run_failures').insert({ ...failure, merchant_id });
      }
      const ids = shops.map(({ merchantId }) => merchantId);
      const merchants = await walk((page) => world.admin('GET', `/runs/${id}/merchants?${page}`), { limit: 2 });
      assert.deepEqual(merchants.map((row) => row['merchant_id']), [shop.merchantId, ...ids]); // prettier-ignore
      const failures = await walk((page) => world.admin('GET', `/runs/${id}/failures?${page}`), { limit: 3 });
      assert.deepEqual(failures.map((row) => row['merchant_id']), ids); // prettier-ignore
      const ofOne = (await get(`/runs/${id}/failures?merchant_id=${ids[1]}`))['items'] as Json[];
      assert.deepEqual(ofOne.map((row) => row['merchant_id']), [ids[1]]); // prettier-ignore
    });

    it('answers 404 for a run that there is not', async () => {
      for (const path of ['', '/merchants', '/failures']) {
        isProblem(await world.admin('GET', `/runs/${randomUUID()}${path}`), 404, 'not-found');
      }
      isProblem(await restore(randomUUID()), 404, 'not-found');
    });
  });

  describe('POST /runs/{run_id}/restore', () => {
    it('says in a dry run what would come back, and changes nothing', async () => {
      const own = await world.shop({ program });
      const cardIds = await cardsWith(own, [100, 20]);
      const { merchantId } = own;
      const id = await expireByRun(world.database, { merchantId, cardIds });
      const { status, body } = await restore(id, { dry_run: true });
      const sums = { cards: 2, entries: 2, points: 120, closed: 0 };
      const by_merchant = [{ merchant_id: merchantId, merchant_name: 'Bäckerei Vogel', ...sums }];
      assert.deepEqual([status, body], [200, { dry_run: true, merchants: 1, ...sums, by_merchant }]);
      assert.equal((await get(`/runs?task=restore&merchant_id=${merchantId}`))['items']?.toString(), '');
      assert.deepEqual(await Promise.all(cardIds.map(balanceOf)), [0, 0]);
    });

    it('brings everything back as new lots that last the full period, once', async () => {
      const own = await world.shop({ program });
      const { merchantId } = own;
      const cardIds = await cardsWith(own, [100, 20, 3]);
      const id = await expireByRun(world.database, { merchantId, cardIds });
      const begun = Date.now();
      const run = await worked(await restore(id));
      assert.deepEqual([run['task'], run.state, run['actor']], ['restore', 'done', await adminActor()]);
      assert.deepEqual(run.totals, { cards: 3, lots: 3, points: 123 });
      assert.deepEqual(await Promise.all(cardIds.map(balanceOf)), [100, 20, 3]);
      const lots = await world.database('lots').where({ merchant_id: merchantId }).whereNotNull('restored_from');
      assert.equal(lots.length, 3);
      for (const { expires_at } of lots as { expires_at: Date }[]) {
        const days = (expires_at.getTime() - begun) / day;
        assert.ok(days >= 399.9 && days < 401, `${days} days`);
      }
      const again = await worked(await restore(id));
      assert.deepEqual([again.state, again.totals], ['done', { cards: 0, lots: 0, points: 0 }]);
      assert.deepEqual(await Promise.all(cardIds.map(balanceOf)), [100, 20, 3]);
      assert.equal((await verifyMerchant(world.database, merchantId)).imbalancedCards, 0);
    });

    const adminActor = async (): Promise<string> => {
      const { items } = (await get('/api-keys?limit=100')) as { items: { id: string; name: string }[] };
      return `key:${items.find(({ name }) => name === 'bootstrap')?.id}`;
    };

    it('is audited with actor, reason and what was asked', async () => {
      const { merchantId } = shop;
      const cardIds = await cardsWith(shop, [5]);
      const id = await expireByRun(world.database, { merchantId, cardIds });
      const expires_at = '2999-12-31T23:59:59.999Z';
      await restore(id, { dry_run: true });
      const run = await worked(await restore(id, { merchant_id: merchantId, expires_at }));
      const { items } = (await get(`/audit?subject=${id}`)) as { items: Json[] };
      const told = items.map(({ actor, action, reason: why, merchant_id, details }) => ({ actor, action, why, merchant_id, details })); // prettier-ignore
      const details = { restore_run_id: run.id, merchant_id: merchantId, expires_at };
      assert.deepEqual(told, [
        { actor: await adminActor(), action: 'run.points_restored', why: reason, merchant_id: merchantId, details },
      ]);
      const entries = await world.database('entries').where({ merchant_id: merchantId, run_id: run.id });
      assert.deepEqual(entries.map((row: Json) => [row['kind'], row['points'], row['reason'], row['actor']]), [['restore', 5, reason, await adminActor()]]); // prettier-ignore
      const [lot] = await world
        .database('lots')
        .where({ merchant_id: merchantId, entry_id: (entries[0] as Json)['id'] });
      assert.equal((lot as { expires_at: Date }).expires_at.toISOString(), expires_at);
    });

    it('never lets points expire for which null is given', async () => {
      const cardIds = await cardsWith(shop, [7]);
      const id = await expireByRun(world.database, { merchantId: shop.merchantId, cardIds });
      await worked(await restore(id, { expires_at: null }));
      const [lot] = await world.database('lots').where({ merchant_id: shop.merchantId, card_id: cardIds[0] }).whereNotNull('restored_from'); // prettier-ignore
      assert.equal((lot as Json)['expires_at'], null);
    });

    it('restores one merchant of several alone', async () => {
      const other = await world.shop({ program });
      const [mine, theirs] = [await cardsWith(shop, [11]), await cardsWith(other, [13])];
      const id = await expireByRun(world.database, { merchantId: shop.merchantId, cardIds: mine });
      const also = await expireByRun(world.database, { merchantId: other.merchantId, cardIds: theirs });
      await mergeRuns(also, id);
      const run = await worked(await restore(id, { merchant_id: other.merchantId }));
      assert.deepEqual([run.merchants.total, run.totals.points], [1, 13]);
      assert.deepEqual(await Promise.all([...mine, ...theirs].map(balanceOf)), [0, 13]);
      const rest = await worked(await restore(id));
      assert.deepEqual(rest.totals, { cards: 1, lots: 1, points: 11 });
    });

    /** Makes the merchants of one run those of another, which is of several then. Entries are append-only but for this. */
    async function mergeRuns(from: string, into: string): Promise<void> {
      await world.database.transaction(async (transaction) => {
        await transaction.raw('SET LOCAL session_replication_role = replica');
        for (const table of ['entries', 'run_merchants']) await transaction(table).where({ run_id: from }).update({ run_id: into }); // prettier-ignore
      });
    }

    it('passes over closed cards, and names them', async () => {
      const own = await world.shop({ program });
      const [kept = '', erased = ''] = await cardsWith(own, [30, 40]);
      const id = await expireByRun(world.database, { merchantId: own.merchantId, cardIds: [kept, erased] });
      const { customer } = (await get(`/cards/${erased}`)) as { customer: { id: string } };
      await world.admin('DELETE', `/customers/${customer.id}`);
      const { body } = await restore(id, { dry_run: true });
      assert.deepEqual([body['cards'], body['entries'], body['points'], body['closed']], [1, 1, 30, 1]);
      const run = await worked(await restore(id));
      assert.deepEqual([run.state, run.totals], ['done', { cards: 1, lots: 1, points: 30 }]);
      const { items } = (await get(`/runs/${run.id}/failures`)) as { items: Json[] };
      assert.deepEqual(items.map((row) => [row['card_id'], row['reason']]), [[erased, 'CardClosed']]); // prettier-ignore
      assert.deepEqual([await balanceOf(kept), await balanceOf(erased)], [30, 0]);
    });

    it('passes over cards whose balance would be too large, and names them', async () => {
      const own = await world.shop({ program });
      const [full = '', other = ''] = await cardsWith(own, [30, 40]);
      const id = await expireByRun(world.database, { merchantId: own.merchantId, cardIds: [full, other] });
      await own.earn(full, Number.MAX_SAFE_INTEGER);
      const run = await worked(await restore(id));
      assert.deepEqual(run.totals, { cards: 1, lots: 1, points: 40 });
      const { items } = (await get(`/runs/${run.id}/failures`)) as { items: Json[] };
      assert.deepEqual(items.map((row) => [row['card_id'], row['reason']]), [[full, 'BalanceLimit']]); // prettier-ignore
      const body = { points: -30, reason: 'To make room' };
      await world.admin('POST', `/cards/${full}/adjust`, { body });
      assert.deepEqual((await worked(await restore(id))).totals, { cards: 1, lots: 1, points: 30 });
      assert.equal(await balanceOf(full), Number.MAX_SAFE_INTEGER);
    });

    it('leaves the others alone when a merchant fails, and brings the rest back when called again', async () => {
      const other = await world.shop({ program });
      const [mine, theirs] = [await cardsWith(shop, [11]), await cardsWith(other, [13])];
      const id = await expireByRun(world.database, { merchantId: shop.merchantId, cardIds: mine });
      const also = await expireByRun(world.database, { merchantId: other.merchantId, cardIds: theirs });
      await mergeRuns(also, id);
      const refuse = `refuse_${randomUUID().replaceAll('-', '')}`;
      await world.database.raw(`
        CREATE FUNCTION ${refuse}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'not for this merchant'; END $$;
        CREATE TRIGGER ${refuse} BEFORE INSERT ON entries FOR EACH ROW WHEN (NEW.merchant_id = '${shop.merchantId}') EXECUTE FUNCTION ${refuse}()`);
      const run = await worked(await restore(id));
      await world.database.raw(`DROP FUNCTION ${refuse} CASCADE`);
      assert.deepEqual([run.state, run.merchants.done, run.merchants.failed], ['partial', 1, 1]);
      const [failed] = (await get(`/runs/${run.id}`))['failed_merchants'] as Json[];
      assert.deepEqual([failed?.['merchant_id'], failed?.['reason']], [shop.merchantId, 'RaisedException']);
      assert.deepEqual(await Promise.all([...mine, ...theirs].map(balanceOf)), [0, 13]);
      assert.deepEqual((await worked(await restore(id))).totals, { cards: 1, lots: 1, points: 11 });
      assert.deepEqual(await Promise.all([...mine, ...theirs].map(balanceOf)), [11, 13]);
    });

    it('fails for what is asked too late, and says so', async () => {
      const own = await world.shop({ program });
      const cardIds = await cardsWith(own, [30]);
      const id = await expireByRun(world.database, { merchantId: own.merchantId, cardIds });
      // As if the API had been away since.
      const parameters = JSON.stringify({ restored_run: id, reason, expires_at: '2020-01-01T00:00:00.000Z' });
      const key = randomUUID();
      const run = { task: 'restore', run_key: key, as_of: new Date(), full_run: false, actor: 'test', parameters };
      await world.database.transaction(async (transaction) => {
        const [made] = await transaction('runs').insert(run).returning('id');
        const { id: run_id } = made as { id: string };
        await transaction('run_merchants').insert({ merchant_id: own.merchantId, run_id });
      });
      const found = await eventually(
        async () => {
          const { items } = (await get(`/runs?merchant_id=${own.merchantId}&task=restore`)) as { items: Run[] };
          return items[0]?.state === 'failed' ? items[0] : null;
        },
        { describe: 'the restore to fail' },
      );
      const details = await get(`/runs/${found.id}`);
      assert.equal((details['failed_merchants'] as Json[])[0]?.['reason'], 'ExpiryInPast');
      assert.equal(details['rerun'], `POST /api/v1/admin/loyalty/runs/${id}/restore, as before`);
      assert.equal(await balanceOf(cardIds[0] ?? ''), 0);
    });

    it('is the same restore under the same Idempotency-Key', async () => {
      const cardIds = await cardsWith(shop, [9]);
      const id = await expireByRun(world.database, { merchantId: shop.merchantId, cardIds });
      const call = { body: { reason }, headers: { 'idempotency-key': randomUUID() } };
      const first = await world.admin('POST', `/runs/${id}/restore`, call);
      const second = await world.admin('POST', `/runs/${id}/restore`, call);
      assert.equal(second.body['id'], first.body['id']);
      assert.equal(second.headers.get('location'), first.headers.get('location'));
      await worked(first);
      assert.equal(await balanceOf(cardIds[0] ?? ''), 9);
    });

    it('restores once when asked five times at once', async () => {
      const own = await world.shop({ program });
      const cardIds = await cardsWith(own, [1, 2, 3, 4]);
      const id = await expireByRun(world.database, { merchantId: own.merchantId, cardIds });
      const runs = await Promise.all((await Promise.all(Array.from({ length: 5 }, () => restore(id)))).map(worked));
      assert.deepEqual(new Set(runs.map(({ state }) => state)), new Set(['done']));
      assert.equal(runs.reduce((sum, { totals }) => sum + totals.points, 0), 10); // prettier-ignore
      assert.deepEqual(await Promise.all(cardIds.map(balanceOf)), [1, 2, 3, 4]);
    });

    it('refuses runs that take no points, merchants that were not of the run, and an expiry that has passed', async () => {
      const { merchantId } = shop;
      const sync = await expireByRun(world.database, { task: 'sync-wallets', merchantId });
      isProblem(await restore(sync), 409, 'conflict');
      const id = await expireByRun(world.database, { merchantId });
      isProblem(await restore(id, { merchant_id: (await world.shop()).merchantId }), 404, 'not-found');
      isProblem(await restore(id, { expires_at: '2020-01-01T00:00:00Z' }), 409, 'expiry-in-past');
      isProblem(await restore(id, { reason: '' }), 400, 'invalid-request');
      isProblem(await restore(id, { merchants: [] }), 400, 'invalid-request');
    });

    it('ends at once for a run that has taken nothing', async () => {
      const run = await worked(await restore(await expireByRun(world.database, { merchantId: shop.merchantId })));
      assert.deepEqual([run.state, run.merchants.total, run.totals.points], ['done', 0, 0]);
    });
  });
});
