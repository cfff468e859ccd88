import { randomUUID } from 'node:crypto';
import type { Knex } from 'knex';
import { expireByRun } from '../expire-by-run.ts';
import type { World } from '../world.ts';

/** What went wrong in an installation, for the console to show. */
export interface Trouble {
  /** A run of expire-points in which a merchant was held back. */
  expireRun: string;
  /** A run of sync-wallets in which two cards failed. */
  syncRun: string;
  /** Cards that failed: refused by Google for good, and given up by Apple. */
  cards: { google: string; apple: string };
}

const hour = 3_600_000;
export const suspicious =
  'Of 41,200 points of 812 cards 38,950 would expire (94.5%), more than the 50% of MAX_EXPIRE_SHARE. Nothing of this merchant was expired.';

/** Makes trouble in the database of a world, with a past of some weeks. */
export async function makeTrouble(database: Knex, world: World): Promise<Trouble> {
  const [google, apple] = [await world.newCard(), await world.newCard()];
  await addPast(database, new Date());
  await expireByRun(database, { merchantId: world.other.id });
  const expireRun = await expireByRun(database, {
    merchantId: world.home.id,
    failure: { reason: 'SuspiciousVolume', message: suspicious },
  });
  const syncRun = await expireByRun(database, {
    task: 'sync-wallets',
    merchantId: world.home.id,
    failure: { reason: 'InvalidContent', message: '2 cards failed' },
  });
  await database('runs').where({ id: expireRun }).update({ name: 'expire-points-29384715', full_run: true });
  await database('runs').where({ id: syncRun }).update({ name: 'sync-wallets-29384801', full_run: true });
  const messages = {
    google: 'PATCH loyaltyObject 3388000000012345678.019aafd2: 400 invalid: accountName must not be empty',
    apple: 'APNs answered 503 ServiceUnavailable',
  };
  const failed = [
    { card: google.id, platform: 'google', reason: 'InvalidContent', attempts: 1, next_attempt_at: 'infinity' },
    {
      card: apple.id,
      platform: 'apple',
      reason: 'ApnsBusy',
      attempts: 11,
      next_attempt_at: new Date(Date.now() + hour),
    },
  ] as const;
  for (const { card: card_id, platform, reason, ...state } of failed) {
    const of = { merchant_id: world.home.id, card_id, platform };
    await database('run_failures').insert({ ...of, run_id: syncRun, reason, message: messages[platform] });
    await database('passes').insert({
      ...of,
      ...state,
      object_id: randomUUID(),
      wanted_version: 2,
      saved: true,
      stale_since: new Date(Date.now() - 3 * hour),
      last_reason: reason,
      last_error: messages[platform],
    });
  }
  return { expireRun, syncRun, cards: { google: google.id, apple: apple.id } };
}

/** Nights of expire-points, and counts of stale passes with a gap. */
async function addPast(database: Knex, now: Date): Promise<void> {
  const runs = Array.from({ length: 28 }, (_, index) => {
    const startedAt = new Date(now.getTime() - (28 - index) * 24 * hour);
    const points = 9_000 + Math.round(7_000 * Math.abs(Math.sin(index * 1.7))) + (index === 19 ? 31_000 : 0);
    const totals = { merchants: 2, pending: 0, done: 2, failed: 0, skipped: 0, cards: 120, lots: 190, points };
    return {
      id: idAt(startedAt),
      task: 'expire-points',
      run_key: randomUUID(),
      name: `expire-points-${29_340_000 + index * 1_440}`,
      state: 'done',
      as_of: startedAt,
      full_run: true,
      actor: 'job:expire-points',
      started_at: startedAt,
      finished_at: new Date(startedAt.getTime() + 93_000),
      totals: JSON.stringify(totals),
    };
  });
  await database('runs').insert(runs);
  const samples = Array.from({ length: 13 * 24 }, (_, index) => index)
    // Nobody counted for nine hours.
    .filter((index) => index < 180 || index >= 189)
    .flatMap((index) => {
      const sampled_at = new Date(Math.floor((now.getTime() - (13 * 24 - index) * hour) / hour) * hour);
      const wave = Math.max(0, Math.sin(index / 9) * 40) + (index > 250 && index < 268 ? (index - 250) * 55 : 0);
      return [
        { platform: 'google', sampled_at, passes: Math.round(wave + 3) },
        { platform: 'apple', sampled_at, passes: Math.round(Math.max(0, Math.cos(index / 7) * 25)) },
      ];
    });
  await database('stale_pass_samples').insert(samples).onConflict(['platform', 'sampled_at']).ignore();
}

/** An id of version 7 of that instant. */
function idAt(instant: Date): string {
  const time = instant.getTime().toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7${randomUUID().slice(15)}`;
}
