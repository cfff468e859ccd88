import assert from 'node:assert/strict';
import { checkSource, secretNotFoundMessage } from '../../../../src/domain/credentials/checks/check-source.ts';
import { fingerprintOf } from '../../../../src/domain/credentials/checks/fingerprint.ts';
import type { WalletCredentialSpec } from '../../../../src/domain/credentials/wallet-credential.ts';
import { credentialTools } from '../../../../src/adapters/apple/encrypted-key.ts';
import { accepted, appleData, appleSpec, googleData, now, passphrase, refused } from './check-examples.ts';

function withKeys(keys: Record<string, string>): WalletCredentialSpec {
  assert.ok(appleSpec.apple);
  return { ...appleSpec, apple: { ...appleSpec.apple, keys: { ...appleSpec.apple.keys, ...keys } } };
}

const good = appleData();
const pem = `${String(good['signer.pem'])}${String(good['signer.key'])}`;

describe('data keys of the source', () => {
  it('are those that the spec names', () => {
    const spec = withKeys({ signerCertificate: 'tls.crt', signerKey: 'tls.key', wwdr: 'ca.crt' });
    const { 'signer.pem': certificate = '', 'signer.key': key = '', 'wwdr.pem': wwdr = '' } = good;
    const { fingerprint } = accepted({ 'tls.crt': certificate, 'tls.key': key, 'ca.crt': wwdr }, spec);
    assert.equal(fingerprint, accepted(good).fingerprint);
    refused(good, 'DataKeyMissing', /has no data key tls\.crt, tls\.key and ca\.crt, nor/, spec);
  });

  it('may be one for certificate and key', () => {
    const spec = withKeys({ signerCertificate: 'signer.pem', signerKey: 'signer.pem' });
    accepted({ 'signer.pem': pem, 'wwdr.pem': good['wwdr.pem'] ?? '' }, spec);
  });

  it('may be one for both forms: what is in it decides', () => {
    const spec = withKeys({ signerCertificate: 'signer', signerKey: 'signer', pkcs12: 'signer' });
    accepted({ signer: pem, 'wwdr.pem': good['wwdr.pem'] ?? '' }, spec);
    accepted({ signer: appleData('pkcs12')['signer.p12'] ?? '', passphrase }, spec);
  });

  it('may be called like what every object has', () => {
    const spec = withKeys({ signerCertificate: 'constructor', signerKey: 'toString', wwdr: '__proto__' });
    refused({}, 'DataKeyMissing', /constructor, toString and __proto__/, spec);
    const { 'signer.pem': certificate = '', 'signer.key': key = '', 'wwdr.pem': wwdr = '' } = good;
    accepted({ constructor: String(certificate), toString: String(key), ['__proto__']: wwdr } as never, spec);
  });

  it('are listed when what is wanted is not there, the first few of them', () => {
    const many = Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`key-${index}`, 'x']));
    refused(many, 'DataKeyMissing', /it holds key-0, key-1, key-2, key-3, key-4 and 25 more/);
  });
});

describe('the fingerprint', () => {
  it('is SHA-256 over names and contents, whatever their order', () => {
    const fingerprint = fingerprintOf({ a: '1', b: '22' });
    assert.match(fingerprint, /^[0-9a-f]{64}$/);
    assert.equal(fingerprintOf({ b: '22', a: '1' }), fingerprint);
    const others = [{ a: '12', b: '2' }, { a: '1', b: '22', c: '' }, { a1: '', b: '22' }, { a: '1' }, {}];
    for (const other of others) assert.notEqual(fingerprintOf(other), fingerprint);
  });
});

describe('checkSource', () => {
  it('has a message for a Secret that is not there', () => {
    assert.equal(
      secretNotFoundMessage('wallet-source'),
      'Secret wallet-source does not exist; it must hold the credential. Create it in this namespace, or correct spec.secretRef.name.',
    );
  });

  it('throws for a spec that the CRD refuses, because that is a defect', () => {
    const { apple: _, ...spec } = appleSpec;
    const input = { name: 'x', spec, data: {}, now, appleRoots: [] };
    assert.throws(() => checkSource(input, credentialTools), /neither google nor apple/);
    refused(googleData(), 'DataKeyMissing');
  });
});
