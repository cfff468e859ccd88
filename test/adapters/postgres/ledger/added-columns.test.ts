import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import { earn, redeem, voidEntry } from '../../../../src/adapters/postgres/ledger/change.ts';
import { readCard } from '../../../../src/adapters/postgres/ledger/read-card.ts';
import { cause, createWorld } from './world.ts';

const tables = ['merchants', 'programs', 'customers', 'cards', 'lots', 'entries', 'lot_moves', 'passes'];

describe('a ledger in use', () => {
  it('goes on on its connections when a migration adds a column to each of its tables', async () => {
    await using world = await createWorld(18, 1);
    const { database } = world;
    const merchantId = await world.merchant();
    const { cardId } = await world.card(merchantId, await world.program(merchantId, { mode: 'none' }));
    const change = { merchantId, cardId, points: 10, ...cause };
    const book = <T>(perform: (transaction: Knex) => Promise<T>): Promise<T> => database.transaction(perform);
    async function work(): Promise<void> {
      await book((inside) => earn(inside, change));
      const redeemed = await book((inside) => redeem(inside, change));
      assert.ok(redeemed && 'entry' in redeemed);
      await book((inside) => voidEntry(inside, { ...change, entryId: redeemed.entry.id }));
    }
    await work();
    await readCard(database, change);
    for (const table of tables) await database.raw('ALTER TABLE ?? ADD COLUMN added_later text', [table]);
    await work();
    assert.equal((await readCard(database, change))?.balance, 20);
  });
});
