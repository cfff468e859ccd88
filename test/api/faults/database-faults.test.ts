import assert from 'node:assert/strict';
import { assertKept, assertReplayed, repeated } from './assert-kept.ts';
import { databaseFaults, strikeUntilTold } from './database-faults.ts';
import type { Load } from './load.ts';
import { createStage, seedOf, type Stage } from './stage.ts';

const rounds = process.env['SOAK'] === '1' ? 10 : 1;
const seed = seedOf(process.env);

describe(`the API under load while its database fails (SEED=${seed})`, () => {
  let stage: Stage;
  before(async () => (stage = await createStage(seed)));
  after(() => stage[Symbol.asyncDispose]());

  let load: Load;
  /** Changes that were booked and whose clients, having no Idempotency-Key, will never know. */
  let untoldBefore = 0;
  afterEach(() => load.stop());

  for (let round = 1; round <= rounds; round += 1) {
    for (const fault of databaseFaults) {
      it(`loses nothing, books nothing twice and recovers: ${fault.name}${rounds > 1 ? ` (${round})` : ''}`, async () => {
        const { api, journal, direct } = stage;
        load = stage.load();
        await load.sees('acknowledged', 20);
        await strikeUntilTold(fault, stage);
        await assertStaysInService();
        await fault.heal?.(stage);
        await load.sees('acknowledged', 40);
        await load.stop();
        assert.deepEqual(load.violations, []);
        assert.deepEqual([api.process.exitCode, api.process.signalCode], [null, null]);
        const { unknownBooked } = await assertKept(journal, direct);
        const untold = load.counts.replayed + unknownBooked - untoldBefore;
        untoldBefore = unknownBooked;
        assert.ok(untold > 0 || !fault.losesAnswers, 'every client was told of what it had booked');
        await assertReplayed(repeated(journal, 20), api.url);
      });
    }
  }

  async function assertStaysInService(): Promise<void> {
    for (const path of ['/healthz', '/readyz']) assert.equal((await stage.api.call('GET', path)).status, 200, path);
  }
});
