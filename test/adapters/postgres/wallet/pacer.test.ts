import assert from 'node:assert/strict';
import { openDatabase } from '../../../../src/adapters/postgres/database.ts';
import { createPacer } from '../../../../src/adapters/postgres/wallet/pacer.ts';
import { postponeSlots } from '../../../../src/adapters/postgres/wallet/slots.ts';
import { createWorld, type World } from '../ledger/world.ts';

describe('the pacer of requests to a wallet', () => {
  let world: World;

  before(async () => {
    world = await createWorld(18, 8);
  });
  after(() => world[Symbol.asyncDispose]());

  const pacerOf = (account: string, ratePerSecond: number, database = world.database) =>
    createPacer({ database, platform: 'google', account: () => account, ratePerSecond });

  /** Local instants at which requests may leave. */
  async function departures(pacer: ReturnType<typeof pacerOf>, requests: number): Promise<number[]> {
    return Promise.all(
      Array.from({ length: requests }, async () => {
        await pacer.pace();
        return performance.now();
      }),
    );
  }

  it('lets no more pass in any second than the rate, whoever asks', async () => {
    const rate = 100;
    const pacers = [pacerOf('together', rate), pacerOf('together', rate), pacerOf('together', rate)];
    const instants = (await Promise.all(pacers.map((pacer) => departures(pacer, 80)))).flat().toSorted((a, b) => a - b);
    assert.equal(instants.length, 240);
    for (const [index, instant] of instants.entries()) {
      const within = instants.slice(index).filter((other) => other < instant + 1_000).length;
      assert.ok(within <= rate, `${within} within a second, ${index} before`);
    }
  });

  it('lets whoever needs one pass after a block of a busy process, not after all that it wants', async () => {
    const busy = pacerOf('shared', 20);
    let busyPassed = 0;
    const giveUp = new AbortController();
    const others = Array.from({ length: 100 }, () =>
      busy.pace(giveUp.signal).then(
        () => (busyPassed += 1),
        () => {},
      ),
    );
    await pacerOf('shared', 20).pace();
    // Its block of at most 4, and a block that it reserved meanwhile.
    assert.ok(busyPassed <= 9, `${busyPassed} passed before`);
    giveUp.abort();
    await Promise.all(others);
  });

  it('gives up when it is told to, and then takes no slot from others', async () => {
    const pacer = pacerOf('given-up', 20);
    await postponeSlots(world.database, { platform: 'google', account: 'given-up' }, 3_600_000);
    const giveUp = new AbortController();
    const waiting = pacer.pace(giveUp.signal);
    giveUp.abort(new Error('waited long enough'));
    await assert.rejects(waiting, /waited long enough/);
    await assert.rejects(pacer.pace(AbortSignal.abort(new Error('at once'))), /at once/);
  });

  it('makes every process pause after a Retry-After', async () => {
    const [one, other] = [pacerOf('paused', 50), pacerOf('paused', 50)];
    await Promise.all([one.pace(), other.pace()]);
    await one.postpone(700);
    const paused = performance.now();
    await Promise.all([one.pace(), other.pace()]);
    assert.ok(performance.now() - paused >= 600);
  });

  it('fails when the database is away, and works again when it is back', async () => {
    const away = openDatabase({ url: 'postgres://nobody@127.0.0.1:1/none', poolSize: 1, applicationName: 'test' });
    try {
      await assert.rejects(pacerOf('away', 20, away).pace(), /ECONNREFUSED/);
    } finally {
      await away.destroy();
    }
  });
});
