import type { Pacer } from '../../adapters/postgres/wallet/pacer.ts';
import { readPassContents } from '../../adapters/postgres/wallet/pass-content.ts';
import { readProgramContents } from '../../adapters/postgres/wallet/program-content.ts';
import type { GoogleWallet } from '../../adapters/google/wallet/google-wallet.ts';
import type { PassContent } from '../../domain/wallet/pass-content.ts';
import type { ProgramContent } from '../../domain/wallet/program-content.ts';
import type { WalletResult } from '../../domain/wallet/wallet-result.ts';
import { LeaseEndedError } from './lease.ts';
import { type LeasedPass, type Leases, UnsentError } from './leases.ts';
import type { PlatformRun } from './platform-run.ts';

/** Google takes so many updates of a pass in 24 hours that customers are told of. */
const notifications = 3;

/** Milliseconds: when Google wants no requests for longer, the rest is left to the next run. */
const longestPause = 30_000;

/** So many passes in a row without one that was taken: it is busy, and the rest is left to the next run. */
const throttledInRow = 20;

export interface GooglePacing {
  pace: (signal: AbortSignal) => Promise<number>;
  postpone: (milliseconds: number) => Promise<void>;
}

/** Paces the requests of leases: none is sent when its claim is nearly over, even by a process that was paused in between. */
export function paceLeases(pacer: Pacer, leases: Leases, { ending }: PlatformRun): GooglePacing {
  return {
    async pace(signal) {
      const lease = leases.of(signal);
      const latest = await pacer.pace(lease?.waiting ?? signal);
      lease?.check();
      lease?.waiting.throwIfAborted();
      return latest;
    },
    async postpone(milliseconds) {
      await pacer.postpone(milliseconds);
      if (milliseconds <= longestPause) return;
      const message = `Google wants no requests for ${Math.round(milliseconds / 1_000)} s.`;
      ending.stop({ outcome: 'Throttled', message });
    },
  };
}

interface Item extends LeasedPass {
  content: PassContent;
  program: ProgramContent;
}

export interface GoogleDeps {
  wallet: GoogleWallet;
  leases: Leases;
  ratePerSecond: number;
  /** Looks whether the credential has changed, before passes are claimed. */
  useCredential: () => Promise<void>;
}

/** Sends the passes of Google that are due, at the rate that its pacing lets pass. */
export async function sendToGoogle(run: PlatformRun, deps: GoogleDeps): Promise<void> {
  // Some seconds' worth: who hangs for his timeout and its retries must not leave the rate unused.
  const senders = Math.min(512, Math.max(32, deps.ratePerSecond * 4));
  const feed = createFeed(run, deps, senders);
  const state = { throttled: 0 };
  await Promise.all(Array.from({ length: senders }, () => sendEach(run, deps, feed, state)));
  await feed.end();
}

interface Feed {
  /** The next pass to be sent; undefined: there is none, or sending has ended. */
  next(): Promise<Item | undefined>;
  /** Gives back what is left. */
  end(): Promise<void>;
}

/** Passes are claimed when the last that were are being sent. */
function createFeed(run: PlatformRun, deps: GoogleDeps, senders: number): Feed {
  const queue: Item[] = [];
  let exhausted = false;
  let filling: Promise<void> | undefined;
  let failure: { thrown: unknown } | undefined;
  const size = Math.max(20, Math.min(senders, deps.ratePerSecond * 2));

  async function fill(): Promise<void> {
    run.recorder.check();
    await deps.leases.release();
    await deps.useCredential();
    const claimed = await run.claimant.claim(size);
    exhausted = claimed.passes.length === 0;
    queue.push(...(await withContents(run, deps, deps.leases.open(claimed))));
  }

  const begin = (): Promise<void> =>
    fill()
      .catch((thrown: unknown) => (failure = { thrown }))
      .then(() => (filling = undefined));

  return {
    async next() {
      for (;;) {
        if (failure !== undefined) throw failure.thrown;
        if (run.ending.ended) return undefined;
        if (!exhausted && queue.length < size / 2) filling ??= begin();
        const item = queue.shift();
        if (item !== undefined) return item;
        if (filling === undefined) return undefined;
        await filling;
      }
    },
    async end() {
      await filling;
      if (failure !== undefined) throw failure.thrown;
      for (const left of queue.splice(0)) deps.leases.giveBack(left);
    },
  };
}

async function withContents(
  { database }: PlatformRun,
  { leases }: GoogleDeps,
  leased: readonly LeasedPass[],
): Promise<Item[]> {
  if (leased.length === 0) return [];
  const keys = leased.map(({ pass }) => pass);
  const programs = await readProgramContents(database, [...new Map(keys.map((key) => [key.programId, key])).values()]);
  const contents = await readPassContents(database, 'google', keys);
  const [byProgram, byCard] = [
    new Map(programs.map((program) => [program.programId, program])),
    new Map(contents.map((content) => [content.cardId, content])),
  ];
  return leased.flatMap((each) => {
    const [program, content] = [byProgram.get(each.pass.programId), byCard.get(each.pass.cardId)];
    if (program !== undefined && content !== undefined) return [{ ...each, program, content }];
    leases.giveBack(each);
    return [];
  });
}

async function sendEach(run: PlatformRun, deps: GoogleDeps, feed: Feed, state: { throttled: number }): Promise<void> {
  for (let item = await feed.next(); item !== undefined; item = await feed.next()) {
    const { fingerprint } = deps.wallet.account();
    const notify = item.pass.saved && !item.pass.restyled && item.pass.notified < notifications;
    const result = await send(deps, item, notify);
    if (result === 'unsent') deps.leases.giveBack(item);
    else if (result === 'unknown') deps.leases.close(item);
    else judge(run, deps, item, { ...result, notified: notify, fingerprint }, state);
  }
}

async function send(
  { wallet }: GoogleDeps,
  { pass: { objectId }, lease, content, program }: Item,
  notify: boolean,
): Promise<WalletResult | 'unsent' | 'unknown'> {
  try {
    return await wallet.syncObject(content, { objectId, program, notify }, lease.signal);
  } catch (error) {
    if (error instanceof UnsentError) return 'unsent';
    if (error instanceof LeaseEndedError) return 'unknown';
    throw error;
  }
}

function judge(
  { ending, recorder }: PlatformRun,
  { wallet, leases }: GoogleDeps,
  item: Item,
  { outcome, message, hasUsers, notified, fingerprint }: WalletResult & { notified: boolean; fingerprint: string },
  state: { throttled: number },
): void {
  // What was said of a credential says nothing of the one that has taken its place.
  if (outcome === 'CredentialRefused' && wallet.account().fingerprint !== fingerprint) return leases.giveBack(item);
  const { pass, lease, content } = item;
  recorder.add({ pass, claim: lease.claim, version: content.version, outcome, message, hasUsers, notified });
  leases.close(item);
  state.throttled = outcome === 'Throttled' ? state.throttled + 1 : 0;
  if (outcome === 'CredentialRefused' || outcome === 'IssuerRefused') ending.stop({ outcome, message });
  if (state.throttled >= throttledInRow) ending.stop({ outcome: 'Throttled', message });
}
