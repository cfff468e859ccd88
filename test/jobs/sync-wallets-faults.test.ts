import assert from 'node:assert/strict';
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createServiceAccount, toJsonFile } from '../../src/example-credentials/service-account.ts';
import type { SyncEnd } from '../../src/jobs/sync-wallets/conclude.ts';
import { plainFolder, temporaryDirectory } from '../adapters/credential-folder/folders.ts';
import type { PushFault, PushNumbers } from '../support/fake-apple/apns-fault.ts';
import type { WalletCall, WalletFault } from '../support/fake-google/fake-google.ts';
import { googleError, type GoogleErrorReason } from '../support/fake-google/google-error.ts';
import { startLoyalty } from '../support/run-loyalty.ts';
import { testAuthority } from '../support/test-authority.ts';
import { type Card, createSyncWorld, issuerId, namesAt, type SyncWorld } from './sync-world.ts';

const count = process.env['SOAK'] ? 10_000 : 400;

const error = (reason: GoogleErrorReason): WalletFault => ({ reply: googleError(reason) });
const retryAtOnce: WalletFault = { reply: { ...googleError('tooManyRequests'), headers: { 'retry-after': '0' } } };

/** 5 % each: of 20 calls, these meet one. */
const googleFaults: readonly WalletFault[] = [
  error('existingResource'),
  error('resourceNotFound'),
  error('badRequest'),
  error('permissionDenied'),
  error('quotaExceeded'),
  error('rateLimitExceeded'),
  error('userRateLimitExceeded'),
  error('dailyLimitExceeded'),
  retryAtOnce,
  error('backendError'),
  { delayMilliseconds: 100 },
  { afterwards: 'reset' },
  { afterwards: 'truncate' },
  'reset',
  'hang',
];

const pushFaults: readonly ((now: number) => PushFault)[] = [
  (now) => ({ reply: { status: 410, reason: 'Unregistered', timestamp: now } }),
  () => ({ reply: { status: 400, reason: 'BadDeviceToken' } }),
  () => ({ reply: { status: 429, reason: 'TooManyRequests' } }),
  () => ({ reply: { status: 503, reason: 'ServiceUnavailable' } }),
  () => ({ slow: 100 }),
  () => 'resetStream',
  () => 'refuseStream',
];

/** The same each time: a linear congruential generator (Numerical Recipes). */
function createDice(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state >>> 12) % below;
  };
}

const second = createServiceAccount();

