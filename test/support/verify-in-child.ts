import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { Credential, OnlineVerdict } from '../../src/domain/credentials/verdict.ts';

const redacted = new URL('../../src/domain/redacted.ts', import.meta.url).href;

const script = `
  import { text } from 'node:stream/consumers';
  import { Redacted } from ${JSON.stringify(redacted)};
  const { module, name, credential, files, deps } = JSON.parse(await text(process.stdin));
  const { [name]: verify } = await import(module);
  const verdict = await verify({ ...credential, files: new Redacted(files) }, { ...deps, now: () => new Date() });
  console.log(JSON.stringify(verdict));`;

/**
 * Verifies in a new process that trusts the authority by NODE_EXTRA_CA_CERTS, which Node reads at its start only.
 * @param verification The module and the name of the function in it.
 */
export async function verifyInChild(
  verification: { module: URL; name: string },
  credential: Credential,
  deps: Record<string, string>,
  authorityPem: string,
): Promise<OnlineVerdict> {
  const directory = await mkdtemp(join(tmpdir(), 'orion-authority-'));
  try {
    const extra = join(directory, 'authority.pem');
    await writeFile(extra, authorityPem);
    const env = { ...process.env, NODE_EXTRA_CA_CERTS: extra };
    const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
      env,
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const { module, name } = verification;
    child.stdin.end(JSON.stringify({ module: module.href, name, credential, files: credential.files.reveal(), deps }));
    return JSON.parse(await text(child.stdout)) as OnlineVerdict;
  } finally {
    await rm(directory, { recursive: true });
  }
}
