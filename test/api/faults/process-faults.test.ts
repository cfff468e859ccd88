import assert from 'node:assert/strict';
import type { RunningApi } from '../../support/api-process.ts';
import { assertKept, assertReplayed, repeated } from './assert-kept.ts';
import type { Load } from './load.ts';
import { createStage, seedOf, type Stage } from './stage.ts';

const soak = process.env['SOAK'] === '1';
const seed = seedOf(process.env);

describe(`two replicas of the API under load, of which one ends (SEED=${seed})`, () => {
  let stage: Stage;
  let replicas: RunningApi[];
  let load: Load;
  before(async () => {
    stage = await createStage(seed);
    replicas = [stage.api, await stage.replica()];
  });
  beforeEach(() => (load = stage.load({ clients: 12, urls: () => replicas.map(({ url }) => url) })));
  afterEach(() => load.stop());
  after(() => stage[Symbol.asyncDispose]());

  async function replace(ended: readonly RunningApi[]): Promise<void> {
    // Until then their clients are refused, and turn to the next.
    const started = await Promise.all(ended.map(() => stage.replica()));
    replicas = [...replicas.filter((replica) => !ended.includes(replica)), ...started];
  }

  async function assertAllKept(): Promise<void> {
    await load.stop();
    assert.deepEqual(load.violations, []);
    await assertKept(stage.journal, stage.direct);
    await assertReplayed(repeated(stage.journal, 20), replicas[0]?.url ?? '');
  }

  for (let round = 1; round <= (soak ? 100 : 5); round += 1) {
    const both = round % 5 === 0;
    it(`loses nothing and books nothing twice when ${both ? 'both are' : 'one is'} killed with -9 (${round})`, async () => {
      const victims = both ? replicas : [stage.random.pick(replicas)];
      await load.sees('acknowledged', stage.random.integer(20, 80));
      for (const victim of victims) victim.kill('SIGKILL');
      for (const { exited } of victims) assert.equal(await exited, 'SIGKILL');
      if (!both) await load.sees('acknowledged', 20);
      await replace(victims);
      await load.sees('acknowledged', 20);
      await assertAllKept();
    });
  }

  for (let round = 1; round <= (soak ? 50 : 2); round += 1) {
    it(`fails no request when one gets SIGTERM, and that one ends with 0 (${round})`, async () => {
      const victim = stage.random.pick(replicas);
      await load.sees('acknowledged', stage.random.integer(20, 80));
      assert.equal(await victim.stop(), 0);
      await load.sees('acknowledged', 20);
      // Those that came later were refused at the connection, or with 503.
      assert.ok(load.counts.refusedConnections > 0);
      assert.equal(load.counts.lostConnections, 0);
      await replace([victim]);
      await assertAllKept();
    });
  }
});
