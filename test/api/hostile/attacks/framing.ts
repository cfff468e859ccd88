import type { Chance } from '../../../domain/credentials/checks/mutation.ts';
import { type Attack, andHeader, attack, bytesOf, type Message, messageOf, withHeader } from '../message.ts';
import type { ValidRequest } from '../request.ts';

/** Where the body ends is unclear, a lie, or never comes. */
export const framing: Record<string, (request: ValidRequest, chance: Chance) => Attack | undefined> = {
  'a chunked body': (request, { below }) => {
    const message = chunked(request);
    return message && attack({ ...message, body: chunks(message.body, below) }, 'answered');
  },
  'chunks that are wrong': (request, { pick }) => {
    const message = chunked(request);
    const text = message?.body.toString('latin1') ?? '';
    const size = text.length.toString(16);
    // prettier-ignore
    const bodies = [
      `g\r\n${text}\r\n0\r\n\r\n`, `-1\r\n${text}\r\n0\r\n\r\n`, `ffffffffffffffffff\r\n${text}`,
      `${size}\n${text}\n0\n\n`,
      `1\r\n${text}\r\n0\r\n\r\n`, `${size}\r\n${text}0\r\n\r\n`, `0x${size}\r\n${text}\r\n0\r\n\r\n`, `\r\n${text}`,
      `${size};${'x'.repeat(20_000)}\r\n${text}\r\n0\r\n\r\n`,
    ];
    return message && attack({ ...message, body: Buffer.from(pick(bodies), 'latin1') }, 'cut');
  },
  'chunks that end early': (request, { below }) => {
    const message = chunked(request);
    const body = message && chunks(message.body, below);
    return message && body && attack({ ...message, body: body.subarray(0, below(body.length)) }, 'cut');
  },
  'chunks with trailers': (request, { pick }) => {
    const message = chunked(request);
    const trailers = pick(['Authorization: Bearer x', 'Content-Length: 5', 'X-Injected: yes', 'a'.repeat(20_000)]);
    const text = message?.body.toString('latin1') ?? '';
    const body = `${text.length.toString(16)}\r\n${text}\r\n0\r\n${trailers}\r\n\r\n`;
    return message && attack({ ...message, body: Buffer.from(body, 'latin1') }, 'cut');
  },
  'chunked and a length': (request, { pick }) => {
    const message = messageOf(request);
    const coding = pick(['chunked', 'identity', 'gzip, chunked', 'chunked, chunked', 'xchunked', 'chunked ,', '']);
    return attack(andHeader(message, 'Transfer-Encoding', coding), 'cut');
  },
  'a body that ends early': (request, { below }) => {
    const message = messageOf(request);
    const { length } = message.body;
    return length === 0 ? undefined : attack({ ...message, body: message.body.subarray(0, below(length)) }, 'cut');
  },
  'a head that ends early': (request, { below }) => {
    const bytes = bytesOf(messageOf(request));
    const end = bytes.indexOf('\r\n\r\n');
    return { bytes: bytes.subarray(0, 1 + below(end)), outcome: 'cut' };
  },
  'a length too small': (request, { below }) => {
    const message = messageOf(request);
    const { length } = message.body;
    if (length === 0) return undefined;
    return attack(withHeader(message, 'Content-Length', String(1 + below(length - 1))), 'refused');
  },
  'a length that is none': (request, { pick }) => {
    const value = pick(['-1', '+5', '5, 6', 'x', '0x10', '1e3', '99999999999999999999', '', ' ', '1 2', '٣', '"5"']);
    return attack(withHeader(messageOf(request), 'Content-Length', value), 'cut');
  },
  'two lengths': (request) => attack(andHeader(messageOf(request), 'Content-Length', '7'), 'cut'),
};

/** The message with its body to be sent in chunks; undefined where there is no body. */
function chunked(request: ValidRequest): Message | undefined {
  const message = messageOf(request);
  if (message.body.length === 0) return undefined;
  return andHeader(withHeader(message, 'Content-Length', undefined), 'Transfer-Encoding', 'chunked');
}

function chunks(body: Buffer, below: (bound: number) => number): Buffer {
  const parts: Buffer[] = [];
  for (let start = 0; start < body.length;) {
    const part = body.subarray(start, start + 1 + below(body.length));
    parts.push(Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from('\r\n'));
    start += part.length;
  }
  return Buffer.concat([...parts, Buffer.from('0\r\n\r\n')]);
}
