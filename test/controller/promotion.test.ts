import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Cluster, conditionOf, type Namespace, startCluster, textOf } from '../support/cluster.ts';
import { type ControllerProcess, startControllerProcess } from '../support/controller-process.ts';
import { appleSpec, createSources } from '../support/sources.ts';
import { eventually } from '../support/wait.ts';

describe('controller: promotion', function () {
  this.timeout(120_000);
  const sources = createSources();
  let cluster: Cluster;
  let namespace: Namespace;
  let controller: ControllerProcess;

  before(async () => {
    cluster = await startCluster();
    namespace = await cluster.namespace();
    const roots = join(cluster.controlPlane.directory, 'roots.pem');
    await writeFile(roots, sources.rootPem);
    const kubeconfig = await cluster.controlPlane.kubeconfigFor({ namespace: namespace.name });
    controller = startControllerProcess({ KUBECONFIG: kubeconfig, APPLE_ROOTS_FILE: roots });
    await controller.whenLogged('leader.elected');
  });

  after(async () => {
    if (controller) assert.equal(await controller.stop(), 0, controller.text());
    await cluster?.stop();
  });

  it('promotes a good source to the live Secret and says so', async () => {
    await namespace.putSecret('apple-source', sources.apple());
    await namespace.putCredential('apple', appleSpec('apple-source'));
    const credential = await namespace.whenCondition('apple', 'Ready', 'True');
    const live = await namespace.secret('apple-live');
    assert.deepEqual(Object.keys(live?.data ?? {}).sort(), [
      'metadata.json',
      'pass-type-identifier',
      'signer.key',
      'signer.pem',
      'team-identifier',
      'wwdr.pem',
    ]);
    assert.equal(credential.status?.live?.revision, 1);
    assert.equal(live?.metadata.annotations?.['loyalty.orion.dev/fingerprint'], credential.status?.live?.fingerprint);
    assert.equal(JSON.parse(textOf(live, 'metadata.json')).revision, 1);
    assert.equal(conditionOf(credential, 'SourceAccepted')?.status, 'True');
    const revision = await namespace.secret('apple-rev-1');
    assert.equal(revision?.immutable, true);
    await eventually(async () => assert.equal((await namespace.events('apple')).length, 1), { describe: 'one Event' });
  });

  it('keeps what is live when a bad source comes, and names the reason', async () => {
    await namespace.putSecret('apple-source', sources.apple({ flaw: 'wrong-key' }));
    const credential = await namespace.whenCondition('apple', 'SourceAccepted', 'False', 'KeyMismatch');
    assert.equal(credential.status?.live?.revision, 1);
    assert.equal(conditionOf(credential, 'Ready')?.status, 'True');
  });

  it('promotes the next good source as the next revision', async () => {
    await namespace.putSecret('apple-source', sources.apple());
    await namespace.whenCredential('apple', ({ status }) => status?.live?.revision === 2, 'revision 2 to be live');
    await namespace.whenCondition('apple', 'SourceAccepted', 'True', 'Promoted');
  });

  it('rolls back to a pinned revision and goes on when the pin is removed', async () => {
    await namespace.patchSpec('apple', { rollbackTo: 1 });
    const pinned = await namespace.whenCondition('apple', 'SourceAccepted', 'False', 'Pinned');
    assert.equal(pinned.status?.live?.revision, 1);
    await namespace.patchSpec('apple', { rollbackTo: null });
    const free = await namespace.whenCondition('apple', 'SourceAccepted', 'True', 'Promoted');
    assert.equal(free.status?.live?.revision, 2);
  });

  it('puts back a live Secret that a hand has changed, and one that a hand has deleted', async () => {
    const before = await namespace.secret('apple-live');
    await namespace.putSecret('apple-live', { 'signer.pem': 'mine' }, { labels: before?.metadata.labels ?? {} });
    await eventually(async () => assert.deepEqual((await namespace.secret('apple-live'))?.data, before?.data), {
      describe: 'the live Secret to be put back after an edit',
    });
    await namespace.deleteSecret('apple-live');
    await eventually(async () => assert.deepEqual((await namespace.secret('apple-live'))?.data, before?.data), {
      describe: 'the live Secret to be put back after a delete',
    });
  });
});
