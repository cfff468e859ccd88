import { chmodSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fingerprintOf } from '../../../src/domain/credentials/checks/fingerprint.ts';
import type { LiveMetadata } from '../../../src/domain/credentials/promotion/observed.ts';
import { toBytes } from '../../../src/example-credentials/source-data.ts';
import { createGoogleSource } from '../../../src/example-credentials/google-source.ts';
import type { KeyPair } from '../../../src/example-credentials/key-pair.ts';
import { issuerId, passTypeIdentifier, type Sources, teamIdentifier } from '../../support/sources.ts';

/** File name to content. */
export type Files = Readonly<Record<string, string | Buffer>>;

export type AppleOptions = Parameters<Sources['apple']>[0];

/** What the live Secret of an Apple credential holds, without metadata.json. */
export function appleFiles(sources: Sources, options: AppleOptions = {}): Record<string, string> {
  const texts = Object.entries(sources.apple(options)).map(([name, value]) => [name, toBytes(value).toString()]);
  return {
    ...(Object.fromEntries(texts) as Record<string, string>),
    'pass-type-identifier': passTypeIdentifier,
    'team-identifier': teamIdentifier,
  };
}

/** What the live Secret of a Google credential holds, without metadata.json. */
export function googleFiles(key?: KeyPair): Record<string, string> {
  const { data } = createGoogleSource(key === undefined ? {} : { privateKey: key.privateKey });
  return { 'google-wallet-sa.json': toBytes(data['google-wallet-sa.json']).toString(), 'issuer-id': issuerId };
}

/** The same with metadata.json as the controller writes it. */
export function withMetadata(files: Files, metadata: Partial<LiveMetadata> = {}, fingerprint?: string): Files {
  const own = fingerprint ?? fingerprintOf(Object.fromEntries(Object.entries(files).map(([n, v]) => [n, String(v)])));
  const written = { revision: 1, fingerprint: own, keyFirstSeen: '2026-01-02T03:04:05Z', ...metadata };
  return { ...files, 'metadata.json': `${JSON.stringify(written)}\n` };
}

/** Writes files that only their owner may read. */
export function writeFiles(directory: string, files: Files, mode = 0o600): void {
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(join(directory, name), content);
    chmodSync(join(directory, name), mode);
  }
}

/** A new folder with these files, outside Kubernetes. */
export function plainFolder(files: Files, parent: string): string {
  const directory = mkdtempSync(join(parent, 'plain-'));
  writeFiles(directory, files);
  return directory;
}

/** A Secret volume as kubelet keeps it (pkg/volume/util/atomic_writer.go). */
export class SecretVolume {
  readonly directory: string;
  #current: string | undefined;
  #count = 0;

  constructor(parent: string, files: Files) {
    this.directory = mkdtempSync(join(parent, 'mounted-'));
    this.swap(files);
  }

  /** A new directory, the symlink to it renamed over the old one, user-visible symlinks, and the old directory removed. */
  swap(files: Files, mode = 0o440): void {
    this.#count += 1;
    const fresh = join(this.directory, `..2026_11_23_${this.#count}.${process.pid}`);
    mkdirSync(fresh, { mode: 0o755 });
    writeFiles(fresh, files, mode);
    const link = join(this.directory, '..data_tmp');
    symlinkSync(basename(fresh), link);
    renameSync(link, join(this.directory, '..data'));
    if (this.#current === undefined)
      for (const name of Object.keys(files)) symlinkSync(join('..data', name), join(this.directory, name));
    else rmSync(this.#current, { recursive: true });
    this.#current = fresh;
  }
}

/** A directory for a test, removed by `afterEach`. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'credential-folder-'));
  // Other users must come through it.
  chmodSync(directory, 0o755);
  return directory;
}