describe('sync-wallets among faults', () => {
  let world: SyncWorld;
  let parent: string;
  let cards: Card[];
  const ends: SyncEnd[] = [];
  const met = { google: new Set<WalletFault>(), apple: new Set<number>(), unregistered: new Set<string>() };

  before(async function () {
    this.timeout(process.env['SOAK'] ? 1_800_000 : 120_000);
    world = await createSyncWorld();
    parent = temporaryDirectory();
    writeFileSync(join(parent, 'authority.pem'), testAuthority().certificate.pem);
    world.google.accounts.register(second);
    world.google.issuers.set(issuerId, new Set([world.account.client_email, second.client_email]));
    const merchants = [
      await world.merchant(count / 2),
      await world.merchant(count / 4),
      await world.merchant(count / 4),
    ];
    cards = merchants.flatMap((merchant) => merchant.cards);
    await world.rename('name-0');
    await world.run({ platforms: ['google'] });
    for (const { objectId } of cards) world.google.wallet.setUsers(objectId, true);
    await world.database('passes').update({ saved: true });
    for (let round = 1; round <= 3; round += 1) await runAmongFaults(round);
  });
  after(async () => {
    await world[Symbol.asyncDispose]();
    rmSync(parent, { recursive: true });
  });

  const refused = (): Card => cards[7] as Card;

  /** Two processes at once work on a run; in the first two runs one of them is killed in the middle of requests. */
  async function runAmongFaults(round: number): Promise<void> {
    await world.rename(`name-${round}`);
    // What waits and what is claimed ends by itself: nothing of it is under way any more.
    await world.database('passes').update({ next_attempt_at: null, claimed_until: null, claimed_by: null });
    const key = `round-${round}`;
    const dice = createDice(round);
    world.google.interfere = (call) => googleFault(call, dice);
    world.apns.injectPush((push) => pushFault(push, dice));
    const victim = round < 3 ? startVictim(key, dice) : undefined;
    await victim?.sending;
    const run = (): Promise<SyncEnd> => world.run({ key, timeoutMilliseconds: 3_000 });
    ends.push(...(await Promise.all(victim ? [run()] : [run(), run()])));
    if (victim) assert.equal((await victim.ended).exit, 'SIGKILL');
    world.google.interfere = () => undefined;
    world.apns.injectPush(() => undefined);
  }

  function startVictim(key: string, dice: (below: number) => number) {
    const { child, ended } = startLoyalty(
      {
        DATABASE_URL: world.url,
        RUN_UID: key,
        GOOGLE_CREDENTIAL_DIR: plainFolder(
          { 'google-wallet-sa.json': toJsonFile(second), 'issuer-id': issuerId },
          parent,
        ),
        GOOGLE_WALLET_URL: world.google.walletUrl,
        GOOGLE_TOKEN_URL: world.google.tokenUrl,
        // It claims some seconds' worth: the other process is to get some, too.
        GOOGLE_RATE_PER_SECOND: '20',
        NODE_EXTRA_CA_CERTS: join(parent, 'authority.pem'),
      },
      'sync-wallets',
    );
    let calls = 0;
    const sending = Promise.withResolvers<void>();
    void once(child, 'exit').then(() => sending.resolve());
    world.google.interfere = (call) => {
      if (call.clientEmail !== second.client_email) return googleFault(call, dice);
      calls += 1;
      sending.resolve();
      if (calls < 10) return googleFault(call, dice);
      child.kill('SIGKILL');
      // Half of what it had under way takes effect.
      return calls % 2 === 0 ? { afterwards: 'hang' } : 'hang';
    };
    return { sending: sending.promise, ended };
  }

  function googleFault({ kind, id }: WalletCall, dice: (below: number) => number): WalletFault | undefined {
    if (kind !== 'loyaltyObject') return undefined;
    if (id === refused().objectId) return error('permissionDenied');
    const fault = googleFaults[dice(20)];
    if (fault !== undefined) met.google.add(fault);
    return fault;
  }

  function pushFault({ ordinal, deviceToken }: PushNumbers, dice: (below: number) => number): PushFault | undefined {
    // It ends what is under way on its connection.
    if (ordinal % 350 === 120) return { goawayBefore: undefined };
    const number = dice(20);
    if (pushFaults[number] !== undefined) met.apple.add(number);
    if (number === 0) met.unregistered.add(deviceToken);
    return pushFaults[number]?.(Date.now() + 1_000);
  }

  it('meets each of them', () => {
    assert.deepEqual([met.google.size, met.apple.size], [googleFaults.length, pushFaults.length]);
  });

  it('has every pass synced, or named in the last run with the reason that it has, or left to the next run by a quota', async () => {
    const rows = await world.database('passes').whereNotNull('stale_since');
    const failures = await world.database('run_failures').where({ run_id: ends.at(-1)?.run.id ?? '' });
    const named = new Map(failures.map((each) => [`${each.card_id} ${each.platform}`, each.reason]));
    const reasons = new Set(['InvalidContent', 'CardRefused', 'Unavailable', 'BadDeviceToken', 'ApnsBusy']);
    let throttled = 0;
    for (const { card_id: cardId, platform, last_reason: reason, last_error: message, claimed_by: claimedBy } of rows) {
      assert.equal(claimedBy, null);
      if (reason === 'Throttled') throttled += 1;
      else assert.equal(named.get(`${cardId} ${platform}`), reason, `${cardId} ${platform}: ${reason} ${message}`);
      assert.ok(reason === 'Throttled' || reasons.has(String(reason)), String(reason));
    }
    assert.ok(rows.length < count, `${rows.length} of ${2 * count} are stale`);
    assert.ok(throttled < count / 50, `${throttled} were left by a quota`);
  });

  it('sends nothing old after something newer', () => {
    for (const card of cards) {
      const names = namesAt(world.google, card);
      assert.deepEqual(names, names.toSorted(), card.cardId);
    }
  });

  it('forgets no registration for a 400, and marks gone only what APNs says is gone', async () => {
    const rows = await world.database('registrations').join('devices', 'devices.id', 'registrations.device_id');
    assert.equal(rows.length, count);
    const gone = rows.filter((row) => row.gone_at !== null).map((row) => row.push_token as string);
    assert.deepEqual(
      gone.filter((token) => !met.unregistered.has(token)),
      [],
    );
    assert.ok(gone.length > 0);
  });

  it('lets a card that always gets 403 stop nothing but itself', async () => {
    assert.equal((await world.pass(refused())).last_reason, 'CardRefused');
    for (const { platforms } of ends)
      assert.deepEqual(
        platforms.filter(({ stop }) => stop !== undefined),
        [],
      );
    assert.deepEqual(await world.database('wallet_platforms').whereNotNull('stopped_at'), []);
  });

  it('has all of them up to date when nothing goes wrong any more', async () => {
    await world.database('passes').update({ claimed_until: null, claimed_by: null, next_attempt_at: null });
    const { exitCode } = await world.run();
    assert.equal(exitCode, 0);
    assert.deepEqual([await world.stale('google'), await world.stale('apple')], [0, 0]);
    for (const card of cards) assert.equal(namesAt(world.google, card).at(-1), 'name-3');
  });
});
