import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { earn, redeem } from '../../src/adapters/postgres/ledger/change.ts';
import { sharedPostgres } from '../support/postgres/shared-postgres.ts';
import { eventually } from '../support/wait.ts';
import {
  assertLedgerVerifies,
  type Copy,
  countDue,
  createExpireWorld,
  eventsNamed,
  expiredInRuns,
  type ExpireWorld,
  ledgerState,
  type LedgerState,
  merchantsOfRun,
  runsOf,
} from './expire-world.ts';

describe('expire-points, exactly once', () => {
  let world: ExpireWorld;
  let undisturbed: LedgerState;
  let before_: LedgerState;

  before(async () => {
    world = await createExpireWorld(await sharedPostgres(), { merchants: 30, cards: 500 });
    await using copy = await world.copy();
    before_ = await ledgerState(copy.database);
    const { exit, stderr } = await copy.expire();
    assert.equal(exit, 0, stderr);
    undisturbed = await ledgerState(copy.database);
    await assertLedgerVerifies(copy.database);
    assert.equal(await countDue(copy.database, world.asOf), 0);
  });

  /** What one run did, by its own account. */
  async function assertSums(copy: Copy): Promise<void> {
    const [run, ...others] = await runsOf(copy.database);
    assert.deepEqual([run?.state, others], ['done', []]);
    const points = undisturbed.expired.reduce((sum, line) => sum - Number(line.split(' ')[1]), 0);
    const { cards, lots, points: total, merchants, done } = run?.totals ?? {};
    const { cards: zeroed } = { cards: undisturbed.expired.length };
    assert.deepEqual([cards, total, merchants, done], [zeroed, points, 30, 30]);
    assert.equal(lots, undisturbed.lots.filter((line, index) => line !== before_.lots[index]).length);
  }

  it('tells in the run what it did', async () => {
    await using copy = await world.copy();
    const ended = await copy.expire({ RUN_UID: 'uid-1', RUN_NAME: 'expire-points-1' });
    await assertSums(copy);
    const [run] = await runsOf(copy.database);
    assert.deepEqual(
      [run?.run_key, run?.name, run?.full_run, run?.as_of],
      ['uid-1', 'expire-points-1', true, world.asOf],
    );
    const finished = eventsNamed(ended, 'run_finished');
    assert.deepEqual([finished.length, finished[0]?.['exit_code'], finished[0]?.['state']], [1, 0, 'done']);
    const lines = ended.stderr.trimEnd().split('\n');
    assert.match(lines.at(-1) ?? '', /expire_points.run_finished/);
    const due = (await merchantsOfRun(copy.database, run?.id ?? '')).filter(({ cards }) => cards > 0);
    assert.equal(eventsNamed(ended, 'merchant_done').length, due.length);
    assert.match(
      ended.stdout,
      /30 merchants: 30 done; [\d,]+ points of [\d,]+ lots on [\d,]+ cards expired; [\d.]+ s\.\n$/,
    );
    for (const line of ended.stdout.split('\n')) assert.ok(Array.from(line).length <= 100, line);
    const entries = await copy.database('entries').where({ kind: 'expire', run_id: run?.id });
    assert.equal(entries.length, undisturbed.expired.length);
  });

  for (const batchSize of ['1', '7', '100000']) {
    it(`in batches of ${batchSize}`, async () => {
      await using copy = await world.copy();
      assert.equal((await copy.expire({ BATCH_SIZE: batchSize })).exit, 0);
      assert.deepEqual(await ledgerState(copy.database), undisturbed);
      await assertSums(copy);
    });
  }

  it('twice', async () => {
    await using copy = await world.copy();
    await copy.expire();
    const { exit, stdout } = await copy.expire();
    assert.equal(exit, 0);
    assert.match(stdout, /30 merchants: 30 done; 0 points of 0 lots on 0 cards expired/);
    assert.deepEqual(await ledgerState(copy.database), undisturbed);
  });

  it('two at a time, each a run of its own', async () => {
    await using copy = await world.copy();
    const both = await Promise.all([copy.expire({ BATCH_SIZE: '20' }), copy.expire({ BATCH_SIZE: '20' })]);
    for (const { exit, stderr } of both) assert.equal(exit, 0, stderr);
    assert.deepEqual(await ledgerState(copy.database), undisturbed);
    assert.deepEqual(
      (await runsOf(copy.database)).map(({ state }) => state),
      ['done', 'done'],
    );
  });

  it('by four processes of one run, which all end well', async () => {
    await using copy = await world.copy();
    const environment = { RUN_UID: randomUUID(), BATCH_SIZE: '5' };
    const all = await Promise.all([1, 2, 3, 4].map(() => copy.expire(environment)));
    for (const { exit, stderr } of all) assert.equal(exit, 0, stderr);
    assert.deepEqual(await ledgerState(copy.database), undisturbed);
    await assertSums(copy);
    const late = await copy.expire(environment);
    assert.equal(late.exit, 0, late.stderr);
    await assertSums(copy);
  });

  it('while points are earned and redeemed', async () => {
    await using copy = await world.copy();
    const cards = await copy.database<{ merchant_id: string; id: string }>('cards').select('merchant_id', 'id');
    let going = true;
    let changes = 0;
    const customers = [0, 1].map(async (lane) => {
      for (let turn = lane; going; turn += 7) {
        const card = cards[turn % cards.length];
        if (card === undefined) throw new Error('no cards');
        const change = { merchantId: card.merchant_id, cardId: card.id, actor: 'till', reason: null, reference: null };
        const post = turn % 2 === 0 ? earn : redeem;
        const changed = await copy.database.transaction((transaction) => post(transaction, { ...change, points: 1 }));
        if (changed !== undefined && 'entry' in changed) changes += 1;
      }
    });
    await eventually(() => changes > 20, { describe: 'customers' });
    const { exit, stderr } = await copy.expire({ BATCH_SIZE: '5' });
    const during = changes;
    going = false;
    await Promise.all(customers);
    assert.equal(exit, 0, stderr);
    assert.ok(during > 20);
    assert.equal(await countDue(copy.database, world.asOf), 0);
    assert.deepEqual(await expiredInRuns(copy.database), undisturbed.expired);
    await assertLedgerVerifies(copy.database);
  });

  it('in a dry run, which shows the same table and writes nothing', async () => {
    await using copy = await world.copy();
    const dry = await copy.expire({}, '--dry-run');
    assert.equal(dry.exit, 0, dry.stderr);
    assert.deepEqual(await ledgerState(copy.database), before_);
    assert.deepEqual(await runsOf(copy.database), []);
    const table = (text: string): string[] => text.split('\n').filter((line) => /^[\da-f-]{36} /.test(line));
    assert.deepEqual(table((await copy.expire()).stdout), table(dry.stdout));
    assert.match(dry.stdout, /would expire; .*\nDry run: nothing was written\.\n$/);
  });

  it('of the merchants that are named, by flags or variable', async () => {
    await using copy = await world.copy();
    const [first = '', second = '', third = ''] = await merchantsWithDue(copy);
    const both = await copy.expire({ MERCHANT_IDS: third }, '--merchant', first, '--merchant', second.toUpperCase());
    assert.equal(both.exit, 0, both.stderr);
    const due = await Promise.all([first, second, third].map((id) => countDue(copy.database, world.asOf, id)));
    assert.deepEqual(
      due.map((count) => count > 0),
      [false, false, true],
    );
    await copy.expire({ MERCHANT_IDS: ` ${third},${first} ` });
    assert.equal(await countDue(copy.database, world.asOf, third), 0);
    const [run] = await runsOf(copy.database);
    assert.deepEqual([run?.full_run, run?.parameters['merchants']], [false, [first, second].toSorted()]);
    await copy.expire();
    assert.deepEqual(await ledgerState(copy.database), undisturbed);
  });

  async function merchantsWithDue({ database }: Copy): Promise<string[]> {
    const due = database('lots').where('remaining', '>', 0).where('expires_at', '<=', world.asOf);
    return due.distinct<{ merchant_id: string }[]>('merchant_id').orderBy('merchant_id').pluck<string[]>('merchant_id');
  }
});
