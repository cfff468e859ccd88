import type { Knex } from 'knex';
import { setTimeout as sleep } from 'node:timers/promises';
import { type MerchantCards, type PassFailure, recordCards } from '../../adapters/postgres/runs/card-outcomes.ts';
import type { ClaimedPass } from '../../adapters/postgres/wallet/claims.ts';
import { countOutcomes } from '../../adapters/postgres/wallet/count-outcomes.ts';
import { resumePlatform } from '../../adapters/postgres/wallet/platforms.ts';
import { type PassRecord, recordPasses } from '../../adapters/postgres/wallet/record-passes.ts';
import type { Platform } from '../../domain/wallet/pass-content.ts';
import { nextAttempt, type RetryRule, retryTable, type WalletOutcome } from '../../domain/wallet/retry.ts';

/** What came of sending a claimed pass. */
export interface SentPass {
  pass: ClaimedPass;
  claim: string;
  /** passes.wanted_version of what was sent. */
  version: number;
  outcome: WalletOutcome;
  message: string;
  hasUsers?: boolean | undefined;
  /** Customers were told of it. */
  notified: boolean;
}

/** What one merchant has come to in this process. */
export interface MerchantTally {
  /** Passes that were brought up to date. */
  cards: number;
  failed: number;
}

export interface Recorder {
  /** To be written soon, with others. */
  add(sent: SentPass): void;
  /** A failure that is of no single card, such as a class at Google. */
  addFailure(failure: PassFailure): void;
  /** Further requests that count by their outcome; those of passes count by themselves where `counted` is not false. */
  count(outcome: WalletOutcome): void;
  /** Writes what is left. */
  finish(): Promise<void>;
  /** Throws what writing has failed with. */
  check(): void;
  readonly outcomes: ReadonlyMap<WalletOutcome, number>;
  readonly merchants: ReadonlyMap<string, MerchantTally>;
}

export interface RecorderOptions {
  database: Knex;
  platform: Platform;
  runId: string;
  /** The database's clock. */
  now: () => Date;
  /** Whether each pass is a request that counts; of Apple the pushes are. */
  countPasses: boolean;
}

/** How many outcomes are written at once, and how many milliseconds they wait for others. */
const batch = { size: 200, milliseconds: 200 };

/** Hours after which a pass that no customer has is sent again, however often it changes. */
const unsavedHours = 24;

export function createRecorder(options: RecorderOptions): Recorder {
  return new PassRecorder(options);
}

class PassRecorder implements Recorder {
  readonly outcomes = new Map<WalletOutcome, number>();
  readonly merchants = new Map<string, MerchantTally>();
  readonly #options: RecorderOptions;
  #sent: SentPass[] = [];
  #failures: PassFailure[] = [];
  #counts = new Map<WalletOutcome, number>();
  /** Of passes that somebody had locked. */
  #left: PassRecord[] = [];
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();
  #error: { thrown: unknown } | undefined;
  #taken = false;

  constructor(options: RecorderOptions) {
    this.#options = options;
  }

