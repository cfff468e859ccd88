import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '../../../src/demo-data/random.ts';
import { callApi } from '../../support/api-process.ts';
import { eventually } from '../../support/wait.ts';
import type { NewCard, World } from '../world.ts';
import { type Change, take } from './change.ts';
import { planChange } from './plan.ts';

export interface LoadOptions {
  world: World;
  cards: readonly NewCard[];
  /** Where the API is now: a client whose connection is refused or lost turns to the next of them. */
  urls: () => readonly string[];
  clients: number;
  random: Random;
  /** All that was ever sent; the load adds to it. */
  journal: Change[];
}

/** Clients that change cards as fast as they are answered, until they are stopped. */
export interface Load {
  /** So far, by this load. `replayed`: acknowledged only now, though an attempt before had booked it. */
  counts: Record<'acknowledged' | 'replayed' | 'unavailable' | 'refusedConnections' | 'lostConnections', number>;
  /** What no fault excuses; empty as long as all is well. */
  violations: string[];
  /** Waits for that many further answers of a kind. */
  sees(what: keyof Load['counts'], further: number): Promise<void>;
  /** Begins no further change, and waits until each that has an Idempotency-Key is settled. */
  stop(): Promise<void>;
}

/** Seconds that a change may stay unsettled after the load was stopped. */
const patience = 40;

export function startLoad(options: LoadOptions): Load {
  const counts = { acknowledged: 0, replayed: 0, unavailable: 0, refusedConnections: 0, lostConnections: 0 };
  const state = { counts, violations: [] as string[], stopped: false, givenUp: false };
  const working = Array.from({ length: options.clients }, (_, client) => work(client, options, state));
  return {
    counts,
    violations: state.violations,
    sees: (what, further) => {
      const wanted = counts[what] + further;
      const look = (): boolean => counts[what] >= wanted;
      return eventually(look, { describe: `${further} further ${what}`, deadlineSeconds: patience }).then(() => {});
    },
    async stop() {
      state.stopped = true;
      const limit = setTimeout(() => (state.givenUp = true), patience * 1_000);
      await Promise.all(working);
      clearTimeout(limit);
    },
  };
}

interface State extends Pick<Load, 'counts' | 'violations'> {
  stopped: boolean;
  givenUp: boolean;
}

async function work(client: number, options: LoadOptions, state: State): Promise<void> {
  let turn = client;
  while (!state.stopped) {
    const change = planChange(options);
    options.journal.push(change);
    while (change.outcome === 'open' && !state.givenUp) {
      const urls = options.urls();
      await attempt(change, urls[turn % urls.length] ?? '', state);
      if (change.outcome !== 'open') break;
      if (change.idempotencyKey === undefined && change.attempts > 0) change.outcome = 'unknown';
      turn += 1;
      // A client that waits before it tries again, if only a little.
      await sleep(20);
    }
    if (change.outcome === 'open') state.violations.push(`never settled: ${JSON.stringify(change)}`);
  }
}

async function attempt(change: Change, url: string, { counts, violations }: State): Promise<void> {
  try {
    change.attempts += 1;
    const answer = await send(change, url);
    take(change, answer);
    if (answer.status === 201) counts.acknowledged += 1;
    if (answer.headers.has('idempotency-replayed')) counts.replayed += 1;
    if (answer.status === 503) counts.unavailable += 1;
  } catch (error) {
    const code = causeOf(error);
    if (code === 'ECONNREFUSED') {
      // Nothing was sent.
      change.attempts -= 1;
      counts.refusedConnections += 1;
    } else if (code === 'ECONNRESET' || code === 'UND_ERR_SOCKET' || code === 'EPIPE') counts.lostConnections += 1;
    else {
      violations.push(`${change.action}: ${code ?? String(error)}`);
      if (code === undefined) change.outcome = 'unknown';
    }
  }
}

/** Sends it as it was sent before, 30 s at most. */
export function send({ path, key, body, idempotencyKey }: Change, url: string): ReturnType<typeof callApi> {
  const headers = idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey };
  return callApi(`${url}${path}`, 'POST', { key, body, headers });
}

/** Why a request got no answer, in Node's words; undefined: it got one. */
function causeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if (error.name === 'TimeoutError') return 'no answer within 30 s';
  const { cause } = error as { cause?: { code?: string } };
  return cause?.code;
}
