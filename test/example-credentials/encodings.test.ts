import assert from 'node:assert/strict';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import * as encodings from '../../src/example-credentials/certificate-encodings.ts';
import { createAuthority } from '../../src/example-credentials/certificate-authority.ts';
import { generateEcKey, generateRsaKey } from '../../src/example-credentials/key-pair.ts';
import { privateKeyDer, privateKeyPem } from '../../src/example-credentials/private-key-encodings.ts';

const authority = createAuthority({ now: new Date('2026-06-01T12:00:00Z') });
const root = authority.root.certificate;
const rsa = generateRsaKey().privateKey;
const ec = generateEcKey().privateKey;
const passphrase = 'correct horse';

describe('encodings of an example certificate', () => {
  const variants = {
    'Bag Attributes around it': encodings.withBagAttributes(root),
    'CRLF line ends': encodings.withCrlf(root.pem),
    'line ends written out': encodings.withWrittenOutLineEnds(root.pem).replaceAll('\\n', '\n'),
    'a byte order mark': encodings.withByteOrderMark(root.pem).replace(/^\uFEFF/, ''),
    'another one after it': encodings.pemChain(root, authority.wwdr('G4').certificate),
  };
  for (const [name, text] of Object.entries(variants)) {
    it(`is the same certificate with ${name}`, () => {
      assert.notEqual(text, undefined);
      assert.deepEqual(new X509Certificate(text).raw, root.der);
    });
  }

  it('writes PEM as OpenSSL does', () => {
    assert.equal(root.pem, new X509Certificate(root.der).toString());
  });

  it('puts around it what openssl pkcs12 prints', () => {
    const [first, name] = encodings.withBagAttributes(root).split('\n');
    assert.deepEqual([first, name], ['Bag Attributes', '    friendlyName: Orion Example Root CA']);
  });

  it('writes no line end at all when they are written out', () => {
    assert.doesNotMatch(encodings.withWrittenOutLineEnds(root.pem), /\n/);
    assert.equal(encodings.withByteOrderMark('x'), '\uFEFFx');
  });
});

describe('encodings of an example private key', () => {
  const table = [
    ['pkcs8', rsa, '-----BEGIN PRIVATE KEY-----'],
    ['pkcs1', rsa, '-----BEGIN RSA PRIVATE KEY-----'],
    ['sec1', ec, '-----BEGIN EC PRIVATE KEY-----'],
    ['encrypted-pkcs8', rsa, '-----BEGIN ENCRYPTED PRIVATE KEY-----'],
    ['traditional-encrypted', rsa, '-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED'],
  ] as const;
  for (const [form, key, start] of table) {
    it(`reads back: ${form}`, () => {
      const pem = privateKeyPem(key, form, passphrase);
      assert.ok(pem.startsWith(start));
      assert.ok(createPrivateKey({ key: pem, passphrase }).equals(key));
      if (pem.includes('ENCRYPTED')) assert.throws(() => createPrivateKey({ key: pem, passphrase: 'wrong' }));
    });
  }

  it('reads back as DER', () => {
    for (const type of ['pkcs8', 'pkcs1'] as const) {
      assert.ok(createPrivateKey({ key: privateKeyDer(rsa, type), format: 'der', type }).equals(rsa));
    }
  });
});
