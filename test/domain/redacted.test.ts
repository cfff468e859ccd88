import assert from 'node:assert/strict';
import { format, inspect } from 'node:util';
import { Redacted } from '../../src/domain/redacted.ts';

const key = '-----BEGIN PRIVATE KEY-----';
const redacted = new Redacted({ key });

const ways: Record<string, () => unknown> = {
  'as text': () => String(redacted),
  'in a template': () => `${redacted as unknown as string}`,
  'in an addition': () => ['', redacted].join('+'),
  'as JSON': () => JSON.stringify(redacted),
  'inside JSON': () => JSON.stringify({ files: [redacted] }),
  inspected: () => inspect(redacted),
  'inspected deep inside, with hidden fields': () =>
    inspect({ a: { b: [redacted] } }, { depth: null, showHidden: true }),
  'with %o': () => format('%o', redacted),
  'with %j': () => format('%j', { redacted }),
  'by its keys': () => JSON.stringify([Object.keys(redacted), Object.getOwnPropertyNames(redacted)]),
  'assigned to another object': () => JSON.stringify(Object.assign({}, redacted)),
  cloned: () => JSON.stringify(structuredClone({ redacted })),
  'in the message of an error': () => new Error(`bad: ${String(redacted)}`).message,
  'as the cause of an error': () => inspect(new Error('bad', { cause: redacted })),
};

describe('Redacted', () => {
  for (const [way, print] of Object.entries(ways)) {
    it(`shows nothing ${way}`, () => assert.doesNotMatch(String(print()), /PRIVATE/));
  }

  it('says that something was left out', () => {
    assert.deepEqual(
      [String(redacted), JSON.stringify(redacted), inspect(redacted)],
      ['[redacted]', '"[redacted]"', '[redacted]'],
    );
  });

  it('gives its value to who asks for it', () => {
    assert.equal(redacted.reveal().key, key);
  });
});
