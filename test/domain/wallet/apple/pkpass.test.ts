import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { defaultIcon } from '../../../../src/domain/wallet/apple/default-icon.ts';
import { passFile } from '../../../../src/domain/wallet/apple/archive.ts';
import type { PassImage } from '../../../../src/domain/wallet/apple/images.ts';
import { type PassIdentity, passJson } from '../../../../src/domain/wallet/apple/pass-json.ts';
import { makePkpass } from '../../../../src/domain/wallet/apple/pkpass.ts';
import { programFiles } from '../../../../src/domain/wallet/apple/program-files.ts';
import { passSignerOf } from '../../../../src/domain/wallet/apple/signature.ts';
import { passToken } from '../../../../src/domain/wallet/apple/token.ts';
import type { Credential } from '../../../../src/domain/credentials/verdict.ts';
import { Redacted } from '../../../../src/domain/redacted.ts';
import { appleFiles } from '../../../adapters/credential-folder/folders.ts';
import { unzip } from '../../../support/iphone/archive.ts';
import { openPass } from '../../../support/iphone/pass.ts';
import { assertSignature, readSignature } from '../../../support/iphone/signature.ts';
import { createSources, passTypeIdentifier, teamIdentifier } from '../../../support/sources.ts';
import { contents } from './arbitrary-content.ts';
import { stockPass } from './oracle.ts';

const run = promisify(execFile);
const numRuns = process.env['SOAK'] ? 500 : 40;
const now = new Date();
const key = new Redacted(Buffer.alloc(32, 7));

describe('.pkpass', function () {
  this.timeout(20 * 60_000);
  const sources = createSources(now);
  const credentialFiles = appleFiles(sources);
  const credential: Credential = {
    provider: 'apple',
    files: new Redacted(credentialFiles),
    fingerprint: 'f',
    certificates: [],
  };
  const signer = passSignerOf(credential);
  const images: PassImage[] = [defaultIcon('#7a1f2b', 1), { ...defaultIcon('#123456', 2), kind: 'logo', scale: 1 }];
  let directory: string;
  before(() => (directory = mkdtempSync(join(tmpdir(), 'orion-pkpass-'))));
  after(() => rmSync(directory, { recursive: true }));

  const identityOf = (serialNumber: string): PassIdentity => ({
    passTypeIdentifier,
    teamIdentifier,
    serialNumber,
    authenticationToken: passToken(key, serialNumber),
    webServiceURL: 'https://loyalty.example.com',
  });

  it(`of ${numRuns} random programs and cards: its signature is verified, Wallet's rules hold, its content is what stock passkit-generator makes`, async () => {
    const archives: string[] = [];
    await fc.assert(
      fc.asyncProperty(contents, fc.boolean(), async ({ program, content }, hasImages) => {
        const files = programFiles(program, hasImages ? images : []);
        const json = passJson(content, identityOf(content.cardId));
        const pkpass = await makePkpass(json, files, { signer, now });
        const opened = await openPass(pkpass, sources.rootPem);
        const static_ = Object.fromEntries(files.map(({ name, bytes }) => [name, bytes]));
        assertSameContent(opened.files, unzip(stockPass(json, static_, credentialFiles)));
        const path = join(directory, `${archives.length}.pkpass`);
        writeFileSync(path, pkpass);
        archives.push(path);
      }),
      { numRuns },
    );
    await readByPython(archives);
  });

  it('is signed as Apple signs: contentType, signingTime and messageDigest, the WWDR beside the signer', async () => {
    const pkpass = await makePkpass(passJson(sample(), identityOf('s')), programFiles(sampleProgram(), []), {
      signer,
      now: new Date('2026-03-01T09:30:00.999Z'),
    });
    const signature = readSignature(unzip(pkpass).get('signature') ?? Buffer.alloc(0));
    assert.deepEqual(signature.attributes, ['contentType', 'signingTime', 'messageDigest']);
    assert.equal(signature.signingTime.toISOString(), '2026-03-01T09:30:00.000Z');
    assert.equal(signature.certificates.length, 2);
    assert.equal(signature.attached, false);
  });

  it('is refused when a byte of the manifest or the root is another', async () => {
    const pkpass = await makePkpass(passJson(sample(), identityOf('s')), programFiles(sampleProgram(), []), {
      signer,
      now,
    });
    const files = unzip(pkpass);
    await assertSignature(files, sources.rootPem);
    const changed = new Map(files).set('manifest.json', Buffer.from(`${String(files.get('manifest.json'))} `));
    await assert.rejects(assertSignature(changed, sources.rootPem));
    await assert.rejects(assertSignature(files, createSources().rootPem));
  });

  it('never has the key of one credential and the certificate of another', async () => {
    const other = passSignerOf({ ...credential, files: new Redacted(appleFiles(createSources(now))) });
    assert.equal(passSignerOf(credential), signer);
    assert.notEqual(other, signer);
    const manifest = passFile('manifest.json', Buffer.from('{}'));
    const signature = await other.sign(manifest.bytes, now);
    const files = new Map([
      ['manifest.json', manifest.bytes],
      ['signature', signature],
    ]);
    await assert.rejects(assertSignature(files, sources.rootPem));
  });
});

/** Another reader than the iPhone's of these tests, where there is one; it raises on the first archive that is broken. */
async function readByPython(archives: readonly string[]): Promise<void> {
  const script =
    'import sys, zipfile\nfor name in sys.argv[1:]:\n    bad = zipfile.ZipFile(name).testzip()\n    assert bad is None, (name, bad)\n';
  await run('python3', ['-c', script, ...archives]).catch((error: unknown) => {
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    if (!missing || process.env['CI']) throw error;
  });
}

function assertSameContent(ours: ReadonlyMap<string, Buffer>, theirs: ReadonlyMap<string, Buffer>): void {
  const names = (files: ReadonlyMap<string, Buffer>): string[] => [...files.keys()].toSorted();
  assert.deepEqual(names(ours), names(theirs));
  for (const [name, bytes] of theirs) {
    if (name === 'signature') continue;
    if (name.endsWith('.json')) {
      // The manifest has the hash of a pass.json whose members stand in another order.
      const [own, stock] = [ours.get(name), bytes].map((text) => JSON.parse(String(text)) as Record<string, unknown>);
      if (name === 'manifest.json') for (const manifest of [own, stock]) delete manifest?.['pass.json'];
      assert.deepEqual(own, stock, name);
    } else assert.deepEqual(ours.get(name), bytes, name);
  }
}

function sampleProgram() {
  const names = { merchantName: 'Bäckerei Vogel', programName: 'Karte', pointsName: 'Körner' };
  return { ...names, merchantId: 'm', programId: 'p', version: 1, walletClass: null, appearance: {} };
}

function sample() {
  const { walletClass: _, ...program } = sampleProgram();
  const card = { cardId: 'c', timezone: 'UTC', number: '6004870014327719', customerName: null, points: 7 };
  return { ...program, ...card, state: 'active', nextExpiry: null } as const;
}
