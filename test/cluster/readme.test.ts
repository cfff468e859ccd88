import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { clone, clusterSection } from '../documentation/situations.ts';
import { type ControlPlane, startControlPlane } from '../support/control-plane/control-plane.ts';
import { kubectl } from '../support/control-plane/kubectl.ts';
import { runPage } from '../support/runbook/run-blocks.ts';
import { eventually } from '../support/wait.ts';
import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

describe('the first credential, as the README leads to it', () => {
  let controlPlane: ControlPlane;
  let programs: string;

  before(async () => {
    controlPlane = await startControlPlane({ kind: 'real', controllerManager: false });
    programs = await mkdtemp(join(tmpdir(), 'orion-readme-'));
    await symlink(controlPlane.kubectl, join(programs, 'kubectl'));
  });
  after(async () => {
    await controlPlane?.stop();
    await rm(programs, { recursive: true, force: true });
  });

  it('is live in an empty cluster', async () => {
    const situation = {
      environment: { KUBECONFIG: controlPlane.kubeconfig, HOST: '127.0.0.1', PORT: '0' },
      programs: [programs],
      links: clone,
      mayShowMore: true,
      whenServing: () =>
        eventually(() => kubectl(controlPlane, ['get', 'lease', 'loyalty-controller', '-n', 'loyalty']), {
          describe: 'the controller of the README to hold its Lease',
          deadlineSeconds: 30,
        }),
    };
    const readme = fileURLToPath(new URL('../../README.md', import.meta.url));
    await runPage(readme, situation, ({ section }) => section === clusterSection);
    const names = ['get', 'secrets', '-n', 'loyalty', '-l', 'loyalty.orion.dev/role=live', '-o', 'name'];
    assert.equal((await kubectl(controlPlane, names)).stdout, 'secret/apple-live\nsecret/google-live\n');
  });
});
