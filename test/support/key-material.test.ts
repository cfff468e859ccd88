import assert from 'node:assert/strict';
import { generateRsaKey } from '../../src/example-credentials/key-pair.ts';
import { createKeyMaterialSearch } from './key-material.ts';

describe('the search for key material', () => {
  const { privateKey } = generateRsaKey();
  const search = createKeyMaterialSearch();
  search.addKey(privateKey);
  search.addText('correct horse');
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

  for (const [what, told] of Object.entries({
    'a line of the PEM': `cannot parse ${pem.split('\n')[5]}`,
    'the end of a line and the beginning of the next': `"${pem.replaceAll('\n', '').slice(340, 372)}…"`,
    'a PEM with written-out line ends': JSON.stringify({ key: pem }),
    'the data of a Secret': Buffer.from(pem).toString('base64').slice(400, 450),
    'the data of a Secret with a BOM before it': Buffer.from(`\ufeff\n${pem}`).toString('base64').slice(400, 450),
    'a prime in hexadecimal': Buffer.from(privateKey.export({ format: 'jwk' }).p ?? '', 'base64url').toString('hex'),
    'a short passphrase': 'wrong passphrase "correct horse"',
  })) {
    it(`finds ${what}`, () => assert.notEqual(search.find(told), undefined));
  }

  it('finds nothing where nothing is', () => {
    assert.equal(
      search.find(generateRsaKey().privateKey.export({ type: 'pkcs8', format: 'pem' }).toString().slice(40)),
      undefined,
    );
    assert.equal(search.find(pem.slice(0, 40)), undefined);
    assert.equal(search.find('signer.key of Secret apple-source holds half of a private key'), undefined);
  });
});
