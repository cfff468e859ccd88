import assert from 'node:assert/strict';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findAssets } from './assets.ts';

describe('the programs that KUBEBUILDER_ASSETS names', () => {
  let directory: string;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'assets-'));
  });

  afterEach(() => rm(directory, { recursive: true }));

  const put = async (name: string, mode = 0o755): Promise<string> => {
    await writeFile(join(directory, name), '');
    await chmod(join(directory, name), mode);
    return join(directory, name);
  };

  it('are none when it is empty', () => {
    assert.equal(findAssets(''), undefined);
  });

  it('are what the folder has; kube-controller-manager and kubectl may be absent', async () => {
    const [etcd, kubeApiserver] = [await put('etcd'), await put('kube-apiserver')];
    assert.deepEqual(findAssets(directory), {
      etcd,
      kubeApiserver,
      kubeControllerManager: undefined,
      kubectl: undefined,
    });
    const kubectl = await put('kubectl');
    assert.equal(findAssets(directory)?.kubectl, kubectl);
  });

  it('must have etcd and kube-apiserver: it says what is missing and what to do', async () => {
    await put('kube-apiserver');
    assert.throws(() => findAssets(directory), /has no executable etcd\. Point it at a folder made by/);
    await put('etcd', 0o644);
    assert.throws(() => findAssets(directory), /has no executable etcd\./);
    assert.throws(() => findAssets(join(directory, 'absent')), /has no executable etcd and kube-apiserver\./);
  });
});