  add(sent: SentPass): void {
    this.#sent.push(sent);
    this.outcomes.set(sent.outcome, (this.outcomes.get(sent.outcome) ?? 0) + 1);
    if (this.#options.countPasses) this.count(sent.outcome);
    if (this.#sent.length >= batch.size) this.#write();
    else this.#timer ??= setTimeout(() => this.#write(), batch.milliseconds);
  }

  addFailure(failure: PassFailure): void {
    this.#failures.push(failure);
  }

  count(outcome: WalletOutcome): void {
    this.#counts.set(outcome, (this.#counts.get(outcome) ?? 0) + 1);
  }

  check(): void {
    if (this.#error !== undefined) throw this.#error.thrown;
  }

  async finish(): Promise<void> {
    do {
      this.#write();
      await this.#writing;
      this.check();
      if (this.#left.length > 0) await sleep(50);
    } while (this.#left.length > 0);
  }

  #write(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#writing = this.#writing
      .then(() => this.#writeBatch())
      .catch((thrown: unknown) => {
        this.#error ??= { thrown };
      });
  }

  async #writeBatch(): Promise<void> {
    const { database, platform, runId } = this.#options;
    const [sent, failures, counts] = [this.#sent, this.#failures, this.#counts];
    [this.#sent, this.#failures, this.#counts] = [[], [], new Map()];
    const failed = [...failures, ...sent.flatMap((each) => failureOf(platform, each))];
    const merchants = byMerchant(sent, failed);
    this.#tally(merchants, failed);
    // What failed is named before the pass gives up waiting: a kill in between must not leave it unnamed.
    await recordCards(database, runId, merchants, failed);
    const records = [...this.#left, ...sent.map((each) => this.#recordOf(each))];
    if (records.length > 0) this.#left = await recordPasses(database, platform, records);
    await countOutcomes(database, platform, counts);
    if (!this.#taken && sent.some(({ outcome }) => isTaken(outcome))) {
      await resumePlatform(database, platform);
      this.#taken = true;
    }
  }

  #tally(merchants: readonly MerchantCards[], failed: readonly PassFailure[]): void {
    for (const { merchantId, cards } of merchants) {
      const tally = this.merchants.get(merchantId) ?? { cards: 0, failed: 0 };
      const more = failed.filter((failure) => failure.merchantId === merchantId).length;
      this.merchants.set(merchantId, { cards: tally.cards + cards, failed: tally.failed + more });
    }
  }

  #recordOf({ pass, claim, version, outcome, message, hasUsers, notified }: SentPass): PassRecord {
    const { attempt }: RetryRule = retryTable[outcome];
    const synced = isTaken(outcome);
    const attempts = synced ? 0 : pass.attempts + (attempt ? 1 : 0);
    const saved = hasUsers === true || (hasUsers === false && pass.saved) ? hasUsers : null;
    return {
      merchantId: pass.merchantId,
      cardId: pass.cardId,
      claimedAt: pass.claimedAt,
      claim,
      version,
      synced,
      // What was not answered may have arrived: Google counts it then.
      notified: notified && (synced || outcome === 'Unavailable'),
      saved,
      attempts,
      nextAttemptAt: this.#nextAttempt(outcome, attempts, saved ?? pass.saved),
      reason: synced ? null : outcome,
      message: synced ? null : message,
      rests: outcome === 'Unavailable',
    };
  }

  #nextAttempt(outcome: WalletOutcome, attempts: number, saved: boolean): PassRecord['nextAttemptAt'] {
    const now = this.#options.now();
    const next = nextAttempt(outcome, attempts, now);
    if (next === 'card changes') return 'infinity';
    // Later than what this run takes up.
    if (next === 'now') return now;
    if (next !== undefined) return next;
    const rested = this.#options.platform === 'google' && !saved;
    return rested ? new Date(now.getTime() + unsavedHours * 3_600_000) : null;
  }
}

function isTaken(outcome: WalletOutcome): boolean {
  const { counts }: RetryRule = retryTable[outcome];
  return counts === 'synced' || counts === 'created' || counts === 'pruned';
}

function failureOf(platform: Platform, { pass, outcome, message }: SentPass): PassFailure[] {
  const { counts }: RetryRule = retryTable[outcome];
  if (counts !== 'failed') return [];
  return [{ merchantId: pass.merchantId, cardId: pass.cardId, platform, reason: outcome, message }];
}

function byMerchant(sent: readonly SentPass[], failed: readonly PassFailure[]): MerchantCards[] {
  const ids = new Set([...sent.map(({ pass }) => pass.merchantId), ...failed.map(({ merchantId }) => merchantId)]);
  const failures = Map.groupBy(failed, ({ merchantId }) => merchantId);
  const passes = Map.groupBy(
    sent.filter(({ outcome }) => isTaken(outcome)),
    ({ pass }) => pass.merchantId,
  );
  return [...ids].map((merchantId) => {
    const [first] = failures.get(merchantId) ?? [];
    const failure = first && { reason: first.reason, message: namedMessage(first) };
    return { merchantId, cards: passes.get(merchantId)?.length ?? 0, failure: failure ?? null };
  });
}

function namedMessage({ cardId, platform, message }: PassFailure): string {
  return cardId === null ? message : `First card ${cardId} (${platform}): ${message}`;
}
