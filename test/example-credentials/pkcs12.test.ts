import assert from 'node:assert/strict';
import { createPrivateKey, type KeyObject } from 'node:crypto';
import forge from 'node-forge';
import { createAuthority } from '../../src/example-credentials/certificate-authority.ts';
import { generateRsaKey } from '../../src/example-credentials/key-pair.ts';
import { issuePassCertificate } from '../../src/example-credentials/pass-certificate.ts';
import { createPkcs12, type Pkcs12Request } from '../../src/example-credentials/pkcs12.ts';
import { pkcs12Encryptions } from '../../src/example-credentials/pkcs12-encryption.ts';

const now = new Date('2026-06-01T12:00:00Z');
const wwdr = createAuthority({ now }).wwdr('G4').certificate;
const { certificate: signer, key } = issuePassCertificate('self', {
  passTypeIdentifier: 'pass.com.example.loyalty',
  teamIdentifier: 'ABCDE12345',
  notBefore: now,
  notAfter: new Date('2027-06-01T12:00:00Z'),
  key: generateRsaKey(),
});
const complete = { certificates: [signer, wwdr], privateKey: key.privateKey, passphrase: 'correct horse' };
const bags = forge.pki.oids as Record<'certBag' | 'keyBag' | 'pkcs8ShroudedKeyBag', string>;

function open(file: Buffer, passphrase: string | null): forge.pkcs12.Pkcs12Pfx {
  const asn1 = forge.asn1.fromDer(file.toString('latin1'));
  // node-forge takes undefined for no passphrase, and verifies the MAC by itself.
  return forge.pkcs12.pkcs12FromAsn1(asn1, passphrase ?? undefined);
}

function certificatesIn(file: forge.pkcs12.Pkcs12Pfx): string[] {
  const found = file.getBags({ bagType: bags.certBag })[bags.certBag] ?? [];
  return found.map(({ cert }) => (cert ? forge.pki.certificateToPem(cert).replaceAll('\r\n', '\n') : ''));
}

function keysIn(file: forge.pkcs12.Pkcs12Pfx, type: 'keyBag' | 'pkcs8ShroudedKeyBag'): KeyObject[] {
  const found = file.getBags({ bagType: bags[type] })[bags[type]] ?? [];
  return found.map((bag) => createPrivateKey(forge.pki.privateKeyToPem(bag.key as forge.pki.rsa.PrivateKey)));
}

describe('an example PKCS#12 file', () => {
  for (const encryption of pkcs12Encryptions) {
    for (const lengths of ['definite', 'indefinite'] as const) {
      for (const passphrase of ['correct horse', '']) {
        it(`reads back: ${encryption}, ${lengths} lengths, ${passphrase === '' ? 'no' : 'a'} passphrase`, () => {
          const file = createPkcs12({ ...complete, encryption, lengths, passphrase });
          const opened = open(file, encryption === 'none' ? null : passphrase);
          assert.deepEqual(certificatesIn(opened), [signer.pem, wwdr.pem]);
          const [read, ...others] = keysIn(opened, encryption === 'none' ? 'keyBag' : 'pkcs8ShroudedKeyBag');
          assert.ok(read?.equals(key.privateKey));
          assert.deepEqual(others, []);
        });
      }
    }
  }

  it('opens with no other passphrase', () => {
    for (const encryption of ['rc2', '3des', 'aes'] as const) {
      const file = createPkcs12({ ...complete, encryption });
      assert.throws(() => open(file, 'wrong'), /MAC could not be verified/);
    }
  });

  it('leaves out the chain, the key or the MAC when told to', () => {
    const chainless = open(createPkcs12({ ...complete, certificates: [signer] }), complete.passphrase);
    assert.deepEqual(certificatesIn(chainless), [signer.pem]);
    const { privateKey: _, ...keyless } = complete;
    assert.deepEqual(keysIn(open(createPkcs12(keyless), complete.passphrase), 'pkcs8ShroudedKeyBag'), []);
    const unprotected = createPkcs12({ ...complete, mac: false });
    assert.deepEqual(certificatesIn(open(unprotected, complete.passphrase)), [signer.pem, wwdr.pem]);
  });

  it('ties the key to its certificate and names both', () => {
    const opened = open(createPkcs12({ ...complete, friendlyName: 'Pass Type ID: é' }), complete.passphrase);
    const { friendlyName = [], localKeyId = [] } = opened.getBags({
      friendlyName: 'Pass Type ID: é',
      localKeyId: '\x01',
    });
    assert.deepEqual(
      friendlyName.map(({ type }) => type),
      [bags.certBag, bags.pkcs8ShroudedKeyBag],
    );
    assert.equal(localKeyId.length, 2);
  });

  it('derives from as many rounds as it is told', () => {
    const file = createPkcs12({ ...complete, iterations: 5000 });
    assert.equal(countOf(file, '02021388'), 3);
    assert.deepEqual(certificatesIn(open(file, complete.passphrase)), [signer.pem, wwdr.pem]);
  });

  it('claims ten million rounds without doing them', () => {
    const work: Partial<Pkcs12Request> = { iterations: 1, claimedIterations: 10_000_000 };
    for (const encryption of ['rc2', '3des', 'aes'] as const) {
      const file = createPkcs12({ ...complete, ...work, encryption });
      assert.equal(countOf(file, '020400989680'), 3);
    }
  });
});

/** How often an element stands in the file outside of what is encrypted: rounds do so for certificates, key and MAC. */
function countOf(file: Buffer, element: string): number {
  return file.toString('hex').split(element).length - 1;
}
