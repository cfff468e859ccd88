import { connect } from 'node:net';
import type { Attack } from './message.ts';

/** What came back over one connection. */
export interface Exchange {
  answers: RawAnswer[];
  /** The deadline came before the server had closed the connection. */
  hung: boolean;
}

export interface RawAnswer {
  status: number;
  /** Names in lower case. */
  headers: Map<string, string>;
  body: string;
}

/**
 * Sends the bytes over a connection of its own and reads until the server closes it. A request that may end in the
 * middle is followed by the end of our side, as by a client that has gone.
 */
export function exchange(port: number, { bytes, outcome }: Attack, deadlineSeconds = 20): Promise<Exchange> {
  const { promise, resolve } = Promise.withResolvers<Exchange>();
  const received: Buffer[] = [];
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  const timer = setTimeout(() => finish(true), deadlineSeconds * 1000);
  const finish = (hung: boolean): void => {
    clearTimeout(timer);
    socket.destroy();
    resolve({ answers: answersIn(Buffer.concat(received)), hung });
  };
  socket.on('data', (data) => received.push(data));
  // A server that has refused a body need not read the rest of it: what it said counts.
  socket.on('error', () => {});
  socket.on('end', () => finish(false));
  socket.on('close', () => finish(false));
  if (outcome === 'cut') socket.end(bytes);
  else socket.write(bytes);
  return promise;
}

function answersIn(bytes: Buffer): RawAnswer[] {
  const answers: RawAnswer[] = [];
  let rest = bytes.toString('latin1');
  for (;;) {
    const head = /^HTTP\/1\.1 (\d{3})[^\r\n]*\r\n([\s\S]*?)\r\n\r\n|^HTTP\/1\.1 (\d{3})[^\r\n]*\r\n\r\n/.exec(rest);
    if (head === null) return answers;
    const headers = headersIn(head[2] ?? '');
    const after = rest.slice(head[0].length);
    const length = lengthOf(headers, after);
    const status = Number(head[1] ?? head[3]);
    // 100 Continue is not the answer.
    if (status >= 200) answers.push({ status, headers, body: after.slice(0, length) });
    rest = after.slice(status >= 200 ? length : 0);
  }
}

function headersIn(text: string): Map<string, string> {
  const lines = text.split('\r\n').filter((line) => line.includes(':'));
  return new Map(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  );
}

function lengthOf(headers: Map<string, string>, rest: string): number {
  const next = rest.search(/HTTP\/1\.1 \d{3} /);
  if (headers.has('content-length')) return next === 0 ? 0 : Number(headers.get('content-length'));
  return next === -1 ? rest.length : next;
}
