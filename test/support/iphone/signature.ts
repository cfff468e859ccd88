import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Has OpenSSL verify the detached signature of a manifest, and its chain up to the root, as an iPhone would. */
export async function assertSignature(files: ReadonlyMap<string, Buffer>, rootPem: string): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'orion-pass-'));
  try {
    const path = (name: string): string => join(directory, name);
    await writeFile(path('manifest.json'), files.get('manifest.json') ?? '');
    await writeFile(path('signature'), files.get('signature') ?? '');
    await writeFile(path('root.pem'), rootPem);
    const input = ['-in', path('signature'), '-inform', 'der', '-content', path('manifest.json'), '-binary'];
    const trusting = ['-CAfile', path('root.pem'), '-purpose', 'any', '-out', '/dev/null'];
    const { stderr } = await run('openssl', ['smime', '-verify', ...input, ...trusting]);
    assert.match(stderr, /Verification successful/);
  } finally {
    await rm(directory, { recursive: true });
  }
}
