import type { ValidRequest } from './request.ts';

/** An HTTP/1.1 message on its way to the wire: nothing is added to it or corrected. */
export interface Message {
  method: string;
  target: string;
  version: string;
  headers: [string, string | Buffer][];
  body: Buffer;
}

/** What may come back: `refused` is 4xx; `answered` any status below 500; `cut` also a connection that ends without an answer. */
export type Outcome = 'refused' | 'answered' | 'cut';

/** A hostile request, as bytes. */
export interface Attack {
  bytes: Buffer;
  outcome: Outcome;
}

/** The request as a client writes it. */
export function messageOf(request: ValidRequest): Message {
  const message: Message = {
    method: request.method,
    target: targetOf(request),
    version: 'HTTP/1.1',
    headers: [...request.headers, ['Connection', 'close']],
    body: Buffer.alloc(0),
  };
  return request.body === undefined ? message : withJson(message, JSON.stringify(request.body));
}

/** Path and query, percent-encoded as is due. */
export function targetOf({ operation, path, query }: ValidRequest): string {
  const filled = operation.path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(path[name] ?? ''));
  const pairs = query.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`);
  return pairs.length === 0 ? filled : `${filled}?${pairs.join('&')}`;
}

/** Another body, with the Content-Length that is due and the Content-Type of JSON unless it has one. */
export function withBody(message: Message, body: Buffer | string, type = 'application/json'): Message {
  const bytes = Buffer.from(body as string);
  const kept = message.headers.filter(([name]) => !/^content-(length|type)$/i.test(name));
  const headers: [string, string][] = [
    ['Content-Type', type],
    ['Content-Length', String(bytes.length)],
  ];
  return { ...message, headers: [...kept, ...headers], body: bytes };
}

function withJson(message: Message, text: string): Message {
  return withBody(message, text);
}

/** Another value of a header; undefined takes it away. */
export function withHeader(message: Message, name: string, value: string | Buffer | undefined): Message {
  const kept = message.headers.filter(([other]) => other.toLowerCase() !== name.toLowerCase());
  return { ...message, headers: value === undefined ? kept : [...kept, [name, value]] };
}

/** One header more, whatever is there. */
export function andHeader(message: Message, name: string, value: string | Buffer): Message {
  return { ...message, headers: [...message.headers, [name, value]] };
}

/** The bytes of the message. Strings are written as UTF-8. */
export function bytesOf({ method, target, version, headers, body }: Message): Buffer {
  const lines = headers.flatMap(([name, value]) => [Buffer.from(`${name}: `), Buffer.from(value as string), crlf]);
  return Buffer.concat([Buffer.from(`${method} ${target} ${version}\r\n`), ...lines, crlf, body]);
}

const crlf = Buffer.from('\r\n');

/** The attack of a message. */
export function attack(message: Message, outcome: Outcome): Attack {
  return { bytes: bytesOf(message), outcome };
}
