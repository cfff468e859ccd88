import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import type { Chance } from '../../../domain/credentials/checks/mutation.ts';
import { type Attack, andHeader, attack, messageOf, withBody, withHeader } from '../message.ts';
import type { ValidRequest } from '../request.ts';

// prettier-ignore
const notJson = [
  '{', '}', '[', '"', 'nul', 'NaN', 'Infinity', '-', '01', '+1', '0x1', '.5', '1.', "{'a':1}", '{a:1}', '{"a":1,}',
  '[1,]', '{"a" 1}', '// x\n{}', '/* x */{}', '{}{}', '{} x', '\u00a0{}', '{"a":"\t"}', '"\\x"', '"\\u12"',
  '\u0000',
  '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>', 'a=1&b=2', '--x\r\n',
  ...['[', '{"a":', '{"":'].map((open) => open.repeat(15_000)),
];

/** Not UTF-8, each in a string of a JSON object: lone continuation, cut sequence, overlong, surrogate, beyond U+10FFFF. */
const notUtf8 = ['80', 'c3', 'c0af', 'c080', 'e08080', 'eda080', 'f4908080', 'f8888080', 'fe', 'ff', 'c328', 'e28228'];

// prettier-ignore
const otherTypes = [
  'text/plain', 'application/xml', 'multipart/form-data; boundary=x', 'application/x-www-form-urlencoded',
  'application/octet-stream', 'application/jsonp', 'application/json5', 'json', '', ' ', '/', 'application/',
  '*/*',
  'application/json; charset=utf-16', 'application/json; charset=iso-8859-1', 'application/json; charset=',
  'a;b=c',
  'text/json', 'application/json, text/plain', `application/${'j'.repeat(5_000)}`, 'application/merge-patch+json',
];

/** The body is not the JSON it should be, as text or as bytes. */
export const bodyBytes: Record<string, (request: ValidRequest, chance: Chance) => Attack | undefined> = {
  'no JSON': (request, chance) => ofBody(request, () => chance.pick(notJson)),
  'an empty body': (request) =>
    request.operation.body?.required ? attack(withBody(messageOf(request), ''), 'refused') : undefined,
  'duplicate keys': (request, chance) =>
    ofBody(request, (text) => {
      const [name, value] = chance.pick(Object.entries(JSON.parse(text) as object));
      return `${text.slice(0, -1)},${JSON.stringify(name)}:${JSON.stringify(value)}}`;
    }),
  'duplicate keys, one of them escaped': (request, chance) =>
    ofBody(request, (text) => {
      const name = chance.pick(Object.keys(JSON.parse(text) as object));
      const escaped = `\\u${name.charCodeAt(0).toString(16).padStart(4, '0')}${name.slice(1)}`;
      return `{"${escaped}":1,${text.slice(1)}`;
    }),
  'bytes that are not UTF-8': (request, chance) =>
    ofBody(request, (text) => {
      const bytes = Buffer.from(chance.pick(notUtf8), 'hex');
      return Buffer.concat([Buffer.from(`${text.slice(0, -1)},"reference":"`), bytes, Buffer.from('"}')]);
    }),
  'UTF-16': (request, chance) =>
    ofBody(request, (text) => Buffer.from(`${chance.pick(['', '\ufeff'])}${text}`, 'utf16le')),
  'a byte order mark': (request) => ofBody(request, (text) => `\ufeff${text}`, 'answered'),
  'a body too large': (request, chance) =>
    ofBody(request, (text) => text + ' '.repeat(chance.pick([64 * 1024, 100_000, 1_000_000]))),
  'another content type': (request, chance) =>
    request.body === undefined
      ? undefined
      : attack(withBody(messageOf(request), JSON.stringify(request.body), chance.pick(otherTypes)), 'refused'),
  'no content type': (request) =>
    request.body === undefined
      ? undefined
      : attack(withHeader(messageOf(request), 'Content-Type', undefined), 'refused'),
  'two content types': (request) =>
    request.body === undefined
      ? undefined
      : attack(andHeader(messageOf(request), 'Content-Type', 'text/plain'), 'answered'),
  'a content encoding that lies': (request, chance) =>
    request.body === undefined
      ? undefined
      : attack(
          andHeader(messageOf(request), 'Content-Encoding', chance.pick(['gzip', 'br', 'deflate', 'zstd', 'x', ','])),
          'refused',
        ),
  'a compressed body': (request, chance) => {
    const [name, compress] = chance.pick(compressions);
    const text = chance.below(3) === 0 ? ' '.repeat(5_000_000) : JSON.stringify(request.body ?? {});
    return attack(
      andHeader(withBody(messageOf(request), compress(text)), 'Content-Encoding', name),
      outcomeOf(request),
    );
  },
  'a body where none is taken': (request, chance) =>
    request.operation.body === undefined
      ? attack(withBody(messageOf(request), chance.pick(['{}', '{"points":1}', 'x', '[1]'])), 'answered')
      : undefined,
};

const compressions = [
  ['gzip', gzipSync],
  ['br', brotliCompressSync],
  ['deflate', deflateSync],
] as const;

function outcomeOf(request: ValidRequest): 'refused' | 'answered' {
  return request.body === undefined ? 'answered' : 'refused';
}

/** The request with another body, where it has a JSON object. */
function ofBody(
  request: ValidRequest,
  change: (text: string) => string | Buffer,
  outcome: 'refused' | 'answered' = 'refused',
): Attack | undefined {
  const text = JSON.stringify(request.body ?? {});
  return text === '{}' ? undefined : attack(withBody(messageOf(request), change(text)), outcome);
}
