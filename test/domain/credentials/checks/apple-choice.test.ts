import assert from 'node:assert/strict';
import { pemChain } from '../../../../src/example-credentials/certificate-encodings.ts';
import type { Certificate } from '../../../../src/example-credentials/certificate.ts';
import { daysAfter } from '../../../../src/example-credentials/days.ts';
import { createPkcs12 } from '../../../../src/example-credentials/pkcs12.ts';
import { issueWwdr } from '../../../../src/example-credentials/wwdr-certificate.ts';
import {
  accepted,
  appleData,
  authority,
  issue,
  material,
  now,
  otherKey,
  passphrase,
  refused,
  signerKey,
} from './check-examples.ts';

const { signer, wwdr } = material();
const good = appleData();

function chosen(data: Parameters<typeof accepted>[0]): { signer: string | undefined; wwdr: string | undefined } {
  const files = accepted(data).files.reveal();
  return { signer: files['signer.pem'], wwdr: files['wwdr.pem'] };
}

function issueG4(from: number, until: number): Certificate {
  const { key } = authority.wwdr('G4');
  const validity = { notBefore: daysAfter(now, from), notAfter: daysAfter(now, until) };
  return issueWwdr(authority.root, { generation: 'G4', key, ...validity }).certificate;
}

describe('of several certificates the one that fits', () => {
  const generations = (['G1', 'G2', 'G3', 'G4', 'G5', 'G6'] as const).map((name) => authority.wwdr(name).certificate);

  it('is the signer in a file that holds the chain, in any order', () => {
    for (const file of [
      pemChain(signer, wwdr, authority.root.certificate),
      pemChain(authority.root.certificate, wwdr, signer),
    ]) {
      assert.deepEqual(chosen({ ...good, 'signer.pem': file }), { signer: signer.pem, wwdr: wwdr.pem });
    }
  });

  it('is the WWDR of the generation that issued the signer', () => {
    assert.equal(chosen({ ...good, 'wwdr.pem': pemChain(...generations) }).wwdr, wwdr.pem);
    assert.equal(chosen({ ...good, 'wwdr.pem': pemChain(...generations.toReversed()) }).wwdr, wwdr.pem);
  });

  it('is the certificate of the key, not of another pass type or of a push service', () => {
    const other = issue({ key: otherKey, passTypeIdentifier: 'pass.com.example.other' }).certificate;
    const samePassType = issue({ key: otherKey }).certificate;
    assert.equal(chosen({ ...good, 'signer.pem': pemChain(other, samePassType, signer) }).signer, signer.pem);
  });

  it('is of two for one key the one of the pass type and team', () => {
    const otherType = issue({ passTypeIdentifier: 'pass.com.example.other' }).certificate;
    const otherTeam = issue({ teamIdentifier: 'ZZZZZ99999' }).certificate;
    assert.equal(chosen({ ...good, 'signer.pem': pemChain(otherType, otherTeam, signer) }).signer, signer.pem);
  });

  it('is after a renewal with the same key the one that is valid, and of two the one that is valid longer', () => {
    const old = issue({ notBefore: daysAfter(now, -400), notAfter: daysAfter(now, -6) }).certificate;
    const renewed = issue({ notBefore: daysAfter(now, -1), notAfter: daysAfter(now, 393) }).certificate;
    assert.equal(chosen({ ...good, 'signer.pem': pemChain(old, signer) }).signer, signer.pem);
    assert.equal(chosen({ ...good, 'signer.pem': pemChain(renewed, old, signer) }).signer, renewed.pem);
  });

  it('is of two WWDR with the same key the one that is valid', () => {
    const old = issueG4(-1000, -1);
    assert.equal(chosen({ ...good, 'wwdr.pem': pemChain(old, wwdr) }).wwdr, wwdr.pem);
    refused({ ...good, 'wwdr.pem': old.pem }, 'Expired', /WWDR certificate G4 .* expired/);
  });

  it('is found in a PKCS#12 file of any order', () => {
    const certificates = [authority.root.certificate, wwdr, ...generations, signer].slice(0, 10);
    const file = createPkcs12({
      certificates: [...certificates.slice(0, 8), signer],
      privateKey: signerKey.privateKey,
      passphrase,
      iterations: 2,
    });
    assert.deepEqual(chosen({ 'signer.p12': file, passphrase }), { signer: signer.pem, wwdr: wwdr.pem });
  });

  it('is looked for among ten, and not among eleven', () => {
    const ten = [...generations, authority.root.certificate, issueG4(-9, 9), issueG4(-8, 8), issueG4(-7, 7)];
    assert.equal(chosen({ ...good, 'wwdr.pem': pemChain(...ten) }).wwdr, wwdr.pem);
    refused({ ...good, 'wwdr.pem': pemChain(...ten, signer) }, 'TooExpensive', /holds 11 certificates; at most 10/);
    const file = { certificates: [...ten, signer], privateKey: signerKey.privateKey, passphrase, iterations: 2 };
    refused({ 'signer.p12': createPkcs12(file), passphrase }, 'TooExpensive', /signer\.p12 .* holds 11 certificates/);
  });
});
