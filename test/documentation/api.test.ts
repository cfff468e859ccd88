import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { appleWalletSetup } from '../support/apple-wallet.ts';
import { type RunningApi, startApi } from '../support/api-process.ts';
import { googleWalletSetup } from '../support/google-wallet.ts';
import { runPage } from '../support/runbook/run-blocks.ts';

describe('docs/api.md', () => {
  let api: RunningApi;
  let folder: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'orion-api-page-'));
    const google = await googleWalletSetup();
    api = await startApi({ environment: { ...google.environment, ...appleWalletSetup().environment } });
    await writeFile(join(folder, 'admin-key'), api.adminKey, { mode: 0o600 });
  });
  after(async () => {
    await api?.end();
    await rm(folder, { recursive: true, force: true });
  });

  it('shows what the API answers', async () => {
    const environment = { LOYALTY_URL: api.url, LOYALTY_ADMIN_KEY_FILE: join(folder, 'admin-key') };
    await runPage(fileURLToPath(new URL('../../docs/api.md', import.meta.url)), { environment, programs: [] });
  });
});
