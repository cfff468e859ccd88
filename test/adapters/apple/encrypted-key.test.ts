import assert from 'node:assert/strict';
import { createPrivateKey } from 'node:crypto';
import { decryptPrivateKey } from '../../../src/adapters/apple/encrypted-key.ts';
import { readPem } from '../../../src/domain/credentials/reading/pem.ts';
import type { DecryptedKey, EncryptedKey } from '../../../src/domain/credentials/reading/tools.ts';
import { generateEcKey, generateRsaKey } from '../../../src/example-credentials/key-pair.ts';
import { desEncrypted, pbkdf2Encrypted, scryptEncrypted, unknownEncrypted, type Hmac } from './password-encrypted.ts';

const { privateKey } = generateRsaKey();
const pkcs8 = privateKey.export({ type: 'pkcs8', format: 'der' });
const secret = [Buffer.from('secret')];

function encrypted(der: Uint8Array): EncryptedKey {
  return { form: 'encrypted PKCS#8', der };
}

function assertOpened(decrypted: DecryptedKey): void {
  assert.ok(decrypted.outcome === 'opened', decrypted.outcome);
  const type = decrypted.form === 'PKCS#8' ? 'pkcs8' : 'pkcs1';
  assert.ok(createPrivateKey({ key: Buffer.from(decrypted.der), format: 'der', type }).equals(privateKey));
}

/** What Node exports with a cipher; PEM with a DEK-Info header for PKCS#1. */
function traditional(cipher: string): EncryptedKey {
  const pem = privateKey.export({ type: 'pkcs1', format: 'pem', cipher, passphrase: 'secret' }).toString();
  const reading = readPem(pem);
  const block = 'blocks' in reading ? reading.blocks[0] : undefined;
  assert.ok(block);
  return { form: 'encrypted PKCS#1', der: block.contents, encryptionHeader: block.headers['dek-info'] ?? '' };
}

describe('an encrypted private key', () => {
  for (const cipher of ['aes-128-cbc', 'aes-192-cbc', 'aes-256-cbc', 'des-ede3-cbc']) {
    it(`is opened: PKCS#8 with ${cipher}`, () => {
      const der = privateKey.export({ type: 'pkcs8', format: 'der', cipher, passphrase: 'secret' });
      assertOpened(decryptPrivateKey(encrypted(der), secret));
    });

    it(`is opened: PEM of old OpenSSL with ${cipher}`, () => {
      assertOpened(decryptPrivateKey(traditional(cipher), secret));
      assert.equal(decryptPrivateKey(traditional(cipher), [Buffer.from('other')]).outcome, 'wrong passphrase');
    });
  }

  for (const hmac of ['sha1', 'sha256', 'sha384', 'sha512'] satisfies Hmac[]) {
    it(`is opened: PBKDF2 with HMAC-${hmac}`, () => {
      assertOpened(decryptPrivateKey(encrypted(pbkdf2Encrypted(pkcs8, 'secret', 3, hmac)), secret));
    });
  }

  for (const digest of ['md5', 'sha1'] as const) {
    it(`is opened: DES with ${digest}`, () => {
      const der = desEncrypted(pkcs8, 'secret', 7, digest);
      assertOpened(decryptPrivateKey(encrypted(der), secret));
      assert.equal(decryptPrivateKey(encrypted(der), [Buffer.from('other')]).outcome, 'wrong passphrase');
    });
  }

  it('is opened: scrypt as OpenSSL has it by default', () => {
    const usual = { cost: 16_384, blockSize: 8, parallelization: 1 };
    assertOpened(decryptPrivateKey(encrypted(scryptEncrypted(pkcs8, 'secret', usual)), secret));
  });

  it('is opened with the passphrase that fits of several', () => {
    const der = pbkdf2Encrypted(pkcs8, 'secret', 3, 'sha256');
    assertOpened(decryptPrivateKey(encrypted(der), [Buffer.from('other'), ...secret]));
  });

  it('stays closed without a passphrase or with another', () => {
    const der = pbkdf2Encrypted(pkcs8, 'secret', 3, 'sha256');
    assert.deepEqual(decryptPrivateKey(encrypted(der), []), { outcome: 'wrong passphrase' });
    assert.deepEqual(decryptPrivateKey(encrypted(der), [Buffer.from('other')]), { outcome: 'wrong passphrase' });
    assert.deepEqual(decryptPrivateKey(traditional('aes-256-cbc'), []), { outcome: 'wrong passphrase' });
  });

  it('is refused before the work when it asks for too much', () => {
    const tooMuch = [
      { cost: 1_048_576, blockSize: 8, parallelization: 1 },
      { cost: 16_384, blockSize: 8, parallelization: 64 },
      { cost: 2, blockSize: 8, parallelization: 2 ** 30 },
      { cost: 2 ** 40, blockSize: 1, parallelization: 1 },
    ];
    for (const parameters of tooMuch) {
      const reading = decryptPrivateKey(encrypted(scryptEncrypted(pkcs8, 'secret', parameters, false)), secret);
      assert.equal(reading.outcome, 'too expensive');
    }
  });

  it('is malformed, or encrypted in a way that is not read', () => {
    assert.deepEqual(decryptPrivateKey(encrypted(Buffer.from('garbage')), secret), { outcome: 'malformed' });
    const zero = { cost: 0, blockSize: 0, parallelization: 0 };
    assert.deepEqual(decryptPrivateKey(encrypted(scryptEncrypted(pkcs8, 'secret', zero, false)), secret), {
      outcome: 'malformed',
    });
    const unknown: EncryptedKey = { form: 'encrypted PKCS#1', der: pkcs8, encryptionHeader: 'CAMELLIA-256-CBC,00' };
    assert.deepEqual(decryptPrivateKey(unknown, secret), { outcome: 'unsupported encryption' });
    assert.deepEqual(decryptPrivateKey(encrypted(unknownEncrypted(pkcs8)), secret), {
      outcome: 'unsupported encryption',
    });
  });

  it('may be of another kind than RSA', () => {
    const der = generateEcKey().privateKey.export({
      type: 'pkcs8',
      format: 'der',
      cipher: 'aes-256-cbc',
      passphrase: 'secret',
    });
    assert.equal(decryptPrivateKey(encrypted(der), secret).outcome, 'opened');
  });
});
