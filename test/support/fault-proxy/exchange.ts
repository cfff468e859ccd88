import type { Agent } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Connection } from './connection.ts';
import type { Fault, FaultBook, WatchFault } from './faults.ts';
import { isWrite } from './proxied-request.ts';
import type { ProxiedRequest } from './proxied-request.ts';
import { statusObject } from './status-object.ts';
import { askUpstream, passedOn, readAll } from './upstream.ts';
import type { Upstream } from './upstream.ts';
import { passWatch } from './watch-stream.ts';
import type { WatchStream } from './watch-stream.ts';
import type { WriteHooks } from './write-hooks.ts';

/** What the exchanges of one proxy share. */
export interface ExchangeDeps {
  upstream: Upstream;
  faults: FaultBook;
  before: WriteHooks;
  after: WriteHooks;
  watches: Set<WatchStream>;
}

/** One request with the connection it came by. */
export interface Exchange {
  request: ProxiedRequest;
  connection: Connection;
  agent: Agent;
  message: IncomingMessage;
  response: ServerResponse;
}

/** Takes one request through faults, hooks and the server to its answer; comes back when the answer has ended. */
export async function runExchange(deps: ExchangeDeps, exchange: Exchange): Promise<void> {
  const { request, connection, message } = exchange;
  await connection.thawed();
  const body = await readAll(message);
  const verdict = await meetFaults(exchange, deps.faults.take(request));
  if (verdict === 'answered') return;
  if ((await deps.before.run(request)) === 'drop') return resetBy(exchange, 'dropped before the write');
  const answer = await ask(deps, exchange, body);
  request.upstreamStatus = answer.statusCode ?? 0;
  if (verdict === 'lose-answer') {
    if (request.watch) answer.destroy();
    else await readAll(answer);
    return resetBy(exchange, 'lose-answer');
  }
  if (request.watch && request.upstreamStatus === 200) return streamWatch(deps, exchange, answer, verdict);
  if (!isWrite(request)) return passAnswer(exchange, answer);
  const content = await readAll(answer);
  if ((await deps.after.run(request)) === 'drop') return resetBy(exchange, 'dropped after the write');
  writeHead(exchange, answer);
  exchange.response.end(content);
}

type Verdict = 'answered' | 'lose-answer' | WatchFault | undefined;

async function meetFaults(exchange: Exchange, faults: Fault[]): Promise<Verdict> {
  for (const fault of faults) {
    switch (fault.type) {
      case 'delay':
        exchange.request.fault = 'delay';
        await sleep(fault.milliseconds);
        break;
      case 'reset':
        resetBy(exchange, 'reset');
        return 'answered';
      case 'status':
        answerStatus(exchange, fault);
        return 'answered';
      case 'lose-answer':
        return 'lose-answer';
      case 'watch':
        return fault.fault;
    }
  }
  return undefined;
}

function resetBy({ request, connection }: Exchange, fault: string): void {
  request.fault = fault;
  connection.reset();
}

function answerStatus({ request, response }: Exchange, fault: Extract<Fault, { type: 'status' }>): void {
  const { code, message, retryAfterSeconds } = fault;
  request.fault = `status ${code}`;
  request.status = code;
  if (retryAfterSeconds !== undefined) response.setHeader('retry-after', String(retryAfterSeconds));
  response.writeHead(code, { 'content-type': 'application/json' });
  response.end(JSON.stringify(statusObject(code, message)));
}

// A read is given up when its client goes away; a write is not: what was sent may arrive although its sender is dead.
function ask(
  deps: ExchangeDeps,
  { request, message, response, agent }: Exchange,
  body: Buffer,
): Promise<IncomingMessage> {
  const gone = new AbortController();
  if (!isWrite(request)) response.once('close', () => gone.abort());
  return askUpstream(deps.upstream, { message, body, agent, signal: gone.signal });
}

function writeHead({ request, response }: Exchange, answer: IncomingMessage): void {
  request.status = answer.statusCode ?? 0;
  if (answer.headers.connection === 'close') response.setHeader('connection', 'close');
  response.writeHead(request.status, passedOn(answer));
}

async function passAnswer(exchange: Exchange, answer: IncomingMessage): Promise<void> {
  writeHead(exchange, answer);
  await pipeline(answer, exchange.response);
}

async function streamWatch(
  { watches }: ExchangeDeps,
  exchange: Exchange,
  answer: IncomingMessage,
  fault: WatchFault | undefined,
): Promise<void> {
  const { request, response, connection } = exchange;
  writeHead(exchange, answer);
  response.flushHeaders(); // a watch without events must open nevertheless
  const { stream, ended } = passWatch({ request, from: answer, to: response, reset: connection.resetWhenFlushed });
  watches.add(stream);
  if (fault !== undefined) stream.disturb(fault);
  await ended;
  watches.delete(stream);
}
