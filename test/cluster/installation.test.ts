import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deployPath, packageVersions } from '../deploy/manifests.ts';
import { plugin } from '../kubectl-loyalty/plugin.ts';
import { newApiKey } from '../support/api-process.ts';
import { type ControlPlane, startControlPlane } from '../support/control-plane/control-plane.ts';
import { kubectl } from '../support/control-plane/kubectl.ts';
import { type Kubelet, loyaltyImage, startKubelet } from '../support/kubelet/kubelet.ts';
import type { TestDatabase } from '../support/postgres/databases.ts';
import { sharedPostgres } from '../support/postgres/shared-postgres.ts';

describe('the installation of API and jobs from deploy/manifests', () => {
  const folder = mkdtempSync(join(tmpdir(), 'installation-'));
  const key = newApiKey();
  let controlPlane: ControlPlane;
  let kubelet: Kubelet;
  let database: TestDatabase;
  const run = async (...args: string[]): Promise<string> =>
    (await kubectl(controlPlane, ['-n', 'loyalty', ...args])).stdout.trim();
  const apply = (file: string): Promise<string> => run('apply', '-f', deployPath(file));

  before(async () => {
    writeFileSync(join(folder, 'key'), key);
    database = await (await sharedPostgres()).emptyDatabase();
    controlPlane = await startControlPlane({ kind: 'real', audit: false });
    kubelet = await startKubelet({ controlPlane, images: { 'ghcr.io/orion-loyalty/orion-loyalty': loyaltyImage } });
    await run('create', 'namespace', 'loyalty');
    await run('create', 'secret', 'generic', 'loyalty-database', `--from-literal=url=${database.url}`);
    await run('create', 'secret', 'generic', 'loyalty-admin-key', `--from-literal=key=${key}`);
    const tokenKey = randomBytes(24).toString('base64');
    await run('create', 'secret', 'generic', 'loyalty-pass-token-key', `--from-literal=key=${tokenKey}`);
  });
  after(async () => {
    await kubelet?.stop();
    await controlPlane?.stop();
    await database?.drop();
    rmSync(folder, { recursive: true });
  });

  it('migrates an empty database', async () => {
    await apply('manifests/migrate.yaml');
    const job = `job/loyalty-migrate-${packageVersions().version.replaceAll('.', '-')}`;
    await run('wait', '--for=condition=Complete', '--timeout=60s', job);
    assert.match(await run('logs', job), /The schema went from nothing to /);
  });

  it('serves the API without a wallet by the command in the head of its manifest', async () => {
    await apply('manifests/api.yaml');
    await run('set', 'env', 'deployment/loyalty-api', 'GOOGLE_CREDENTIAL_DIR-', 'APPLE_CREDENTIAL_DIR-');
    await run('rollout', 'status', 'deployment/loyalty-api', '--timeout=90s');
    const response = await fetch(`http://${kubelet.serviceIp('loyalty', 'loyalty-api')}/healthz`);
    assert.equal(response.status, 200);
  });

  it('runs expire-points by hand, and kubectl loyalty status shows the run', async () => {
    await run('apply', '-f', deployPath('crds'));
    await run('wait', '--for=condition=Established', '--timeout=30s', 'crd/walletcredentials.loyalty.orion.dev');
    await apply('manifests/cronjobs.yaml');
    const flags = ['-n', 'loyalty', '--kubeconfig', controlPlane.kubeconfig];
    const environment = {
      LOYALTY_ADMIN_KEY_FILE: join(folder, 'key'),
      LOYALTY_URL: `http://${kubelet.serviceIp('loyalty', 'loyalty-api')}`,
    };
    const rerun = await plugin(['rerun', 'expire-points', '--name', 'first', '--wait', ...flags]);
    assert.equal(rerun.code, 0, rerun.stderr);
    const status = await plugin(['status', ...flags], { environment });
    assert.equal(status.stderr, 'No WalletCredentials in namespace loyalty.\n');
    const line = /^JOB +LATEST RUN +STARTED +FAILED MERCHANTS +RUN\nexpire-points +done +0m ago +0 of 0 +\S{36}\n$/;
    assert.match(status.stdout, line);
    const shown = await plugin(['run', 'first', ...flags], { environment });
    assert.match(shown.stdout, /^Run \S{36} of expire-points: done\n {2}job +first\n/);
  });
});
