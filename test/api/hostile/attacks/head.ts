import type { Chance } from '../../../domain/credentials/checks/mutation.ts';
import { oddTexts, sqlTexts } from '../hostile-text.ts';
import { type Attack, andHeader, attack, type Message, messageOf, withHeader } from '../message.ts';
import type { ValidRequest } from '../request.ts';

// prettier-ignore
const methods = [
  'TRACE', 'CONNECT', 'OPTIONS', 'HEAD', 'PUT', 'PROPFIND', 'PURGE', 'QUERY', 'LINK', 'M-SEARCH', 'SOURCE', 'LOCK',
  'get', 'Post', 'FOO', 'G', 'GET ', '', '\u0000', 'PO\tST', 'GET\r\nX-Injected: yes\r\nGET', 'A'.repeat(20_000),
  'PRI',
];

// prettier-ignore
const authorizations = [
  '', ' ', 'Bearer', 'Bearer ', 'bearer', 'Basic YTpi', 'Bearer olk_', 'Bearer null', 'Bearer undefined',
  'Negotiate x',
  `Bearer olk_${'A'.repeat(43)}`, `Bearer olk_${'A'.repeat(42)}`, `Bearer olk_${'A'.repeat(9_000)}`,
  'Bearer a b c',
  `Bearer olk_${'='.repeat(43)}`, 'Bearer 👩‍👩‍👧‍👦', 'Bearer \u00ff\u00fe', `Bearer ${' '.repeat(3_000)}x`,
  'Digest username="x"',
  ...sqlTexts.map((text) => `Bearer olk_${text}`),
];

/** Whatever is in a header that the API reads or echoes. */
// prettier-ignore
const values = [
  '', ' ', ',', '"', '""', '"a', "'", '\\', 'a'.repeat(255), 'a'.repeat(256), 'a'.repeat(6_000), '\t', 'a,b',
  '%0d%0a', '=?utf-8?q?x?=',
  '\u00e9\u00ff', '👩‍👩‍👧‍👦', '{"a":1}', '__proto__', '../../x', '\u007f', 'a;b', '<x>', 'a\u0085b', '-1',
  '99999999999999999999',
  ...[...sqlTexts, ...oddTexts].filter((text) => !/\p{Cc}/u.test(text)),
];

const wishes: readonly (readonly [string, string])[] = [
  ['Expect', '200-ok'],
  ['Expect', '100-continue'],
  ['Upgrade', 'h2c'],
  ['Upgrade', 'websocket'],
  ['TE', 'trailers, deflate;q=0.5'],
];

// prettier-ignore
const read = [
  'Idempotency-Key', 'If-None-Match', 'X-Request-Id', 'Accept', 'Accept-Encoding', 'Accept-Language', 'Origin',
  'Range',
  'If-Match', 'If-Modified-Since', 'X-Forwarded-For', 'X-Forwarded-Host', 'X-Forwarded-Proto', 'Forwarded',
  'Cookie',
  'traceparent', 'X-HTTP-Method-Override', 'X-Original-URL', 'User-Agent', 'Referer',
  'Access-Control-Request-Method',
];

/** What comes of a request without a key: most operations refuse it, and some ask for none. */
function withoutKey({ operation }: ValidRequest): Attack['outcome'] {
  return operation.open ? 'answered' : 'refused';
}

/** Method, version and headers are not what they should be. */
export const head: Record<string, (request: ValidRequest, chance: Chance) => Attack | undefined> = {
  'another method': (request, chance) => attack({ ...messageOf(request), method: chance.pick(methods) }, 'cut'),
  'a key that is none': (request, chance) =>
    attack(withHeader(messageOf(request), 'Authorization', chance.pick(authorizations)), withoutKey(request)),
  'no key': (request) => attack(withHeader(messageOf(request), 'Authorization', undefined), withoutKey(request)),
  'a key in the query': (request) => {
    const message = withHeader(messageOf(request), 'Authorization', undefined);
    return attack(
      { ...message, target: `${message.target}?authorization=${keyOf(request)}&api_key=${keyOf(request)}` },
      'refused',
    );
  },
  'two keys': (request, chance) =>
    attack(andHeader(messageOf(request), 'Authorization', chance.pick(authorizations)), 'answered'),
  'a header that is read': (request, chance) =>
    attack(withHeader(messageOf(request), chance.pick(read), chance.pick(values)), 'answered'),
  'a header that is read, twice': (request, chance) => {
    const name = chance.pick(read);
    return attack(
      andHeader(andHeader(messageOf(request), name, chance.pick(values)), name, chance.pick(values)),
      'answered',
    );
  },
  'bytes that no header may have': (request, chance) => {
    const bytes = Buffer.from(chance.pick(['61006200', '610d62', '610a62', '1b5b', '61082e', '7f00']), 'hex');
    return attack(andHeader(messageOf(request), chance.pick(read), bytes), 'cut');
  },
  'a header injected': (request, chance) =>
    attack(andHeader(messageOf(request), chance.pick(read), 'x\r\nX-Injected: yes\r\nContent-Length: 3'), 'cut'),
  'a name that no header may have': (request, chance) => {
    const name = chance.pick(['', ' X', 'X ', 'X\tY', 'é', '(x)', 'X\u0000', ':X', 'Content Length', '@', '[x]']);
    return attack(andHeader(messageOf(request), name, 'x'), 'cut');
  },
  'a huge header': (request, chance) =>
    attack(
      andHeader(messageOf(request), chance.pick(read), 'a'.repeat(chance.pick([16_500, 70_000, 1_000_000]))),
      'cut',
    ),
  'many headers': (request, { pick }) => {
    const count = pick([50, 500, 1_000, 3_000]);
    return attack(
      withMany(messageOf(request), count, (index) => [`h${index}`, '1']),
      'cut',
    );
  },
  'the same header many times': (request, { pick }) => {
    const name = pick(read);
    return attack(
      withMany(messageOf(request), 300, () => [name, '"a"']),
      'answered',
    );
  },
  'a wish that is not met': (request, { pick }) => {
    const message = withHeader(messageOf(request), 'Connection', 'close, upgrade');
    return attack(andHeader(message, ...pick(wishes)), 'cut');
  },
  'another host': (request, { pick }) => {
    const host = pick([
      undefined,
      '',
      'evil.example',
      'a b',
      '[::1',
      'x:99999',
      '../..',
      'a@b',
      'é',
      `${'a'.repeat(5_000)}`,
    ]);
    return attack(withHeader(messageOf(request), 'Host', host), 'cut');
  },
  'another version': (request, { pick }) => {
    const version = pick([
      'HTTP/1.0',
      'HTTP/0.9',
      'HTTP/2.0',
      'HTTP/9.9',
      'HTTP/1.1 x',
      'http/1.1',
      'HTTPS/1.1',
      '',
      'ICE/1.0',
    ]);
    return attack({ ...messageOf(request), version }, 'cut');
  },
};

function withMany(message: Message, count: number, header: (index: number) => [string, string]): Message {
  return { ...message, headers: [...message.headers, ...Array.from({ length: count }, (_, index) => header(index))] };
}

function keyOf(request: ValidRequest): string {
  return request.headers.find(([name]) => name === 'Authorization')?.[1].slice('Bearer '.length) ?? '';
}
