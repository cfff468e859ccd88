import assert from 'node:assert/strict';
import forge from 'node-forge';
import * as der from '../../src/example-credentials/der.ts';

describe('the DER writer', () => {
  const table: [string, Buffer, string][] = [
    ['a short length', der.octetString(Buffer.alloc(127)), '047f'],
    ['a length of one octet', der.octetString(Buffer.alloc(128)), '048180'],
    ['a length of two octets', der.octetString(Buffer.alloc(256)), '04820100'],
    ['zero', der.integer(0), '020100'],
    ['an integer whose highest bit is set', der.integer(0x80), '02020080'],
    ['a large integer', der.integer(0x01_23_45_67_89_ab_cd_efn), '02080123456789abcdef'],
    ['an object identifier', der.oid('1.2.840.113635.100.6.1.16'), '060a2a864886f76364060110'],
    ['a boolean', der.boolean(true), '0101ff'],
    ['a BMPString', der.bmpString('aé'), '1e04006100e9'],
    ['a bit string with unused bits', der.bitString(Buffer.of(0x80), 7), '03020780'],
    ['an explicit tag', der.explicit(3, der.nullValue()), 'a3020500'],
    ['an implicit tag', der.implicit(6, Buffer.from('a')), '860161'],
    ['an indefinite length', der.indefiniteElement(0x30, der.nullValue()), '308005000000'],
  ];
  for (const [name, written, expected] of table) {
    it(`writes ${name}`, () => assert.ok(written.toString('hex').startsWith(expected), written.toString('hex')));
  }

  it('writes a time as UTCTime until 2049 and as GeneralizedTime after', () => {
    const [before, after] = ['2049-12-31T23:59:59.999Z', '2050-01-01T00:00:00Z'].map((text) =>
      der.time(new Date(text)),
    );
    assert.equal(before?.toString('latin1'), '\x17\x0d491231235959Z');
    assert.equal(after?.toString('latin1'), '\x18\x0f20500101000000Z');
  });

  it('is read back by node-forge', () => {
    const written = der.sequence(der.integer(1), der.set(der.utf8String('é')), der.oid('2.16.840.1.101.3.4.1.42'));
    const [number, set, identifier] = forge.asn1.fromDer(written.toString('latin1'), true).value as forge.asn1.Asn1[];
    assert.equal(number?.value, '\x01');
    const [text] = (set?.value ?? []) as forge.asn1.Asn1[];
    assert.equal(forge.util.decodeUtf8(text?.value as string), 'é');
    assert.equal(forge.asn1.derToOid(identifier?.value as string), '2.16.840.1.101.3.4.1.42');
  });
});
