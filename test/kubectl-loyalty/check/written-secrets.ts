/** A Secret as somebody writes it, and what the API server makes of it. */
export interface WrittenSecret {
  what: string;
  fields: Record<string, unknown>;
  /** Data key to text; absent: it is refused. */
  holds?: Record<string, string>;
}

const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** test/cluster/secret-data.test.ts asks a real API server the same. */
export const writtenSecrets: readonly WrittenSecret[] = [
  { what: 'nothing', fields: {}, holds: {} },
  { what: 'data', fields: { data: { a: base64('text') } }, holds: { a: 'text' } },
  { what: 'stringData', fields: { stringData: { a: 'text' } }, holds: { a: 'text' } },
  {
    what: 'stringData over data',
    fields: { data: { a: base64('old'), b: base64('kept') }, stringData: { a: 'new', c: 'added' } },
    holds: { a: 'new', b: 'kept', c: 'added' },
  },
  { what: 'base64 with line ends', fields: { data: { a: `${base64('some text')}\n` } }, holds: { a: 'some text' } },
  { what: 'base64 with line ends within', fields: { data: { a: 'dGV4\r\ndA==\n' } }, holds: { a: 'text' } },
  { what: 'base64 with bits left over', fields: { data: { a: 'dGV4dB==' } }, holds: { a: 'text' } },
  { what: 'null as data', fields: { data: null, stringData: null }, holds: {} },
  { what: 'null as a value', fields: { data: { a: null } }, holds: { a: '' } },
  { what: 'null as a text', fields: { stringData: { a: null } }, holds: { a: '' } },
  { what: 'empty values', fields: { data: { a: '' }, stringData: { b: '' } }, holds: { a: '', b: '' } },
  { what: 'a long data key', fields: { stringData: { ['k'.repeat(253)]: 'x' } }, holds: { ['k'.repeat(253)]: 'x' } },
  {
    what: 'a data key named as a built-in property',
    fields: { stringData: { toString: 'x' } },
    holds: { toString: 'x' },
  },
  { what: '1 MiB', fields: { stringData: { a: 'x'.repeat(1024 * 1024) } }, holds: { a: 'x'.repeat(1024 * 1024) } },
  { what: 'more than 1 MiB', fields: { stringData: { a: 'x'.repeat(1024 * 1024), b: 'y' } } },
  { what: 'text that is not base64', fields: { data: { a: '-----BEGIN' } } },
  { what: 'base64 without padding', fields: { data: { a: 'dGV4dA' } } },
  { what: 'base64 with a space', fields: { data: { a: 'dGV4 dA==' } } },
  { what: 'base64 for addresses', fields: { data: { a: '__--' } } },
  { what: 'padding alone', fields: { data: { a: '====' } } },
  { what: 'padding within', fields: { data: { a: 'dA==dA==' } } },
  { what: 'a number as a value', fields: { data: { a: 1234 } } },
  { what: 'a number as a text', fields: { stringData: { a: 1234 } } },
  { what: 'true as a text', fields: { stringData: { a: true } } },
  { what: 'a mapping as a value', fields: { stringData: { a: { b: 'c' } } } },
  { what: 'a list as data', fields: { data: ['a'] } },
  { what: 'a text as data', fields: { data: 'a' } },
  { what: 'a path as a data key', fields: { stringData: { 'certs/a.pem': 'x' } } },
  { what: 'an empty data key', fields: { stringData: { '': 'x' } } },
  { what: 'two dots as a data key', fields: { stringData: { '..': 'x' } } },
  { what: 'a data key that begins with two dots', fields: { data: { '..a': 'eA==' } } },
  { what: 'a data key that is too long', fields: { stringData: { ['k'.repeat(254)]: 'x' } } },
];
