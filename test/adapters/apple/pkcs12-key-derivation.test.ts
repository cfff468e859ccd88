import assert from 'node:assert/strict';
import { hash, randomBytes } from 'node:crypto';
import forge from 'node-forge';
import { deriveKey, digests, passwordOctets } from '../../../src/adapters/apple/pkcs12-key-derivation.ts';
import { sha1Rounds } from '../../../src/adapters/apple/sha1-rounds.ts';
import { sha256Rounds } from '../../../src/adapters/apple/sha256-rounds.ts';
import { derive, type Purpose } from '../../../src/example-credentials/pkcs12-encryption.ts';

describe('key derivation of PKCS#12', () => {
  const purposes = { key: 'key', 'initialization vector': 'initializationVector', mac: 'mac' } as const;

  for (const [name, size] of [
    ['sha1', 20],
    ['sha256', 32],
  ] as const) {
    const digest = [...digests.values()].find((candidate) => candidate.name === name);
    assert.ok(digest);

    it(`agrees with node-forge: ${name}`, () => {
      for (const [purpose, ours] of Object.entries(purposes) as [Purpose, (typeof purposes)[Purpose]][]) {
        for (const [iterations, wanted, saltSize] of [
          [1, 8, 8],
          [2, 24, 20],
          [3, 64, 64],
          [50, 5, 100],
        ] as const) {
          const salt = randomBytes(saltSize);
          const work = { passphrase: 'gehüim €', iterations, claimedIterations: iterations };
          const password = passwordOctets(Buffer.from('gehüim €'));
          assert.deepEqual(
            deriveKey({ digest, purpose: ours, password, salt, iterations, size: wanted }),
            derive(name, purpose, salt, wanted, work),
          );
        }
      }
    });

    it(`hashes again and again as OpenSSL does: ${name}`, () => {
      const rounds = name === 'sha1' ? sha1Rounds : sha256Rounds;
      for (let run = 0; run < 50; run += 1) {
        const start = randomBytes(size);
        let expected = start;
        for (let round = 0; round < run; round += 1) expected = hash(name, expected, 'buffer');
        assert.deepEqual(rounds(start, run), expected);
      }
    });
  }

  it('agrees with node-forge: sha512', () => {
    const digest = [...digests.values()].find(({ name }) => name === 'sha512');
    assert.ok(digest);
    const salt = randomBytes(8);
    const binarySalt = forge.util.createBuffer(salt.toString('latin1'));
    const expected = forge.pkcs12.generateKey('secret', binarySalt, 3, 9, 64, forge.md.sha512.create());
    const request = { digest, purpose: 'mac', password: passwordOctets(Buffer.from('secret')), salt } as const;
    assert.equal(deriveKey({ ...request, iterations: 9, size: 64 }).toString('hex'), expected.toHex());
  });

  it('writes a passphrase in UTF-16 with two zero octets, and none as none', () => {
    assert.equal(passwordOctets(Buffer.from('ab')).toString('hex'), '006100620000');
    assert.equal(passwordOctets(Buffer.from('')).toString('hex'), '0000');
    assert.equal(passwordOctets(Buffer.from('€')).toString('hex'), '20ac0000');
    assert.equal(passwordOctets(Buffer.of(0xe4)).toString('hex'), '00e40000');
  });
});
