import assert from 'node:assert/strict';
import {
  bitLength,
  identifierOf,
  magnitudeOf,
  numberOf,
  octetsOf,
} from '../../../../src/domain/credentials/reading/der-values.ts';
import { attempt, malformed, readElement } from '../../../../src/domain/credentials/reading/der.ts';
import {
  element,
  indefiniteElement,
  integer,
  octetString,
  oid,
  sequence,
} from '../../../../src/example-credentials/der.ts';

function isRead(bytes: Uint8Array, encoding: 'DER' | 'BER' = 'DER'): boolean {
  return attempt(() => readElement(bytes, encoding)) !== undefined;
}

/** SEQUENCEs in each other. */
function nested(depth: number): Buffer {
  return depth === 0 ? Buffer.of(5, 0) : sequence(nested(depth - 1));
}

describe('DER', () => {
  it('is read with lengths of every size', () => {
    for (const size of [0, 1, 127, 128, 255, 256, 65_535, 65_536]) {
      const read = readElement(octetString(Buffer.alloc(size, 7)));
      assert.equal(octetsOf(read).length, size);
    }
  });

  it('is refused when it is cut off, goes on, or lies about a length', () => {
    const good = sequence(integer(1), octetString(Buffer.from('abc')));
    assert.ok(isRead(good));
    for (let length = 0; length < good.length; length += 1) assert.ok(!isRead(good.subarray(0, length)));
    assert.ok(!isRead(Buffer.concat([good, Buffer.of(0)])));
    assert.ok(!isRead(Buffer.of(0x30, 0x03, 0x02, 0x02, 0x01)));
    assert.ok(!isRead(Buffer.of(0x30, 0x85, 0, 0, 0, 0, 1, 0)));
    assert.ok(!isRead(Buffer.of(0x3f, 0x81, 0x01, 0x00)));
  });

  it('may have a line end behind it', () => {
    assert.ok(isRead(Buffer.concat([sequence(), Buffer.from('\r\n')])));
  });

  it('is read to a depth that certificates have, and no deeper', () => {
    assert.ok(isRead(nested(20)));
    assert.ok(!isRead(nested(30)));
    assert.ok(!isRead(Buffer.alloc(65_536, Buffer.of(0x30, 0x80)), 'BER'));
  });

  it('has indefinite lengths in BER only', () => {
    const chunked = indefiniteElement(0x24, octetString(Buffer.from('ab')), octetString(Buffer.from('c')));
    assert.ok(!isRead(chunked));
    assert.equal(Buffer.from(octetsOf(readElement(chunked, 'BER'))).toString(), 'abc');
    assert.ok(isRead(indefiniteElement(0x30, indefiniteElement(0x30, integer(5))), 'BER'));
    assert.ok(!isRead(indefiniteElement(0x30, integer(5)).subarray(0, -1), 'BER'));
  });

  it('has integers that are not negative', () => {
    assert.equal(numberOf(readElement(integer(600_001))), 600_001);
    assert.equal(numberOf(readElement(integer(0))), 0);
    assert.equal(numberOf(readElement(integer(2n ** 64n))), Number.POSITIVE_INFINITY);
    assert.equal(bitLength(magnitudeOf(readElement(integer(2n ** 2047n)))), 2048);
    assert.equal(
      attempt(() => numberOf(readElement(Buffer.of(2, 1, 0xff)))),
      undefined,
    );
    assert.equal(
      attempt(() => numberOf(readElement(Buffer.of(2, 0)))),
      undefined,
    );
  });

  it('has object identifiers', () => {
    for (const dotted of ['1.2.840.113635.100.6.1.16', '0.9.2342.19200300.100.1.1', '2.5.4.3', '2.999.1']) {
      assert.equal(identifierOf(readElement(oid(dotted))), dotted);
    }
    assert.equal(
      attempt(() => identifierOf(readElement(element(6, Buffer.alloc(65, 0x81))))),
      undefined,
    );
  });

  it('lets no other error pass for malformed DER', () => {
    assert.equal(
      attempt(() => malformed()),
      undefined,
    );
    assert.throws(
      () =>
        attempt(() => {
          throw new TypeError('a defect');
        }),
      TypeError,
    );
  });
});
