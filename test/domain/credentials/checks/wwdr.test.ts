import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { parseAppleRoots, readAppleRoots } from '../../../../src/adapters/apple/apple-roots.ts';
import { readCertificate, type Certificate } from '../../../../src/domain/credentials/reading/certificate.ts';
import { chainsToRoot, generationOf, issuedBy } from '../../../../src/domain/credentials/checks/wwdr.ts';
import { appleData, appleRoots, authority, refused, signer } from './check-examples.ts';
import { publishedWwdr } from './published-wwdr.ts';

function read(pem: string): Certificate {
  const certificate = readCertificate(new X509Certificate(pem).raw);
  assert.ok(certificate);
  return certificate;
}

describe("Apple's own WWDR intermediates", () => {
  const roots = parseAppleRoots(readAppleRoots());
  for (const [generation, pem] of Object.entries(publishedWwdr)) {
    it(`${generation} is read, named, may issue and chains to a built-in root`, () => {
      const certificate = read(pem);
      assert.equal(generationOf(certificate.subject), generation);
      assert.equal(certificate.mayIssue, true);
      assert.equal(chainsToRoot(certificate, roots), true);
      assert.equal(chainsToRoot(certificate, appleRoots), false);
    });

    it(`${generation} did not issue a certificate that names G4 and is not its own`, () => {
      const held = `, the Secret holds ${generation === 'G4' ? 'another G4 with another key' : generation}\\.`;
      refused({ ...appleData(), 'wwdr.pem': pem }, 'WwdrMismatch', new RegExp(`issued by G4${held}`));
    });
  }

  it('have RSA keys or, in G2 and G6, ECDSA keys', () => {
    const kinds = Object.values(publishedWwdr).map((pem) => read(pem).publicKey.kind);
    assert.deepEqual(kinds, ['rsa', 'other', 'rsa', 'rsa', 'other']);
  });
});

describe('who issued a certificate', () => {
  const pass = read(signer.certificate.pem);

  it('is told by key identifier and signature', () => {
    assert.equal(issuedBy(pass, read(authority.wwdr('G4').certificate.pem)), true);
    assert.equal(issuedBy(pass, read(authority.wwdr('G3').certificate.pem)), false);
    assert.equal(issuedBy(pass, pass), false);
  });

  it('is not told by a key identifier that anybody can copy', () => {
    const forged = { ...read(authority.wwdr('G3').certificate.pem) };
    const { subjectKeyIdentifier } = read(authority.wwdr('G4').certificate.pem);
    assert.ok(subjectKeyIdentifier);
    assert.equal(issuedBy(pass, { ...forged, subjectKeyIdentifier }), false);
  });

  it('is a root for a root', () => {
    assert.equal(chainsToRoot(read(authority.root.certificate.pem), appleRoots), true);
  });
});
