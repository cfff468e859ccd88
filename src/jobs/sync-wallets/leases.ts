import type { Knex } from 'knex';
import { type ClaimedPass, releaseClaims } from '../../adapters/postgres/wallet/claims.ts';
import type { Platform } from '../../domain/wallet/pass-content.ts';
import type { Claimed } from './claimant.ts';
import { type Lease, LeaseEndedError } from './lease.ts';
import type { Ending } from './platform-run.ts';

/** A claimed pass that is going to be sent. */
export interface LeasedPass {
  pass: ClaimedPass;
  lease: Lease;
}

export interface Leases {
  /** The lease of a request, by its signal; undefined: it is of none. */
  of(signal: AbortSignal): Lease | undefined;
  open(claimed: Claimed): LeasedPass[];
  /** Of this pass nothing was sent: it is given back. */
  giveBack(leased: LeasedPass): void;
  /** Nothing more is to be done with this pass. */
  close(leased: LeasedPass): void;
  /** Gives up what is under way, and leaves to the end of its claim what may have been sent. */
  abandon(): void;
  /** Writes which passes are given back. */
  release(): Promise<void>;
}

/** The leases that are open; when sending ends, nothing more of them is sent. */
export function createLeases(database: Knex, platform: Platform, ending: Ending): Leases {
  const open = new Map<AbortSignal, { lease: Lease; left: number }>();
  const back: LeasedPass[] = [];
  ending.onEnd(() => {
    for (const { lease } of open.values()) lease.stopWaiting(new UnsentError());
  });

  function close({ lease }: LeasedPass): void {
    const entry = open.get(lease.signal);
    if (entry === undefined || (entry.left -= 1) > 0) return;
    lease.end();
    open.delete(lease.signal);
  }

  return {
    of: (signal) => open.get(signal)?.lease,
    open({ lease, passes }) {
      if (passes.length === 0) lease.end();
      else open.set(lease.signal, { lease, left: passes.length });
      if (ending.ended) lease.stopWaiting(new UnsentError());
      return passes.map((pass) => ({ pass, lease }));
    },
    giveBack(leased) {
      back.push(leased);
      close(leased);
    },
    close,
    abandon() {
      for (const { lease } of open.values()) lease.giveUp(new LeaseEndedError('the process is told to stop'));
    },
    async release() {
      const passes = back.splice(0).map(({ pass, lease }) => ({ ...pass, claim: lease.claim }));
      await releaseClaims(database, platform, passes);
    },
  };
}

/** Nothing of what waited for its turn was sent. */
export class UnsentError extends LeaseEndedError {
  constructor() {
    super('sending has ended');
    this.name = 'UnsentError';
  }
}
