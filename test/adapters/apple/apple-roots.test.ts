import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseAppleRoots, readAppleRoots } from '../../../src/adapters/apple/apple-roots.ts';
import { ConfigurationError } from '../../../src/errors.ts';
import { createAuthority } from '../../../src/example-credentials/certificate-authority.ts';
import { withBagAttributes, withCrlf } from '../../../src/example-credentials/certificate-encodings.ts';

describe("Apple's roots", () => {
  it('are those that Apple publishes, by their SHA-256', () => {
    const roots = parseAppleRoots(readAppleRoots());
    assert.deepEqual(
      roots.map(({ subject, fingerprint256 }) => [/CN=(.*)/.exec(subject)?.[1], fingerprint256]),
      [
        [
          'Apple Root CA',
          'B0:B1:73:0E:CB:C7:FF:45:05:14:2C:49:F1:29:5E:6E:DA:6B:CA:ED:7E:2C:68:C5:BE:91:B5:A1:10:01:F0:24',
        ],
        [
          'Apple Root CA - G2',
          'C2:B9:B0:42:DD:57:83:0E:7D:11:7D:AC:55:AC:8A:E1:94:07:D3:8E:41:D8:8F:32:15:BC:3A:89:04:44:A0:50',
        ],
        [
          'Apple Root CA - G3',
          '63:34:3A:BF:B8:9A:6A:03:EB:B5:7E:9B:3F:5F:A7:BE:7C:4F:5C:75:6F:30:17:B3:A8:C4:88:C3:65:3E:91:79',
        ],
      ],
    );
  });
});

describe('APPLE_ROOTS_FILE', () => {
  const root = createAuthority({ now: new Date('2026-06-01T12:00:00Z') }).root.certificate;
  let directory: string;
  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'orion-apple-roots-'));
  });
  after(() => {
    rmSync(directory, { recursive: true });
  });

  function fileWith(content: string): string {
    const file = join(directory, 'roots.pem');
    writeFileSync(file, content);
    return file;
  }

  it('replaces the built-in roots', () => {
    const pem = readAppleRoots(fileWith(withCrlf(root.pem) + withBagAttributes(root)));
    assert.equal(pem, root.pem + root.pem);
    assert.equal(parseAppleRoots(pem).length, 2);
  });

  const problems: Record<string, [content: string, words: RegExp]> = {
    empty: ['', /roots\.pem holds no PEM; expected one or more root certificates in PEM/],
    garbage: ['garbage', /holds no PEM/],
    'cut off': [root.pem.slice(0, 200), /holds PEM with a mistake \(cut off\)/],
    'a key': ['-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n', /holds no certificate/],
    'a damaged certificate': [
      `${root.pem}-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n`,
      /certificate 2 of 2 cannot be read/,
    ],
  };
  for (const [name, [content, words]] of Object.entries(problems)) {
    it(`is refused, with its name: ${name}`, () => {
      const file = fileWith(content);
      assert.throws(
        () => readAppleRoots(file),
        (error) => {
          assert.ok(error instanceof ConfigurationError);
          assert.match(error.message, words);
          assert.ok(error.message.includes(`APPLE_ROOTS_FILE: ${file}`));
          return true;
        },
      );
    });
  }

  it('is refused when it is not there, or a folder', () => {
    assert.throws(() => readAppleRoots(join(directory, 'none.pem')), /none\.pem cannot be read \(ENOENT\)/);
    assert.throws(() => readAppleRoots(directory), /cannot be read \(EISDIR\)/);
  });
});
