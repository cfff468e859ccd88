import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';
import { type Scene, startScene } from './scene.ts';

const echo = '/api/v1/admin/test/echo';

interface Refused {
  code: string;
  errors?: { pointer?: string; parameter?: string; detail: string }[];
}

/** What was sent, and status, code, and the pointers of the mistakes. */
type Case = [what: string, body: string | Uint8Array, status: number, pointers?: string[]];

const good = '{"points":1}';
const bytes = (...values: number[]): Uint8Array => new Uint8Array(values);
const around = (middle: Uint8Array): Uint8Array =>
  Buffer.concat([Buffer.from('{"points":1,"text":"'), middle, Buffer.from('"}')]);

const cases: Case[] = [
  ['an integer with a fraction of zero', '{"points":5.0}', 201],
  ['an exponent', '{"points":12e1}', 201],
  ['spaces around everything', ' \t\r\n{ "points" : 1 } ', 201],
  ['five characters beyond the BMP', '{"points":1,"text":"😀😀😀😀😀"}', 201],
  ['an escaped name', '{"p\\u006fints":1}', 201],
  ['nothing', '', 400, ['']],
  ['spaces only', '  ', 400, ['']],
  ['a text that is cut off', '{"points":', 400, ['']],
  ['two documents', '{"points":1}{"points":1}', 400, ['']],
  ['a trailing comma', '{"points":1,}', 400, ['']],
  ['single quotes', "{'points':1}", 400, ['']],
  ['a comment', '{"points":1/**/}', 400, ['']],
  ['NaN', '{"points":NaN}', 400, ['']],
  ['a leading zero', '{"points":01}', 400, ['']],
  ['null', 'null', 400, ['']],
  ['an array', '[1]', 400, ['']],
  ['a string', '"points"', 400, ['']],
  ['no member', '{}', 400, ['/points']],
  ['an unknown member', '{"points":1,"x/y~":2}', 400, ['/x~1y~0']],
  ['every mistake at once', '{"points":"1","text":5,"z":1}', 400, ['/points', '/text', '/z']],
  ['zero', '{"points":0}', 400, ['/points']],
  ['minus zero', '{"points":-0}', 400, ['/points']],
  ['a fraction', '{"points":1.5}', 400, ['/points']],
  ['a number as text', '{"points":"1"}', 400, ['/points']],
  ['2^53', '{"points":9007199254740992}', 400, ['/points']],
  ['2^53 + 1, which a double cannot hold', '{"points":9007199254740993}', 400, ['/points']],
  ['a fraction that a double loses', '{"points":5.0000000000000001}', 400, ['/points']],
  ['what overflows', '{"points":1e400}', 400, ['/points']],
  ['what underflows', '{"points":1e-400}', 400, ['/points']],
  ['a name twice', '{"points":1,"points":1}', 400, ['/points']],
  ['a name twice, once escaped', '{"points":1,"p\\u006fints":2}', 400, ['/points']],
  ['a name twice, deep inside', '{"points":1,"a":[{},{"b":1,"b":1}]}', 400, ['/a/1/b']],
  ['__proto__', '{"points":1,"__proto__":{"admin":true}}', 400, ['/__proto__']],
  ['__proto__, escaped', '{"points":1,"\\u005f_proto__":1}', 400, ['/__proto__']],
  ['constructor', '{"points":1,"constructor":{"prototype":1}}', 400, ['/constructor']],
  ['NUL', '{"points":1,"text":"\\u0000"}', 400, ['/text']],
  ['half of a surrogate pair', '{"points":1,"text":"\\ud800"}', 400, ['/text']],
  ['the empty text', '{"points":1,"text":""}', 400, ['/text']],
  ['six characters of five', '{"points":1,"text":"😀😀😀😀😀😀"}', 400, ['/text']],
  ['a day that is none', '{"points":1,"at":"2026-02-30T00:00:00Z"}', 400, ['/at']],
  ['an instant without offset', '{"points":1,"at":"2026-02-28T00:00:00"}', 400, ['/at']],
  ['33 levels', '['.repeat(33) + ']'.repeat(33), 400, ['']],
  ['60,000 levels', '['.repeat(60_000), 400, ['']],
  ['a byte order mark', `\ufeff${good}`, 400, ['']],
  ['UTF-16', Buffer.from(good, 'utf16le'), 400, ['']],
  ['ISO 8859-1', around(bytes(0xe4)), 400, ['']],
  ['overlong UTF-8', around(bytes(0xc0, 0x80)), 400, ['']],
  ['a surrogate in UTF-8', around(bytes(0xed, 0xa0, 0x80)), 400, ['']],
  ['64 KiB and a byte', good + ' '.repeat(65_537 - good.length), 413],
  ['64 KiB', good + ' '.repeat(65_536 - good.length), 201],
  ['a megabyte', 'x'.repeat(1_000_000), 413],
];

const types: [type: string | undefined, status: number][] = [
  ['application/json', 201],
  ['Application/JSON; Charset="UTF-8"', 201],
  ['application/json;charset=utf-8', 201],
  ['application/json; charset=iso-8859-1', 415],
  ['application/json; charset=utf-8, text/plain', 415],
  ['application/problem+json', 415],
  ['application/jsonp', 415],
  ['text/plain', 415],
  ['application/x-www-form-urlencoded', 415],
  ['multipart/form-data; boundary=x', 415],
  ['', 415],
];

describe('the body of a request', () => {
  let scene: Scene;
  before(async () => void (scene = await startScene()));
  after(() => scene.end());

  for (const [what, body, status, pointers] of cases) {
    it(`${status}: ${what}`, async () => {
      const answer = await scene.asAdmin('POST', echo, { body });
      assert.equal(answer.status, status, answer.text);
      if (status < 400) return;
      const refused = answer.body as Refused;
      assert.equal(refused.code, status === 413 ? 'payload-too-large' : 'invalid-request');
      assert.equal(answer.headers.get('content-type'), 'application/problem+json');
      assert.deepEqual(
        refused.errors?.map(({ pointer }) => pointer),
        pointers,
      );
    });
  }

  for (const [type, status] of types) {
    it(`${status}: Content-Type: ${type}`, async () => {
      const headers = { 'content-type': type ?? '' };
      const answer = await scene.asAdmin('POST', echo, { body: Buffer.from(good), headers });
      assert.equal(answer.status, status, answer.text);
    });
  }

  it('refuses encodings other than identity', async () => {
    const zipped = { body: new Uint8Array(gzipSync(good)), headers: { 'content-encoding': 'gzip' } };
    assert.equal((await scene.asAdmin('POST', echo, zipped)).status, 415);
    const plain = { body: good, headers: { 'content-encoding': 'identity' } };
    assert.equal((await scene.asAdmin('POST', echo, plain)).status, 201);
  });

  it('says of a text that is no JSON where, and never quotes it', async () => {
    const { text } = await scene.asAdmin('POST', echo, { body: '{"points":1,\n "text": secret}' });
    assert.match(text, /line 2, column 10/);
    assert.doesNotMatch(text, /secret/);
  });

  it('reads an instant with any offset, and writes it in UTC with milliseconds', async () => {
    const body = { points: 1, at: '2026-03-01T10:30:00.5+01:00' };
    const answer = await scene.asAdmin('POST', echo, { body });
    assert.deepEqual(answer.body, { points: 1, at: '2026-03-01T09:30:00.500Z' });
    assert.equal(answer.headers.get('location'), '/x');
  });
});
