import assert from 'node:assert/strict';
import fc from 'fast-check';
import { postponeSlots, reserveSlots } from '../../../../src/adapters/postgres/wallet/slots.ts';
import { createWorld, type World } from '../ledger/world.ts';

describe('slots of requests to a wallet', () => {
  let world: World;
  let accounts = 0;

  before(async () => {
    world = await createWorld(18, 8);
  });
  after(() => world[Symbol.asyncDispose]());

  const account = () => ({ platform: 'google', account: `issuer-${(accounts += 1)}` }) as const;

  it('are given to nobody twice, and are evenly spaced whoever reserves them', async () => {
    const blocks = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(blocks, async (counts) => {
        const of = { ...account(), interval: 50, horizon: 60_000, lead: 0 };
        const reserved = await Promise.all(
          counts.map(async (count) => ({ count, slots: await reserveSlots(world.database, { ...of, count }) })),
        );
        const instants = reserved
          .flatMap(({ count, slots }) => Array.from({ length: count }, (_, index) => (slots?.first ?? 0) + index * 50))
          .toSorted((left, right) => left - right);
        for (const [index, instant] of instants.entries())
          assert.ok(index === 0 || instant - Number(instants[index - 1]) > 49.9, String(instants));
      }),
      { numRuns: 25 },
    );
  });

  it('begin now when nobody has reserved any, and are not made up for', async () => {
    const of = { ...account(), count: 1, interval: 1, horizon: 2_000, lead: 0 };
    for (let time = 0; time < 3; time += 1) {
      const slots = await reserveSlots(world.database, of);
      assert.ok(slots && slots.first >= slots.now - 1_000 && slots.first <= slots.now + 4, JSON.stringify(slots));
    }
  });

  it('are one row for each issuer', async () => {
    const [one, other] = [account(), account()];
    await postponeSlots(world.database, one, 60_000);
    assert.equal(
      await reserveSlots(world.database, { ...one, count: 1, interval: 50, horizon: 2_000, lead: 0 }),
      undefined,
    );
    assert.ok(await reserveSlots(world.database, { ...other, count: 1, interval: 50, horizon: 2_000, lead: 0 }));
  });

  it('beyond the horizon are not reserved, so that whoever gives up takes nothing from others', async () => {
    const of = { ...account(), count: 10, interval: 500 };
    assert.ok(await reserveSlots(world.database, { ...of, horizon: 2_000, lead: 0 }));
    assert.equal(await reserveSlots(world.database, { ...of, horizon: 2_000, lead: 0 }), undefined);
    const next = await reserveSlots(world.database, { ...of, horizon: 60_000, lead: 0 });
    assert.ok(next && next.first - next.now < 5_000, JSON.stringify(next));
  });

  it('begin no earlier than they can be used', async () => {
    const slots = await reserveSlots(world.database, {
      ...account(),
      count: 1,
      interval: 50,
      horizon: 2_000,
      lead: 300,
    });
    assert.ok(slots && slots.first - slots.now > 250 && slots.first - slots.now < 310, JSON.stringify(slots));
  });

  it('are never moved to an earlier instant', async () => {
    const of = account();
    await postponeSlots(world.database, of, 60_000);
    await postponeSlots(world.database, of, 1_000);
    const slots = await reserveSlots(world.database, { ...of, count: 1, interval: 50, horizon: 120_000, lead: 0 });
    assert.ok(slots && slots.first - slots.now > 30_000, JSON.stringify(slots));
  });
});
