import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { type Enrolment, enrol } from '../../../src/api/routes/enrolment.ts';
import { sharedWorld, type Shop, type World } from './world.ts';

describe('enrolment', () => {
  let world: World;
  let shop: Shop;
  before(async () => {
    world = await sharedWorld();
    shop = await world.shop();
  });

  const enrolment = (more: Partial<Enrolment> = {}): Enrolment => ({
    merchantId: shop.merchantId,
    programId: shop.programId,
    customer: { externalId: randomUUID(), name: undefined },
    number: undefined,
    now: undefined,
    ...more,
  });
  const numberOf = async (id: string): Promise<unknown> =>
    ((await world.database('cards').where({ id }).first('number')) as { number: string }).number;

  it('makes another number when the one it made is taken', async () => {
    const taken = String((await shop.enrol())['number']);
    const numbers = [taken, taken, randomUUID()];
    const expected = numbers[2];
    const id = await world.database.transaction((transaction) =>
      enrol(transaction, enrolment(), () => numbers.shift() ?? taken),
    );
    assert.equal(await numberOf(id), expected);
  });

  it('is of the instant that stands in for the clock', async () => {
    const now = new Date('2024-02-29T12:00:00.123Z');
    const id = await world.database.transaction((transaction) => enrol(transaction, enrolment({ now })));
    const row = (await world.database('cards').where({ id }).first()) as Record<string, unknown>;
    assert.deepEqual([row['created_at'], row['last_activity_at']], [now, now]);
  });
});
