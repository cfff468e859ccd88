import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fingerprintOf } from '../../../src/domain/credentials/checks/fingerprint.ts';
import { privateKeyPem } from '../../../src/example-credentials/private-key-encodings.ts';
import { generateRsaKey } from '../../../src/example-credentials/key-pair.ts';
import { appleFiles, SecretVolume, withMetadata } from '../../adapters/credential-folder/folders.ts';
import { type RunningApi, startApi } from '../../support/api-process.ts';
import { appleWalletSetup } from '../../support/apple-wallet.ts';
import { openPass } from '../../support/iphone/pass.ts';
import { eventually } from '../../support/wait.ts';
import { admin, createWorld, store, type World } from '../world.ts';

describe('rotation of the Apple credential under load', () => {
  const { sources, rootPem, environment } = appleWalletSetup();
  const parent = mkdtempSync(join(tmpdir(), 'orion-rotation-'));
  const first = appleFiles(sources);
  const volume = new SecretVolume(parent, withMetadata(first));
  let api: RunningApi;
  let world: World;
  before(async () => {
    api = await startApi({ environment: { ...environment, APPLE_CREDENTIAL_DIR: volume.directory } });
    world = await createWorld(api);
  });
  after(async () => {
    await api?.end();
    rmSync(parent, { recursive: true });
  });

  async function fingerprint(): Promise<{ fingerprint: string; rejected: object | null }> {
    const { body } = await api.call('GET', `${admin}/wallet-status`, { key: world.adminKey });
    return (body as { apple: { fingerprint: string; rejected: object | null } }).apple;
  }

  /** Fetches the pass without a pause until told to stop; every answer is kept. */
  function load(url: string, authorization: string): { stop(): Promise<Buffer[]> } {
    let stopping = false;
    const passes: Buffer[] = [];
    const worker = async (): Promise<void> => {
      while (!stopping) {
        const response = await fetch(url, { headers: { authorization } });
        const bytes = Buffer.from(await response.arrayBuffer());
        assert.equal(response.status, 200, String(bytes));
        passes.push(bytes);
      }
    };
    const workers = Promise.all([worker(), worker(), worker()]);
    return {
      async stop() {
        stopping = true;
        await workers;
        return passes;
      },
    };
  }

  it('fails no request, mixes no pair, and heeds no credential that does not fit', async () => {
    const card = await world.newCard();
    const requests = load(`${api.url}${store}/cards/${card.id}/wallet/apple`, `Bearer ${world.home.key}`);
    const second = appleFiles(sources, { key: generateRsaKey() });
    volume.swap(withMetadata(second, { revision: 2 }));
    await eventually(async () => (await fingerprint()).fingerprint === fingerprintOf(second) || null, {
      describe: 'the second credential to be live',
      deadlineSeconds: 60,
    });
    volume.swap({ ...first, 'signer.key': privateKeyPem(generateRsaKey().privateKey) });
    await eventually(async () => (await fingerprint()).rejected, {
      describe: 'the mixed pair to be rejected',
      deadlineSeconds: 60,
    });
    assert.equal((await fingerprint()).fingerprint, fingerprintOf(second));
    const passes = await requests.stop();
    // Verified are the distinct ones about every change: the first, the last, and a sample between.
    const step = Math.max(1, Math.floor(passes.length / 40));
    const signatures = new Set<string>();
    for (const pkpass of passes.filter((_, index) => index % step === 0 || index === passes.length - 1)) {
      const { files } = await openPass(pkpass, rootPem);
      signatures.add(certificateOf(files.get('signature') ?? Buffer.alloc(0), [first, second]));
    }
    assert.deepEqual(signatures, new Set(['0', '1']), 'passes of both credentials were made');
  });
});

/** Which of the credentials the certificate in a signature is of. */
function certificateOf(signature: Buffer, credentials: readonly Record<string, string>[]): string {
  const index = credentials.findIndex((files) => {
    const [, base64 = ''] = /-----BEGIN CERTIFICATE-----([^-]+)-/.exec(files['signer.pem'] ?? '') ?? [];
    return signature.includes(Buffer.from(base64, 'base64'));
  });
  return String(index);
}
