import { createPublicKey, randomBytes } from 'node:crypto';
import type { SourceReason } from '../../../../src/domain/credentials/reasons.ts';
import { fabricateRsaKey } from '../../../../src/example-credentials/fabricated-rsa-key.ts';
import type { KeyPair } from '../../../../src/example-credentials/key-pair.ts';
import { toPem } from '../../../../src/example-credentials/pem.ts';
import { createPkcs12, type Pkcs12Request } from '../../../../src/example-credentials/pkcs12.ts';
import { privateKeyPem } from '../../../../src/example-credentials/private-key-encodings.ts';
import type { SourceData } from '../../../../src/example-credentials/source-data.ts';
import {
  pbkdf2Encrypted,
  pkcs12Of,
  plainBags,
  scryptEncrypted,
  unknownEncrypted,
} from '../../../adapters/apple/password-encrypted.ts';
import { appleData, authority, issue, material, passphrase, refused, signerKey } from './check-examples.ts';

const good = appleData();
const { signer, wwdr } = material();
const pkcs8 = signerKey.privateKey.export({ type: 'pkcs8', format: 'der' });

function encryptedKey(der: Buffer): SourceData {
  return { ...good, 'signer.key': toPem('ENCRYPTED PRIVATE KEY', der), passphrase };
}

function pkcs12(changes: Partial<Pkcs12Request>): SourceData {
  const usual = { certificates: [signer, wwdr], privateKey: signerKey.privateKey, passphrase, iterations: 1 };
  return { 'signer.p12': createPkcs12({ ...usual, ...changes }), passphrase };
}

/** The signer's modulus with an exponent of so many bits; its private half is another. */
function withExponent(bits: number): KeyPair {
  const exponent = randomBytes(bits / 8);
  exponent.writeUInt8(exponent.readUInt8(0) | 0x80, 0);
  exponent.writeUInt8(exponent.readUInt8(exponent.length - 1) | 1, exponent.length - 1);
  const { n = '' } = signerKey.publicKey.export({ format: 'jwk' });
  const publicKey = createPublicKey({ key: { kty: 'RSA', n, e: exponent.toString('base64url') }, format: 'jwk' });
  return { privateKey: signerKey.privateKey, publicKey };
}

const huge = fabricateRsaKey(8_208);

const costly: Record<string, [data: SourceData, words: RegExp]> = {
  'a certificate of 8208 bits': [
    { ...good, 'signer.pem': issue({ key: huge }, authority.wwdr('G4')).certificate.pem },
    /The certificate in signer\.pem .* has an RSA key of 8208 bits; at most 8192/,
  ],
  'a key of 8208 bits': [
    { ...good, 'signer.key': privateKeyPem(huge.privateKey) },
    /signer\.key .* holds an RSA key of 8208 bits/,
  ],
  'a key of 8208 bits in a PKCS#12 file': [
    {
      'signer.p12': pkcs12Of(plainBags(huge.privateKey.export({ type: 'pkcs8', format: 'der' }), signer.der, wwdr.der)),
    },
    /signer\.p12 .* holds an RSA key of 8208 bits/,
  ],
  'a public exponent of 72 bits': [
    { ...good, 'signer.pem': issue({ key: withExponent(72) }).certificate.pem },
    /public exponent has 72 bits; at most 64/,
  ],
  'a key of 600,001 iterations': [
    encryptedKey(pbkdf2Encrypted(pkcs8, passphrase, 1, 'sha256', 600_001)),
    /signer\.key .* asks for 600,001 iterations of key derivation; at most 600,000 are done\. Encrypt it again/,
  ],
  'a key behind scrypt of 1 GiB': [
    encryptedKey(scryptEncrypted(pkcs8, passphrase, { cost: 1_048_576, blockSize: 8, parallelization: 1 }, false)),
    /signer\.key .* asks for scrypt parameters beyond 64 MiB/,
  ],
  'a PKCS#12 file of 600,001 iterations': [pkcs12({ claimedIterations: 600_001 }), /600,001 iterations/],
  'a PKCS#12 file of 10,000,000 iterations': [
    pkcs12({ claimedIterations: 10_000_000, encryption: 'rc2', lengths: 'indefinite' }),
    /10,000,000 iterations/,
  ],
  'a hundred small PEM blocks': [
    { ...good, 'wwdr.pem': wwdr.pem + '-----BEGIN CERTIFICATE-----\nMAAA\n-----END CERTIFICATE-----\n'.repeat(100) },
    /wwdr\.pem .* holds more than 40 PEM blocks/,
  ],
  'a hundred keys': [
    { ...good, 'signer.key': '-----BEGIN PRIVATE KEY-----\nMAAA\n-----END PRIVATE KEY-----\n'.repeat(100) },
    /signer\.key .* holds more than 40 PEM blocks/,
  ],
  'eleven certificates': [
    { ...good, 'signer.pem': signer.pem.repeat(11) },
    /signer\.pem .* holds 11 certificates; at most 10/,
  ],
};

const within: Record<string, [data: SourceData, reason: SourceReason, words: RegExp]> = {
  'a key of 600,000 iterations': [
    encryptedKey(pbkdf2Encrypted(pkcs8, passphrase, 1, 'sha256', 600_000)),
    'WrongPassphrase',
    /does not open it/,
  ],
  'a public exponent of 64 bits': [
    { ...good, 'signer.pem': issue({ key: withExponent(64) }).certificate.pem },
    'KeyMismatch',
    /./,
  ],
  'an encryption that nobody knows': [
    encryptedKey(unknownEncrypted(pkcs8)),
    'MalformedPrivateKey',
    /encrypted in a way that is not read; .* openssl pkcs8/,
  ],
  'an encryption that is damaged': [
    encryptedKey(scryptEncrypted(pkcs8, passphrase, { cost: 0, blockSize: 1, parallelization: 1 }, false)),
    'MalformedPrivateKey',
    /an encrypted private key that is damaged/,
  ],
};

describe('what reading an Apple source may cost', () => {
  for (const [name, [data, words]] of Object.entries(costly)) {
    it(`is looked at before the work: ${name}`, () => {
      refused(data, 'TooExpensive', words);
    });
  }
  for (const [name, [data, reason, words]] of Object.entries(within)) {
    it(`is within the limits: ${name}`, () => {
      refused(data, reason, words);
    });
  }
});
