import type { Knex } from 'knex';
import type { Platform } from '../../domain/wallet/pass-content.ts';
import type { WalletOutcome } from '../../domain/wallet/retry.ts';
import type { Claimant } from './claimant.ts';
import type { Recorder } from './recorder.ts';

/** What sending the passes of one platform in a run works with. */
export interface PlatformRun {
  database: Knex;
  platform: Platform;
  claimant: Claimant;
  recorder: Recorder;
  ending: Ending;
}

/** Why sending ends before nothing is left. */
export interface StopReason {
  outcome: Extract<WalletOutcome, 'CredentialRefused' | 'IssuerRefused' | 'TopicRefused' | 'Throttled'>;
  message: string;
}

/** Tells everything that sends to one platform when to end. */
export class Ending {
  readonly #listeners = new Set<() => void>();
  #why: StopReason | 'told' | undefined;

  /** undefined: it goes on. */
  get why(): StopReason | 'told' | undefined {
    return this.#why;
  }

  get ended(): boolean {
    return this.#why !== undefined;
  }

  /** The platform refuses us, or wants no requests for a while. Only the first counts. */
  stop(why: StopReason): void {
    this.#end(why);
  }

  /** The time is over, or the process is to stop. */
  tell(): void {
    this.#end('told');
  }

  /** Calls it when it ends, or at once when it has. */
  onEnd(listener: () => void): void {
    if (this.ended) listener();
    else this.#listeners.add(listener);
  }

  #end(why: StopReason | 'told'): void {
    if (this.ended) return;
    this.#why = why;
    for (const listener of this.#listeners) listener();
  }
}
