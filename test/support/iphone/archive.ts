import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import AdmZip from 'adm-zip';

/** The files of a .pkpass by name; the archive is read by a library that checks lengths and CRCs. */
export function unzip(pkpass: Buffer): Map<string, Buffer> {
  const archive = new AdmZip(pkpass);
  assert.ok(archive.test(), 'the archive is sound');
  const files = archive.getEntries().map((entry) => [entry.entryName, entry.getData()] as const);
  assert.equal(new Map(files).size, files.length, 'no name comes twice');
  return new Map(files);
}

/** Holds the manifest to the files: the SHA-1 of each, and of nothing else. */
export function assertManifest(files: ReadonlyMap<string, Buffer>): void {
  const manifest = JSON.parse(String(files.get('manifest.json'))) as Record<string, string>;
  const signed = [...files].filter(([name]) => name !== 'manifest.json' && name !== 'signature');
  const expected = signed.map(([name, bytes]) => [name, createHash('sha1').update(bytes).digest('hex')]);
  assert.deepEqual(manifest, Object.fromEntries(expected));
}
