import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { startFaultProxy } from '../fault-proxy/fault-proxy.ts';
import { createPlainClient } from '../fault-proxy/plain-client.ts';
import type { ClientWatch, PlainClient } from '../fault-proxy/plain-client.ts';
import { eventually } from '../wait.ts';
import { findAssets } from './assets.ts';
import { startControlPlane } from './control-plane.ts';
import type { AuditEvent, ControlPlane } from './control-plane.ts';
import { kubectl } from './kubectl.ts';
import { statusOf } from './probe.ts';

const configMaps = '/api/v1/namespaces/default/configmaps';
const configMap = (name: string): string =>
  JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { key: 'value' } });

function clientOf(server: { url: string; certificateAuthority: string }, token: string): PlainClient {
  return createPlainClient(server, {
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'user-agent': 'plain-client' },
  });
}

describe('a control plane', function () {
  this.timeout(120_000);
  let controlPlane: ControlPlane;

  before(async () => {
    controlPlane = await startControlPlane({ users: ['jane'] });
  });

  after(() => controlPlane.stop());

  it('has the default namespace when it is started, and takes what kubectl applies', async () => {
    const { stdout } = await kubectl(controlPlane, ['get', 'namespace', 'default', '-o', 'name']);
    assert.equal(stdout, 'namespace/default\n');
    await kubectl(controlPlane, ['apply', '-f', '-'], { input: configMap('applied') });
    const { stdout: value } = await kubectl(controlPlane, [
      'get',
      'configmap',
      'applied',
      '-o',
      'jsonpath={.data.key}',
    ]);
    assert.equal(value, 'value');
  });

  it('writes kubeconfigs for its users, and says whom there is', async () => {
    const path = await controlPlane.kubeconfigFor({ user: 'jane', namespace: 'kube-system' });
    const { users, contexts } = parse(await readFile(path, 'utf8')) as {
      users: { name: string; user: { token: string } }[];
      contexts: { context: { namespace: string } }[];
    };
    assert.deepEqual([users[0]?.name, contexts[0]?.context.namespace], ['jane', 'kube-system']);
    const statusWith = (token = ''): Promise<number> =>
      statusOf(`${controlPlane.url}/api`, controlPlane.certificateAuthority, token);
    assert.deepEqual([await statusWith(users[0]?.user.token), await statusWith('no-token-of-ours')], [200, 401]);
    const refused = /there is no user "john", only admin, jane: name it/;
    await assert.rejects(controlPlane.kubeconfigFor({ user: 'john' }), refused);
  });

  it('can be reached through the fault proxy with a kubeconfig for it', async () => {
    const proxy = await startFaultProxy(controlPlane);
    try {
      const { url: server, certificateAuthority } = proxy;
      const kubeconfig = await controlPlane.kubeconfigFor({ server, certificateAuthority });
      await kubectl(controlPlane, ['apply', '-f', '-'], { kubeconfig, input: configMap('through') });
      proxy.fault({ type: 'status', code: 409 }, { when: ({ method }) => method === 'DELETE' });
      const args = ['delete', 'configmap', 'through'];
      const { stderr } = await kubectl(controlPlane, args, { kubeconfig, allowFailure: true });
      assert.match(stderr, /Conflict.*injected by the fault proxy/);
    } finally {
      await proxy.stop();
    }
  });

  it('keeps its data and its port when its API server is killed and started again', async () => {
    const client = clientOf(controlPlane, controlPlane.adminToken);
    assert.equal((await client.ask('POST', configMaps, configMap('kept'))).status, 201);
    const watch = await client.watch(`${configMaps}?watch=1`);
    await controlPlane.apiServer.kill();
    await eventually(() => watch.over() ?? null, { describe: 'the watch to be over' });
    await assert.rejects(client.ask('GET', `${configMaps}/kept`), { code: 'ECONNREFUSED' });
    await controlPlane.apiServer.start();
    assert.equal((await client.ask('GET', `${configMaps}/kept`)).status, 200);
    await assert.rejects(controlPlane.apiServer.start(), /is running: kill it before you start it/);
    client.close();
  });

  it('is gone when it is stopped, with its folder', async () => {
    const other = await startControlPlane({ controllerManager: false });
    assert.ok(existsSync(other.kubeconfig));
    await other.stop();
    assert.equal(existsSync(other.directory), false);
    await assert.rejects(clientOf(other, other.adminToken).ask('GET', '/readyz'), { code: 'ECONNREFUSED' });
  });

  it('refuses a folder that has something in it', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'named-'));
    await writeFile(join(directory, 'something'), '');
    await assert.rejects(startControlPlane({ directory }), /is not empty \(it has something\)/);
    await rm(directory, { recursive: true });
  });

  if (findAssets() !== undefined) {
    describe('that is real', () => describeReal(() => controlPlane));
  }
});

