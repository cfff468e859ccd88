import type { Knex } from 'knex';
import type { Platform } from '../../../domain/wallet/pass-content.ts';
import { createClockDifference } from './clock-difference.ts';
import { postponeSlots, reserveSlots, type SlotAccount } from './slots.ts';

/** Keeps the rate of a provider, together with every other process on this database. */
export interface Pacer {
  /**
   * Resolves when a request may be sent; to be called before each, also before one that is tried again.
   * @returns the local instant (`performance.now()`) by which the request is to be written: later ones wait for another turn.
   * @throws the signal's reason when it is aborted before, and what the database throws when it is away.
   */
  pace(signal?: AbortSignal): Promise<number>;
  /** After Retry-After: no process sends for so many milliseconds. */
  postpone(milliseconds: number): Promise<void>;
}

export interface PacerOptions {
  database: Knex;
  platform: Platform;
  /** Issuer id or pass type identifier of the credential that is current. */
  account: () => string;
  /** The provider's limit; all processes are to be given the same. */
  ratePerSecond: number;
}

/**
 * The share of the rate that is used. Slots are even, and a request leaves up to `lateness` after its slot: what arrives in any second
 * is at most (1 s + the spread of the delays) · share · rate, which is the rate while the delays differ by less than 36 ms.
 */
const share = 0.965;

/** Milliseconds. A slot that was missed by more is given up: sent late, its request would come on top of those of the next second. */
const lateness = 20;

/** Milliseconds: at most so many slots are reserved at once, so that whoever needs only one, as the API, waits no longer. */
const block = 250;

/** Milliseconds before the end of a block in which the next is reserved, at least. */
const ahead = 20;

/** What of the longest answer that the database took a while for is expected of the next one. */
const memory = 0.9;

/** Milliseconds. Slots further away (Retry-After) are not reserved but looked for again. */
const horizon = 2_000;

/** Makes a pacer; it holds no connection and no timer while nobody waits. */
export function createPacer(options: PacerOptions): Pacer {
  return new SlotPacer(options);
}

interface Waiter {
  resolve: (latest: number) => void;
  reject: (error: unknown) => void;
}

class SlotPacer implements Pacer {
  readonly #options: PacerOptions;
  readonly #interval: number;
  readonly #clock = createClockDifference();
  readonly #waiters = new Set<Waiter>();
  /** Local instants, ascending. */
  #slots: number[] = [];
  #account = '';
  #reserving = false;
  /** Milliseconds that the database may take for its answer. */
  #trip = 0;
  /** Local instant before which nothing is reserved. */
  #resting = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: PacerOptions) {
    this.#options = options;
    this.#interval = 1_000 / (options.ratePerSecond * share);
  }

  pace(signal?: AbortSignal): Promise<number> {
    if (signal?.aborted) return Promise.reject(signal.reason as Error);
    return new Promise((resolve, reject) => {
      const settle = (end: () => void) => (): void => {
        signal?.removeEventListener('abort', abort);
        this.#waiters.delete(waiter);
        end();
      };
      const abort = (): void => waiter.reject(signal?.reason);
      const waiter: Waiter = {
        resolve: (latest) => settle(() => resolve(latest))(),
        reject: (error) => settle(() => reject(error as Error))(),
      };
      signal?.addEventListener('abort', abort, { once: true });
      this.#waiters.add(waiter);
      this.#turn();
    });
  }

  async postpone(milliseconds: number): Promise<void> {
    this.#slots = [];
    await postponeSlots(this.#options.database, this.#of(), milliseconds);
  }

  #of(): SlotAccount {
    return { platform: this.#options.platform, account: this.#options.account() };
  }

  #turn(): void {
    clearTimeout(this.#timer);
    const now = performance.now();
    if (this.#account !== this.#options.account()) this.#slots = [];
    this.#slots = this.#slots.filter((slot) => slot >= now - lateness);
    for (const waiter of this.#waiters) {
      const [slot] = this.#slots;
      if (slot === undefined || slot > now) break;
      this.#slots.shift();
      waiter.resolve(slot + lateness);
    }
    if (this.#waiters.size > 0) this.#wait(now);
  }

  #wait(now: number): void {
    const last = this.#slots.at(-1) ?? now;
    const wanted = this.#waiters.size - this.#slots.length;
    const reserveAt = Math.max(last - Math.max(ahead, 2 * this.#trip), this.#resting);
    const reserving = wanted > 0 && !this.#reserving;
    if (reserving && reserveAt <= now) void this.#reserve(wanted);
    const next = [...this.#slots.slice(0, 1), ...(reserving && reserveAt > now ? [reserveAt] : [])];
    if (next.length > 0) this.#timer = setTimeout(() => this.#turn(), Math.max(0, Math.min(...next) - now));
  }

  async #reserve(wanted: number): Promise<void> {
    this.#reserving = true;
    try {
      const of = this.#of();
      const count = Math.min(wanted, Math.max(1, Math.floor(block / this.#interval)));
      const sent = performance.now();
      const wish = { ...of, count, interval: this.#interval, horizon, lead: this.#trip };
      const reserved = await reserveSlots(this.#options.database, wish);
      const received = performance.now();
      this.#trip = Math.min(block, Math.max(received - sent, this.#trip * memory));
      if (reserved === undefined) this.#resting = received + block;
      else {
        this.#clock.observe(sent, reserved.now, received);
        this.#take(of, reserved.first, count);
      }
    } catch (error) {
      for (const waiter of this.#waiters) waiter.reject(error);
    } finally {
      this.#reserving = false;
      this.#turn();
    }
  }

  #take({ account }: SlotAccount, first: number, count: number): void {
    if (account !== this.#account) this.#slots = [];
    this.#account = account;
    for (let index = 0; index < count; index += 1) this.#slots.push(this.#clock.local(first + index * this.#interval));
  }
}
