import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import forge from 'node-forge';
import { readPkcs12 } from '../../../src/adapters/apple/pkcs12.ts';
import type { Pkcs12Reading } from '../../../src/domain/credentials/reading/tools.ts';
import { createAuthority } from '../../../src/example-credentials/certificate-authority.ts';
import { generateRsaKey } from '../../../src/example-credentials/key-pair.ts';
import { createPkcs12, type Pkcs12Request } from '../../../src/example-credentials/pkcs12.ts';
import { pkcs12Encryptions } from '../../../src/example-credentials/pkcs12-encryption.ts';
import { nestedBags, pkcs12Of, pkcs12WithPbmac1, plainBags } from './password-encrypted.ts';

const now = new Date('2026-06-01T12:00:00Z');
const key = generateRsaKey();
const authority = createAuthority({ now, wwdrKey: key });
const [first, second] = [authority.wwdr('G4').certificate, authority.root.certificate];
const pkcs8 = key.privateKey.export({ type: 'pkcs8', format: 'der' });
const passphrase = 'gehüim € 🔑';

function bytes(text: string): Uint8Array {
  return Buffer.from(text);
}

function create(changes: Partial<Pkcs12Request> = {}): Buffer {
  const usual = { certificates: [first, second], privateKey: key.privateKey, passphrase: 'secret', iterations: 5 };
  return createPkcs12({ ...usual, ...changes });
}

function assertOpened(reading: Pkcs12Reading): void {
  assert.equal(reading.outcome, 'opened');
  assert.ok(reading.outcome === 'opened');
  assert.deepEqual(
    reading.certificates.map((der) => new X509Certificate(der).subject),
    [first, second].map(({ der }) => new X509Certificate(der).subject),
  );
  assert.ok(Buffer.from(reading.privateKey).equals(pkcs8));
}

describe('a PKCS#12 file', () => {
  for (const encryption of pkcs12Encryptions) {
    for (const lengths of ['definite', 'indefinite'] as const) {
      it(`is opened: ${encryption}, ${lengths} lengths`, () => {
        const file = create({ encryption, lengths });
        assertOpened(readPkcs12(file, [bytes('secret')]));
      });
    }

    it(`is opened without a MAC: ${encryption}`, () => {
      assertOpened(readPkcs12(create({ encryption, mac: false }), [bytes('secret')]));
    });

    it(`is opened with the empty passphrase, given or not: ${encryption}`, () => {
      const file = create({ encryption, passphrase: '' });
      assertOpened(readPkcs12(file, [bytes('')]));
      assertOpened(readPkcs12(file, []));
    });
  }

  it('is opened with a passphrase beyond ASCII', () => {
    for (const encryption of ['aes', '3des'] as const) {
      assertOpened(readPkcs12(create({ encryption, passphrase: 'gehüim €' }), [bytes('gehüim €')]));
    }
  });

  it('is opened with the passphrase that fits of several', () => {
    assertOpened(readPkcs12(create(), [bytes('secret\n'), bytes('secret')]));
  });

  for (const algorithm of ['3des', 'aes128', 'aes192', 'aes256'] as const) {
    it(`is opened as node-forge writes it: ${algorithm}`, () => {
      const pem = key.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
      const certificates = [first, second].map(({ pem: text }) => forge.pki.certificateFromPem(text));
      const asn1 = forge.pkcs12.toPkcs12Asn1(forge.pki.privateKeyFromPem(pem), certificates, 'secret', {
        algorithm,
        count: 7,
      });
      assertOpened(readPkcs12(Buffer.from(forge.asn1.toDer(asn1).getBytes(), 'latin1'), [bytes('secret')]));
    });
  }

  it('is opened with the MAC of RFC 9579', () => {
    const bags = plainBags(pkcs8, first.der, second.der);
    assertOpened(readPkcs12(pkcs12WithPbmac1(bags, passphrase, 9), [bytes(passphrase)]));
    assert.equal(readPkcs12(pkcs12WithPbmac1(bags, passphrase, 9), [bytes('other')]).outcome, 'wrong passphrase');
    assert.equal(
      readPkcs12(pkcs12WithPbmac1(bags, passphrase, 1, 10_000_000), [bytes(passphrase)]).outcome,
      'too expensive',
    );
  });

  it('may hold bags in bags, and the same key twice', () => {
    const bags = plainBags(pkcs8, first.der, second.der);
    assertOpened(readPkcs12(pkcs12Of(nestedBags(bags)), []));
    assert.equal(readPkcs12(pkcs12Of(nestedBags(nestedBags(nestedBags(nestedBags(bags))))), []).outcome, 'malformed');
  });
});

describe('a PKCS#12 file that does not open', () => {
  it('has another passphrase, with a MAC or without', () => {
    for (const encryption of ['rc2', '3des', 'aes'] as const) {
      for (const mac of [true, false]) {
        assert.deepEqual(readPkcs12(create({ encryption, mac }), [bytes('other')]), { outcome: 'wrong passphrase' });
        assert.deepEqual(readPkcs12(create({ encryption, mac }), []), { outcome: 'wrong passphrase' });
      }
    }
  });

  it('holds no key, or several', () => {
    const certificates = { certificates: [first], passphrase: 'secret', iterations: 2 };
    assert.deepEqual(readPkcs12(createPkcs12(certificates), [bytes('secret')]), { outcome: 'no key' });
    const other = generateRsaKey(1024).privateKey.export({ type: 'pkcs8', format: 'der' });
    const two = Buffer.concat([plainBags(pkcs8).subarray(4), plainBags(other).subarray(4)]);
    const bags = Buffer.concat([Buffer.of(0x30, 0x82, two.length >> 8, two.length & 0xff), two]);
    assert.deepEqual(readPkcs12(pkcs12Of(bags), []), { outcome: 'several keys' });
  });

  it('is damaged', () => {
    for (const file of [
      Buffer.alloc(0),
      Buffer.of(0x30, 0x00),
      Buffer.from('garbage'),
      first.der,
      pkcs8,
      create().subarray(0, -1),
    ]) {
      assert.deepEqual(readPkcs12(file, [bytes('secret')]), { outcome: 'malformed' });
    }
  });

  it('claims more iterations than are done, in the MAC or in the encryption', () => {
    for (const mac of [true, false]) {
      const file = create({ iterations: 1, claimedIterations: 10_000_000, mac });
      const excess = '10,000,000 iterations of key derivation; at most 600,000 are done';
      assert.deepEqual(readPkcs12(file, [bytes('secret')]), { outcome: 'too expensive', excess });
    }
  });

  it('claims as many iterations as are done, and is tried', () => {
    const file = create({ iterations: 1, claimedIterations: 600_000, encryption: '3des' });
    assert.deepEqual(readPkcs12(file, [bytes('secret')]), { outcome: 'wrong passphrase' });
    assert.equal(readPkcs12(create({ iterations: 1, claimedIterations: 600_001 }), []).outcome, 'too expensive');
  });

  it('claims a number of iterations that no number holds', () => {
    const file = create({ iterations: 1, claimedIterations: 2 ** 52 });
    assert.deepEqual(readPkcs12(file, []), {
      outcome: 'too expensive',
      excess: 'countless iterations of key derivation; at most 600,000 are done',
    });
  });
});
