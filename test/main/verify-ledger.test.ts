import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Knex } from 'knex';
import { openDatabase } from '../../src/adapters/postgres/database.ts';
import { makeWorld } from '../../src/demo-data/make-world.ts';
import { freePort } from '../support/control-plane/ports.ts';
import type { TestDatabase } from '../support/postgres/postgres.ts';
import { sharedPostgres } from '../support/postgres/shared-postgres.ts';
import { type Ended, runLoyalty, startLoyalty } from '../support/run-loyalty.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';
import { eventually } from '../support/wait.ts';

const world = { merchants: 3, cards: 90, lotsPerCard: 3, dueShare: 0.05, years: 1, seed: 'test' };

interface Card {
  merchant_id: string;
  id: string;
  balance: number;
}

function eventsOf({ stderr }: Ended): Record<string, unknown>[] {
  const lines = stderr.split('\n').filter((line) => line.startsWith('{'));
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

function eventsNamed(ended: Ended, name: string): Record<string, unknown>[] {
  return eventsOf(ended).filter(({ event }) => event === `verify_ledger.${name}`);
}

describe('loyalty verify-ledger', () => {
  let database: TestDatabase;
  let knex: Knex;
  let merchants: string[];
  let cards: Card[];

  beforeEach(async () => {
    database = await (await sharedPostgres()).createDatabase();
    knex = openDatabase({ url: database.url, poolSize: 3, applicationName: 'test' });
    await makeWorld(knex, world, { add: false, now: new Date() });
    merchants = (await knex<{ id: string }>('merchants').select('id').orderBy('id')).map(({ id }) => id);
    cards = await knex<Card>('cards').select('merchant_id', 'id', 'balance').where('balance', '>', 0).orderBy('id');
  });

  afterEach(async () => {
    await knex.destroy();
    await database.drop();
  });

  const run = (...flags: string[]): Promise<Ended> =>
    runLoyalty({ DATABASE_URL: database.url }, 'verify-ledger', ...flags);

  /** As somebody with too many rights would: without triggers and foreign keys. */
  async function corrupt(...statements: [sql: string, values: readonly string[]][]): Promise<void> {
    await knex.transaction(async (transaction) => {
      await transaction.raw('SET LOCAL session_replication_role = replica');
      for (const [sql, values] of statements) await transaction.raw(sql, [...values]);
    });
  }

  function cardOf(merchant: number): Card {
    const found = cards.find(({ merchant_id: owner }) => owner === merchants[merchant]);
    assert.ok(found);
    return found;
  }

  async function recorded(): Promise<Record<string, unknown>[]> {
    return knex('ledger_verifications').select('merchant_id', 'cards', 'imbalanced_cards').orderBy('merchant_id');
  }

  it('finds a ledger balanced, records each merchant, and says so to people and to the log', async () => {
    const ended = await run();
    assert.equal(ended.exit, 0);
    assert.match(ended.stdout, /\n90 cards of 3 merchants verified in \d+\.\d\d s: every balance is right\.\n$/);
    const rows = await recorded();
    assert.deepEqual(
      rows.map((row) => [row['merchant_id'], row['imbalanced_cards']]),
      merchants.map((id) => [id, 0]),
    );
    const [started] = eventsNamed(ended, 'run_started');
    assert.equal(started?.['merchants'], 3);
    assert.deepEqual(
      eventsNamed(ended, 'merchant_done').map((line) => line['merchant_id']),
      merchants,
    );
    const last = eventsOf(ended).at(-1);
    const {
      event,
      cards: verified,
      imbalanced_cards: wrong,
      exit_code: exit,
      failed_merchants: failed,
      left,
    } = last ?? {};
    assert.deepEqual([event, verified, wrong, exit, failed, left], ['verify_ledger.run_finished', 90, 0, 0, 0, 0]);
  });

  const wrongs: [title: string, sql: string, change: Partial<Record<'balance' | 'entries' | 'lots', number>>][] = [
    ['a balance', 'UPDATE cards SET balance = balance + 7 WHERE merchant_id = ? AND id = ?', { balance: 7 }],
    [
      'an entry',
      `UPDATE entries SET points = points + 3 WHERE merchant_id = ? AND card_id = ? AND card_version = 2`,
      { entries: 3 },
    ],
    [
      'a lot',
      `UPDATE lots SET remaining = 0 WHERE (merchant_id, id) IN
         (SELECT merchant_id, id FROM lots WHERE merchant_id = ? AND card_id = ? AND remaining > 0)`,
      { lots: Number.NEGATIVE_INFINITY },
    ],
  ];
  for (const [title, sql, change] of wrongs) {
    it(`names the card when ${title} is wrong, and exits 10`, async () => {
      const { merchant_id: merchant, id, balance } = cardOf(1);
      await corrupt([sql, [merchant, id]]);
      const ended = await run();
      assert.equal(ended.exit, 10);
      const found = { balance: balance + (change.balance ?? 0), entries: balance + (change.entries ?? 0) };
      const example = { card_id: id, ...found, lots: Math.max(0, balance + (change.lots ?? 0)) };
      const [imbalance, ...others] = eventsNamed(ended, 'imbalance');
      assert.deepEqual([imbalance?.['merchant_id'], imbalance?.['examples'], others], [merchant, [example], []]);
      assert.ok(ended.stdout.includes(`  card ${id}: balance ${example.balance.toLocaleString('en-US')}, entries `));
      assert.match(ended.stdout, /: 1 card imbalanced\.\n$/);
      assert.deepEqual(
        (await recorded()).map((row) => row['imbalanced_cards']),
        [0, 1, 0],
      );
      const [stored] = await knex<{ examples: object[] }>('ledger_verifications').where('imbalanced_cards', 1);
      assert.deepEqual(stored?.examples, [example]);
    });
  }

  it('names entries and lots of a card that is not there', async () => {
    const { merchant_id: merchant, id, balance } = cardOf(0);
    await corrupt(['DELETE FROM cards WHERE merchant_id = ? AND id = ?', [merchant, id]]);
    const ended = await run();
    assert.equal(ended.exit, 10);
    assert.ok(ended.stdout.includes(`  card ${id}: no such card, entries ${balance.toLocaleString('en-US')}, lots `));
  });

  it('names the first 20 cards of a merchant, and how many more there are', async () => {
    await corrupt(['UPDATE cards SET balance = balance + 1', []]);
    const ended = await run('--merchant', merchants[0] ?? '');
    const count = Number((await recorded())[0]?.['imbalanced_cards']);
    assert.ok(count > 20);
    assert.equal(ended.stdout.match(/^ {2}card /gm)?.length, 20);
    assert.ok(ended.stdout.includes(`  … and ${count - 20} more cards\n`));
  });

  it('leaves the others alone when a merchant cannot be verified, and names it', async () => {
    await knex.raw(`CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      IF NEW.merchant_id = '${merchants[1]}' THEN RAISE EXCEPTION 'no partition of relation'; END IF;
      RETURN NEW; END $$`);
    await knex.raw(
      'CREATE TRIGGER refuse BEFORE INSERT ON ledger_verifications FOR EACH ROW EXECUTE FUNCTION refuse()',
    );
    await checkSecondFailed(await run(), /no partition of relation/);
  });

  it('leaves the others alone when a merchant is locked by somebody', async () => {
    await knex.transaction(async (transaction) => {
      await transaction.raw('SELECT FROM merchants WHERE id = ? FOR UPDATE', [merchants[1] ?? '']);
      const url = `${database.url}?options=-c%20lock_timeout%3D200ms`;
      await checkSecondFailed(await runLoyalty({ DATABASE_URL: url }, 'verify-ledger'), /lock timeout/);
    });
  });

  async function checkSecondFailed(ended: Ended, reason: RegExp): Promise<void> {
    assert.equal(ended.exit, 10, ended.stderr);
    const [failed, ...others] = eventsNamed(ended, 'merchant_failed');
    assert.deepEqual([failed?.['merchant_id'], others], [merchants[1], []]);
    assert.match(String(failed?.['error']), reason);
    assert.match(
      ended.stdout,
      /of 2 merchants verified in .*: every balance is right; 1 merchant could not be verified\.\n$/,
    );
    assert.deepEqual(
      (await recorded()).map((row) => row['merchant_id']),
      [merchants[0], merchants[2]],
    );
  }

  it('verifies only the merchants that are named: by flags, else by MERCHANT_IDS', async () => {
    const [first = '', second = '', third = ''] = merchants;
    const environment = { DATABASE_URL: database.url, MERCHANT_IDS: `${third}, ${first.toUpperCase()}` };
    assert.equal((await runLoyalty(environment, 'verify-ledger')).exit, 0);
    assert.deepEqual(
      (await recorded()).map((row) => row['merchant_id']),
      [first, third],
    );
    assert.equal((await runLoyalty(environment, 'verify-ledger', '--merchant', second)).exit, 0);
    assert.deepEqual(
      (await recorded()).map((row) => row['merchant_id']),
      merchants,
    );
  });

  it('shares a run with other processes of its RUN_UID: each merchant is verified once, and all say what was found', async () => {
    await corrupt(['UPDATE cards SET balance = balance + 1 WHERE merchant_id = ?', [merchants[2] ?? '']]);
    const environment = { DATABASE_URL: database.url, RUN_UID: 'uid-1', RUN_NAME: 'verify-1' };
    const both = await Promise.all([1, 2].map(() => runLoyalty(environment, 'verify-ledger')));
    const late = await runLoyalty(environment, 'verify-ledger');
    assert.deepEqual(
      [...both, late].map(({ exit }) => exit),
      [10, 10, 10],
    );
    assert.match(
      late.stdout,
      /\nOf the run .*, other processes found 1 merchants imbalanced or could not verify them\.\n$/,
    );
    assert.deepEqual(
      (await recorded()).map((row) => row['merchant_id']),
      merchants,
    );
    const runs = await knex('runs').select('task', 'run_key', 'name', 'state', 'full_run');
    assert.deepEqual(runs, [
      { task: 'verify-ledger', run_key: 'uid-1', name: 'verify-1', state: 'partial', full_run: true },
    ]);
    const failed = await knex('run_merchants').where({ state: 'failed' }).select('merchant_id', 'reason');
    assert.deepEqual(failed, [{ merchant_id: merchants[2], reason: 'LedgerImbalanced' }]);
  });

  it('verifies nothing when a merchant is unknown, and names it', async () => {
    const unknown = '019aafd2-7c1e-7d3b-9f00-6b1d52c7a001';
    const ended = await run('--merchant', merchants[0] ?? '', '--merchant', unknown);
    assert.deepEqual([ended.exit, ended.stderr], [64, `There is no merchant ${unknown}. Nothing was done.\n`]);
    assert.deepEqual(await recorded(), []);
    const text = await run('--merchant', 'cafe');
    assert.deepEqual([text.exit, /--merchant is "cafe": it must be ids of merchants/.test(text.stderr)], [64, true]);
  });

  it('says that MERCHANT_IDS is wrong with 64, the schema with 78, and that the database is away with 75', async () => {
    const wrong = await runLoyalty({ DATABASE_URL: database.url, MERCHANT_IDS: 'all' }, 'verify-ledger');
    assert.deepEqual([wrong.exit, /MERCHANT_IDS is "all": it must be ids of merchants/.test(wrong.stderr)], [64, true]);
    const empty = await (await sharedPostgres()).emptyDatabase();
    const bare = await runLoyalty({ DATABASE_URL: empty.url }, 'verify-ledger');
    assert.deepEqual([bare.exit, /Run `loyalty migrate` first/.test(bare.stderr)], [78, true]);
    await empty.drop();
    const away = `postgres://u:hidden@127.0.0.1:${await freePort()}/d`;
    const ended = await runLoyalty({ DATABASE_URL: away }, 'verify-ledger');
    assert.deepEqual([ended.exit, /cannot be reached/.test(ended.stderr)], [75, true]);
  });

  it('ends with 75 when the database goes away in the middle, with what was found until then', async () => {
    const { port } = await sharedPostgres();
    const proxy = await startTcpProxy({ port });
    await whileSecondIsHeld(proxy.url(database.url), async ({ child, ended }) => {
      proxy.cut();
      const result = await ended;
      assert.equal(result.exit, 75, result.stderr);
      assert.equal(child.exitCode, 75);
      assert.match(
        result.stdout,
        /of 1 merchant verified in .*; 1 merchant could not be verified; 1 merchant not come to\.\n$/,
      );
    });
    proxy.stop();
  });

  it('ends with 75 on SIGTERM, after the merchant at hand', async () => {
    const { ended } = await whileSecondIsHeld(database.url, async ({ child }) => void child.kill('SIGTERM'));
    const result = await ended;
    assert.equal(result.exit, 75, result.stderr);
    assert.deepEqual(
      (await recorded()).map((row) => row['merchant_id']),
      merchants.slice(0, 2),
    );
    assert.equal(eventsNamed(result, 'run_finished')[0]?.['left'], 1);
    assert.match(result.stdout, /; 1 merchant not come to\.\n$/);
  });

  /** Runs it until it waits for a lock of the second merchant, which is held until the work is done. */
  async function whileSecondIsHeld(
    url: string,
    work: (run: ReturnType<typeof startLoyalty>) => Promise<void>,
  ): Promise<ReturnType<typeof startLoyalty>> {
    return knex.transaction(async (transaction) => {
      await transaction.raw('SELECT FROM merchants WHERE id = ? FOR UPDATE', [merchants[1] ?? '']);
      const started = startLoyalty({ DATABASE_URL: url }, 'verify-ledger');
      if (started.child.pid === undefined) await once(started.child, 'spawn');
      await eventually(
        async () => {
          const waiting = knex('pg_stat_activity').where({
            application_name: 'loyalty verify-ledger',
            wait_event_type: 'Lock',
          });
          return (await waiting.andWhere('datname', database.name).first('pid')) ? true : null;
        },
        { describe: 'the run to wait for the second merchant' },
      );
      await work(started);
      return started;
    });
  }
});
