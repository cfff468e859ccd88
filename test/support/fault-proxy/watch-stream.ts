import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { WatchFault } from './faults.ts';
import type { ProxiedRequest } from './proxied-request.ts';
import { statusObject } from './status-object.ts';

/** An open watch: events pass one line at a time, so that a fault never splits one that it does not mean to split. */
export interface WatchStream {
  request: ProxiedRequest;
  disturb(fault: WatchFault): void;
  /** Takes a delay or a truncation that has not happened yet back. */
  calm(): void;
}

interface WatchDeps {
  request: ProxiedRequest;
  from: IncomingMessage;
  to: ServerResponse;
  reset: () => void;
}

/** Passes the server's events on until either side ends; the response's head must have been written. */
export function passWatch({ request, from, to, reset }: WatchDeps): { stream: WatchStream; ended: Promise<void> } {
  let delay = 0;
  let truncation: 'end' | 'reset' | undefined;
  let over = false;
  const stop = (how: 'end' | 'reset'): void => {
    over = true;
    if (how === 'end') to.end();
    else reset();
    from.destroy();
  };
  const deliver = (line: Buffer): void => {
    if (over || to.destroyed) return;
    if (truncation === undefined) return void to.write(line);
    const how = truncation;
    over = true;
    to.write(line.subarray(0, Math.ceil(line.length / 2)), () => stop(how));
  };
  const ended = pass(from, to, { deliver, delay: () => delay, stop: (how) => over || stop(how) });
  const disturb = (fault: WatchFault): void => {
    if (over) return;
    request.fault = `watch ${fault.type}`;
    if (fault.type === 'delay') delay = fault.milliseconds;
    else if (fault.type === 'truncate') truncation = fault.ending;
    else if (fault.type === 'error') {
      const object = statusObject(fault.code, fault.message);
      to.write(`${JSON.stringify({ type: 'ERROR', object })}\n`);
      stop('end');
    } else stop(fault.type);
  };
  const calm = (): void => {
    delay = 0;
    truncation = undefined;
  };
  return { stream: { request, disturb, calm }, ended };
}

interface Passing {
  deliver: (line: Buffer) => void;
  delay: () => number;
  stop: (how: 'end' | 'reset') => void;
}

async function pass(from: IncomingMessage, to: ServerResponse, { deliver, delay, stop }: Passing): Promise<void> {
  let delivered = Promise.resolve();
  try {
    for await (const line of lines(from)) {
      const due = Date.now() + delay();
      delivered = delivered.then(() => until(due)).then(() => deliver(line));
      if (delay() === 0) await delivered;
      if (to.writableNeedDrain) await Promise.race([once(to, 'drain'), once(to, 'close')]);
    }
    await delivered;
    stop('end');
  } catch {
    stop('reset'); // the server went away in the middle
  }
}

async function until(instant: number): Promise<void> {
  const wait = instant - Date.now();
  if (wait > 0) await sleep(wait);
}

/** Whole lines with their newline, and what is left at the end. */
async function* lines(from: IncomingMessage): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of from as AsyncIterable<Buffer>) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
      yield rest.subarray(0, end + 1);
      rest = rest.subarray(end + 1);
    }
  }
  if (rest.length > 0) yield rest;
}
