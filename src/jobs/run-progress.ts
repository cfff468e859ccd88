import type { Log, LogEvent } from '../log.ts';
import type { WorkedOff } from './run-worker.ts';

export interface ProgressDeps {
  log: Log;
  /** Where a progress line is shown; undefined: nowhere, since each merchant is logged. */
  terminal: NodeJS.WritableStream | undefined;
}

export interface ProgressOptions {
  runId: string;
  /** Merchants to come. */
  pending: number;
  events: { done: LogEvent; failed: LogEvent };
}

export interface Progress {
  report(worked: WorkedOff): void;
  /** Removes the line. */
  end(): void;
}

interface Tally {
  cards: number;
  lots: number;
  points: bigint;
  milliseconds: number;
}

const noTally: Tally = { cards: 0, lots: 0, points: 0n, milliseconds: 0 };
const grouped = new Intl.NumberFormat('en-US');
const clearLine = '\r\u{1b}[K';

/** What a person sees while a run goes on: a line on a terminal that changes, elsewhere an event a merchant; failures always. */
export function createProgress({ log, terminal }: ProgressDeps, { runId, pending, events }: ProgressOptions): Progress {
  const begun = performance.now();
  const unfinished = new Map<string, Tally>();
  let [merchants, lots, shown] = [0, 0, 0];

  function show(): void {
    if (terminal === undefined || performance.now() - shown < 100) return;
    shown = performance.now();
    const seconds = ((shown - begun) / 1_000).toFixed(0);
    terminal.write(
      `${clearLine}${grouped.format(merchants)} of ${grouped.format(pending)} merchants, ${grouped.format(lots)} lots, ${seconds} s`,
    );
  }

  function logged(worked: WorkedOff, { milliseconds, ...tally }: Tally): void {
    const ids = { run_id: runId, merchant_id: worked.merchantId };
    if (worked.failure !== undefined) {
      if (terminal !== undefined) terminal.write(clearLine);
      const { reason, message } = worked.failure;
      log.error({ event: events.failed, ...ids, reason, reason_message: message });
    } else if (terminal === undefined) {
      const figures = { ...tally, points: jsonNumber(tally.points), duration_ms: Math.round(milliseconds) };
      log.info({ event: events.done, ...ids, ...figures });
    }
  }

  return {
    report(worked) {
      const tally = added(unfinished.get(worked.merchantId) ?? noTally, worked);
      lots += worked.counts.lots;
      if (worked.state === 'pending') unfinished.set(worked.merchantId, tally);
      else {
        unfinished.delete(worked.merchantId);
        merchants += 1;
        logged(worked, tally);
      }
      show();
    },
    end: () => void terminal?.write(clearLine),
  };
}

function added(tally: Tally, { counts, milliseconds }: WorkedOff): Tally {
  return {
    cards: tally.cards + counts.cards,
    lots: tally.lots + counts.lots,
    points: tally.points + counts.points,
    milliseconds: tally.milliseconds + milliseconds,
  };
}

/** A sum as JSON has it; as a string where a number would be rounded. */
export function jsonNumber(points: bigint): number | string {
  return points <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(points) : points.toString();
}
