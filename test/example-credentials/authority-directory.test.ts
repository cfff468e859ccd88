import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openAuthority } from '../../src/example-credentials/authority-directory.ts';
import { createAuthority } from '../../src/example-credentials/certificate-authority.ts';
import { parsed } from '../../src/example-credentials/certificate.ts';
import { privateKeyPem } from '../../src/example-credentials/private-key-encodings.ts';

const now = new Date('2026-06-01T12:00:00Z');

describe('a directory that keeps an authority', () => {
  let directory: string;
  beforeEach(() => {
    directory = join(mkdtempSync(join(tmpdir(), 'authority-')), 'new');
  });
  afterEach(() => rmSync(join(directory, '..'), { recursive: true }));

  it('is made with keys that only the owner reads', () => {
    openAuthority(directory, now);
    const modes = readdirSync(directory).map((name) => [name, (statSync(join(directory, name)).mode & 0o077) === 0]);
    assert.deepEqual(Object.fromEntries(modes.filter(([name]) => String(name).endsWith('.key'))), {
      'root.key': true,
      'wwdr-g4.key': true,
    });
    assert.equal(statSync(directory).mode & 0o777, 0o700);
  });

  it('gives the same authority again', () => {
    const [first, second] = [openAuthority(directory, now), openAuthority(directory, new Date('2026-07-01T12:00:00Z'))];
    assert.deepEqual(second.root.certificate, first.root.certificate);
    assert.deepEqual(second.wwdr('G4').certificate, first.wwdr('G4').certificate);
    assert.ok(second.root.key.privateKey.equals(first.root.key.privateKey));
    assert.ok(second.wwdr('G4').key.privateKey.equals(first.wwdr('G4').key.privateKey));
  });

  it('makes the other generations under its root', () => {
    openAuthority(directory, now);
    const again = openAuthority(directory, now);
    assert.ok(parsed(again.wwdr('G2').certificate).verify(again.root.key.publicKey));
  });

  const damages: [string, () => void, RegExp][] = [
    ['a missing key', () => unlinkSync(join(directory, 'root.key')), /root\.pem is there and .*root\.key is not/],
    [
      'a missing certificate',
      () => unlinkSync(join(directory, 'root.pem')),
      /root\.key is there and .*root\.pem is not/,
    ],
    ['no PEM', () => writeFileSync(join(directory, 'root.pem'), 'x'), /root\.pem is not the PEM file/],
    [
      'the key of another',
      () => writeFileSync(join(directory, 'root.key'), privateKeyPem(createAuthority({ now }).root.key.privateKey)),
      /root\.key does not belong to .*root\.pem/,
    ],
    [
      'no root above its WWDR',
      () => ['root.key', 'root.pem'].forEach((name) => unlinkSync(join(directory, name))),
      /has wwdr-g4\.pem without the root\.pem/,
    ],
  ];
  for (const [name, damage, message] of damages) {
    it(`is refused, and left alone, with ${name}`, () => {
      openAuthority(directory, now);
      damage();
      const before = readdirSync(directory);
      assert.throws(() => openAuthority(directory, now), { message });
      assert.deepEqual(readdirSync(directory), before);
    });
  }
});