function describeReal(controlPlane: () => ControlPlane): void {
  const withNamed = async (action: (directory: string) => Promise<void>): Promise<void> => {
    const parent = await mkdtemp(join(tmpdir(), 'named-'));
    await action(join(parent, 'control-plane'));
    await rm(parent, { recursive: true });
  };

  it('lets a user do nothing that RBAC does not give', async () => {
    const kubeconfig = await controlPlane().kubeconfigFor({ user: 'jane' });
    const { stderr } = await kubectl(controlPlane(), ['get', 'secrets'], { kubeconfig, allowFailure: true });
    assert.match(stderr, /User "jane" cannot list resource "secrets"/);
  });

  it('takes the tokens of service accounts', async () => {
    await eventually(() => kubectl(controlPlane(), ['get', 'serviceaccount', 'default']), { describe: 'the account' });
    const { stdout: token } = await kubectl(controlPlane(), ['create', 'token', 'default']);
    const kubeconfig = await controlPlane().kubeconfigFor({ token: token.trim() });
    const { stdout } = await kubectl(controlPlane(), ['auth', 'whoami', '-o', 'jsonpath={.status.userInfo.username}'], {
      kubeconfig,
    });
    assert.equal(stdout, 'system:serviceaccount:default:default');
  });

  it('has every request in the audit log by the time it is answered', async () => {
    const client = clientOf(controlPlane(), controlPlane().adminToken);
    const names = Array.from({ length: 100 }, (_, index) => `counted-${index}`);
    for (const name of names) {
      await client.ask('POST', configMaps, configMap(name));
      const events = await controlPlane().auditEvents();
      assert.ok(
        events.some((event) => event.verb === 'create' && event.objectRef?.name === name),
        name,
      );
    }
    const isOurs = ({ stage, userAgent, objectRef }: AuditEvent): boolean =>
      stage === 'ResponseComplete' && userAgent === 'plain-client' && objectRef?.name?.startsWith('counted-') === true;
    const ours = (await controlPlane().auditEvents()).filter(isOurs);
    assert.deepEqual(
      ours.map(({ objectRef }) => objectRef?.name),
      names,
    );
    assert.deepEqual([ours[0]?.responseStatus?.code, ours[0]?.user.username], [201, 'admin']);
    client.close();
  });

  it('collects what belongs to an owner that is gone', async () => {
    const run = (...args: string[]): ReturnType<typeof kubectl> => kubectl(controlPlane(), args);
    await run('create', 'configmap', 'owner');
    const { stdout: uid } = await run('get', 'configmap', 'owner', '-o', 'jsonpath={.metadata.uid}');
    const owned = {
      ...(JSON.parse(configMap('owned')) as object),
      metadata: { name: 'owned', ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'owner', uid }] },
    };
    await kubectl(controlPlane(), ['create', '-f', '-'], { input: JSON.stringify(owned) });
    await run('delete', 'configmap', 'owner');
    await run('wait', '--for=delete', 'configmap/owned', '--timeout=60s');
  });

  it('can be suspended and woken', async () => {
    const { url, certificateAuthority, adminToken, apiServer } = controlPlane();
    const look = (): Promise<number> => statusOf(`${url}/readyz`, certificateAuthority, adminToken);
    await apiServer.kill('SIGSTOP');
    await assert.rejects(look(), /did not answer within 2 s/);
    await apiServer.kill('SIGCONT');
    assert.equal(await look(), 200);
  });

  it('streams watches through the fault proxy, cut and resumed without losing an event', async () => {
    const { adminToken } = controlPlane();
    const proxy = await startFaultProxy(controlPlane());
    const [client, direct] = [clientOf(proxy, adminToken), clientOf(controlPlane(), adminToken)];
    const names = (watch: ClientWatch): string[] =>
      [...watch.text().matchAll(/"name":"(seen-\d)"/g)].map(([, name]) => name ?? '');
    try {
      const list = JSON.parse((await client.ask('GET', configMaps)).body) as { metadata: { resourceVersion: string } };
      const path = `${configMaps}?watch=1&resourceVersion=${list.metadata.resourceVersion}`;
      const first = await client.watch(path);
      await direct.ask('POST', configMaps, configMap('seen-1'));
      await eventually(() => assert.deepEqual(names(first), ['seen-1']), { describe: 'the first event' });
      const freeze = proxy.freeze({ when: ({ watch }) => watch, onlyOpen: true });
      await direct.ask('POST', configMaps, configMap('seen-2'));
      freeze.clear('cut');
      assert.equal(await eventually(() => first.over() ?? null, { describe: 'the cut' }), 'ECONNRESET');
      const second = await client.watch(path);
      await eventually(() => assert.deepEqual(names(second), ['seen-1', 'seen-2']), { describe: 'both events' });
    } finally {
      client.close();
      direct.close();
      await proxy.stop();
    }
  });

  it('keeps a folder that was named, with the logs, and no program of it', () =>
    withNamed(async (directory) => {
      const other = await startControlPlane({ directory, controllerManager: false, audit: false });
      assert.deepEqual(await other.auditEvents(), []);
      await other.stop();
      assert.match(await readFile(join(directory, 'kube-apiserver.log'), 'utf8'), /Serving securely/);
    }));

  it('says why a program does not start, with the end of its log', () =>
    withNamed(async (directory) => {
      const started = startControlPlane({ directory, apiServerFlags: ['--no-such-flag'] });
      await assert.rejects(
        started,
        /kube-apiserver ended \(exit code 1\) before it was ready.*\n.*unknown flag: --no-such-flag/s,
      );
    }));
}
