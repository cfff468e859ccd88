import assert from 'node:assert/strict';
import { decodeBase64, readPem, writePem } from '../../../../src/domain/credentials/reading/pem.ts';

const pem = writePem('CERTIFICATE', Buffer.alloc(100, 7));

describe('PEM', () => {
  it('is written as one block of 64 columns and read back', () => {
    assert.match(
      pem,
      /^-----BEGIN CERTIFICATE-----\n[A-Za-z0-9+/]{64}\n[A-Za-z0-9+/]{64}\n[A-Za-z0-9+/=]{8}\n-----END CERTIFICATE-----\n$/,
    );
    assert.deepEqual(readPem(pem), { blocks: [{ label: 'CERTIFICATE', headers: {}, contents: Buffer.alloc(100, 7) }] });
  });

  it('may have headers', () => {
    const text = pem.replace('\n', '\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\n');
    const reading = readPem(text);
    assert.ok('blocks' in reading);
    assert.deepEqual(reading.blocks[0]?.headers, { 'proc-type': '4,ENCRYPTED', 'dek-info': 'AES-256-CBC,00' });
  });

  const mistakes: Record<string, string> = {
    'no PEM': 'text',
    'damaged marker': pem.replace('-----BEGIN', '---BEGIN'),
    'written-out line ends': pem.replaceAll('\n', String.raw`\n`),
    'quotation marks': `"${pem}"`,
    'cut off': pem.replace('END CERTIFICATE', 'END PRIVATE KEY'),
    'damaged base64': pem.replace('BwcH', 'BwcHB'),
    'too many blocks': pem.repeat(41),
  };
  for (const [mistake, text] of Object.entries(mistakes)) {
    it(`is refused: ${mistake}`, () => {
      assert.deepEqual(readPem(text), { mistake });
    });
  }

  it('holds base64 as it must be', () => {
    assert.deepEqual(decodeBase64(' AAAA\nAAA=\t'), Buffer.alloc(5));
    for (const text of ['', ' ', 'A', 'AAA', 'AA=A', 'AAAA====', 'AA-_', 'AAAÄ'])
      assert.equal(decodeBase64(text), undefined);
  });
});
