import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { createAuthority } from '../../src/example-credentials/certificate-authority.ts';
import { parsed } from '../../src/example-credentials/certificate.ts';
import { generateRsaKey } from '../../src/example-credentials/key-pair.ts';
import { extensionValue, readByForge } from './forge-certificate.ts';
import { generations, issueWwdr } from '../../src/example-credentials/wwdr-certificate.ts';

const now = new Date('2026-06-01T12:00:00.500Z');
const key = generateRsaKey();
const authority = createAuthority({ now, wwdrKey: key });

describe('the example certificate authority', () => {
  it('has a self-signed root that is clearly made up', () => {
    const root = parsed(authority.root.certificate);
    assert.equal(root.subject.split('\n').at(-1), 'CN=Orion Example Root CA');
    assert.ok(root.checkIssued(root));
    assert.ok(root.verify(root.publicKey));
    assert.ok(root.ca);
  });

  for (const generation of generations) {
    it(`issues a WWDR ${generation} that may issue certificates`, () => {
      const wwdr = parsed(authority.wwdr(generation).certificate);
      const root = parsed(authority.root.certificate);
      assert.ok(wwdr.checkIssued(root));
      assert.ok(wwdr.verify(root.publicKey));
      assert.ok(wwdr.ca);
    });
  }

  const subjects = {
    G1: 'C=US\nO=Apple Inc.\nOU=Apple Worldwide Developer Relations\nCN=Apple Worldwide Developer Relations Certification Authority',
    G2: 'CN=Apple Worldwide Developer Relations CA - G2\nOU=Apple Certification Authority\nO=Apple Inc.\nC=US',
    G4: 'CN=Apple Worldwide Developer Relations Certification Authority\nOU=G4\nO=Apple Inc.\nC=US',
  } as const;
  for (const [generation, subject] of Object.entries(subjects) as ['G1' | 'G2' | 'G4', string][]) {
    it(`names ${generation} as Apple does`, () => {
      assert.equal(parsed(authority.wwdr(generation).certificate).subject, subject);
    });
  }

  it('gives the same intermediate at each call', () => {
    assert.equal(authority.wwdr('G3'), authority.wwdr('G3'));
  });

  it('has an expired G1, as in life, and a G4 with years to go', () => {
    assert.ok(parsed(authority.wwdr('G1').certificate).validToDate < now);
    const g4 = parsed(authority.wwdr('G4').certificate);
    assert.equal(g4.validFromDate.toISOString(), '2021-06-02T12:00:00.000Z');
    assert.equal(g4.validToDate.toISOString(), '2031-05-31T12:00:00.000Z');
  });

  it('marks G4 with path length 0 and the WWDR extension', () => {
    const g4 = readByForge(authority.wwdr('G4').certificate);
    assert.partialDeepStrictEqual(g4.getExtension('basicConstraints'), {
      cA: true,
      pathLenConstraint: 0,
      critical: true,
    });
    assert.partialDeepStrictEqual(g4.getExtension('keyUsage'), { keyCertSign: true, cRLSign: true, critical: true });
    assert.equal(extensionValue(g4, '1.2.840.113635.100.6.2.1'), '\x05\x00');
  });

  it('makes a WWDR of the same name and key that is no authority', () => {
    const validity = { notBefore: now, notAfter: new Date('2027-01-01T00:00:00Z') };
    const request = { generation: 'G4', key, certificateAuthority: false, ...validity } as const;
    const imposter = parsed(issueWwdr(authority.root, request).certificate);
    const genuine = parsed(authority.wwdr('G4').certificate);
    assert.equal(imposter.ca, false);
    assert.equal(imposter.subject, genuine.subject);
    assert.ok(imposter.publicKey.equals(genuine.publicKey));
    assert.ok(imposter.verify(parsed(authority.root.certificate).publicKey));
  });

  it('gives G2 and G6 an ECDSA key by default, as in life', () => {
    const types = (['G2', 'G4', 'G6'] as const).map((generation) => {
      const wwdr = parsed(createAuthority({ now, root: authority.root }).wwdr(generation).certificate);
      assert.ok(wwdr.verify(authority.root.key.publicKey));
      return wwdr.publicKey.asymmetricKeyType;
    });
    assert.deepEqual(types, ['ec', 'rsa', 'ec']);
  });

  it('is unknown to another root of the same name', () => {
    const other = new X509Certificate(createAuthority({ now }).root.certificate.der);
    const g4 = parsed(authority.wwdr('G4').certificate);
    assert.equal(other.subject, parsed(authority.root.certificate).subject);
    assert.equal(g4.verify(other.publicKey), false);
    assert.equal(g4.checkIssued(other), false);
  });
});
