import { claimSeconds } from '../../adapters/postgres/wallet/claims.ts';

/** Milliseconds that a request may take at most; nothing is sent when less is left of a claim. */
export const requestMilliseconds = 10_000;

/** Milliseconds for what is under way between us and a wallet when a request is given up. */
const slack = 2_000;

/** The time for which the passes of a claim are ours, by this process's clocks. */
export interface Lease {
  /** Of the claim in the database. */
  readonly claim: string;
  /** Aborted when the time is over, or {@link Lease.giveUp}: requests under way are given up. */
  readonly signal: AbortSignal;
  /** Aborted when nothing more is to be sent; what is under way goes on. */
  readonly waiting: AbortSignal;
  /** Ends the lease when its time is over: also after the process was paused, and its timers with it. */
  check(): void;
  stopWaiting(reason: Error): void;
  giveUp(reason: Error): void;
  /** Ends its timer. */
  end(): void;
}

/** That a claim is over, or that the process is told to stop: what was to be sent was not, or nobody knows whether it was. */
export class LeaseEndedError extends Error {
  constructor(why: string) {
    super(why);
    this.name = 'LeaseEndedError';
  }
}

/**
 * @param begun what {@link leaseClocks} said before the claim was asked for: the database's claim ends later than the lease
 */
export function createLease(claim: string, begun: LeaseClocks): Lease {
  const milliseconds = claimSeconds * 1_000 - requestMilliseconds - slack;
  const requests = new AbortController();
  const waiting = new AbortController();
  const giveUp = (reason: Error): void => {
    waiting.abort(reason);
    requests.abort(reason);
  };
  const check = (): void => {
    if (elapsedSince(begun) >= milliseconds) giveUp(new LeaseEndedError('the claim is nearly over'));
  };
  const timer = setTimeout(check, milliseconds - elapsedSince(begun) + 1);
  return {
    claim,
    signal: requests.signal,
    waiting: waiting.signal,
    check,
    stopWaiting: (reason) => waiting.abort(reason),
    giveUp,
    end: () => clearTimeout(timer),
  };
}

/** The monotonic clock stands still while a machine is suspended, and the wall clock may be set back: the one that says more is believed. */
export interface LeaseClocks {
  monotonic: number;
  wall: number;
}

export function leaseClocks(): LeaseClocks {
  return { monotonic: performance.now(), wall: Date.now() };
}

function elapsedSince({ monotonic, wall }: LeaseClocks): number {
  return Math.max(performance.now() - monotonic, Date.now() - wall);
}
