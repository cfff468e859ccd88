import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { stringify } from 'yaml';
import { loadKubeConfig, ownNamespace } from '../../../src/adapters/kubernetes/kube-config.ts';
import { ConfigurationError } from '../../../src/errors.ts';

describe('the kubeconfig', () => {
  let folder: string;

  beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'kube-config-'))));
  afterEach(() => rm(folder, { recursive: true }));

  const write = async (name: string, content: object | string): Promise<string> => {
    const path = join(folder, name);
    await mkdir(join(path, '..'), { recursive: true });
    await writeFile(path, typeof content === 'string' ? content : stringify(content));
    return path;
  };
  /** A kubeconfig with one context of that name, whose cluster has that server. */
  const named = (name: string, server: string, user: object = { token: name }, current?: string): object => ({
    clusters: [{ name, cluster: { server } }],
    users: [{ name, user }],
    contexts: [{ name, context: { cluster: name, user: name, namespace: `${name}-namespace` } }],
    ...(current !== undefined && { 'current-context': current }),
  });
  const problem = async (environment: Record<string, string>, options = {}): Promise<string> => {
    const [{ reason }] = (await Promise.allSettled([loadKubeConfig({ HOME: folder, ...environment }, options)])) as [
      PromiseRejectedResult,
    ];
    assert.ok(reason instanceof ConfigurationError, String(reason));
    return reason.message;
  };

  describe('of files', () => {
    it('is the one that KUBECONFIG names', async () => {
      const config = await loadKubeConfig({ KUBECONFIG: await write('a', named('a', 'https://a', undefined, 'a')) });
      assert.equal(config.getCurrentCluster()?.server, 'https://a');
      assert.equal(ownNamespace(config), 'a-namespace');
    });

    it('is ~/.kube/config without KUBECONFIG', async () => {
      await write('.kube/config', named('home', 'https://home', undefined, 'home'));
      const config = await loadKubeConfig({ HOME: folder });
      assert.equal(config.getCurrentCluster()?.server, 'https://home');
    });

    it('is merged from several, of which the first to name something counts and one may be missing', async () => {
      const first = await write('first', named('a', 'https://first'));
      const second = await write('second', {
        ...named('a', 'https://second', undefined, 'b'),
        contexts: [
          { name: 'a', context: { cluster: 'none' } },
          { name: 'b', context: { cluster: 'b', user: 'a' } },
        ],
      });
      const third = await write('third', named('b', 'https://b', undefined, 'a'));
      const KUBECONFIG = [first, join(folder, 'missing'), second, '', third].join(delimiter);
      const config = await loadKubeConfig({ KUBECONFIG });
      assert.equal(config.getCurrentContext(), 'b');
      assert.equal(config.getCurrentCluster()?.server, 'https://b');
      assert.equal(config.getCurrentUser()?.token, 'a');
      assert.equal(ownNamespace(config), 'default');
      assert.equal(config.getCluster('a')?.server, 'https://first');
      assert.equal(config.getContextObject('a')?.cluster, 'a');
    });

    it('has another context when it is asked for one, and says which there are', async () => {
      const KUBECONFIG = await write('a', {
        ...named('a', 'https://a', undefined, 'a'),
        contexts: ['a', 'b'].map((name) => ({ name, context: { cluster: 'a', namespace: name } })),
      });
      assert.equal(ownNamespace(await loadKubeConfig({ KUBECONFIG }, { context: 'b' })), 'b');
      assert.match(await problem({ KUBECONFIG }, { context: 'c' }), /no context c; it has a, b\./);
    });

    it('has paths that are relative to its own folder', async () => {
      const user = {
        tokenFile: 'secret/token',
        'client-certificate': 'client.pem',
        'client-key': '/absolute.pem',
        exec: { command: 'bin/plugin' },
      };
      const content = named('a', 'https://a', user, 'a') as { clusters: { cluster: object }[] };
      Object.assign(content.clusters[0]?.cluster ?? {}, { 'certificate-authority': '../ca.crt' });
      const config = await loadKubeConfig({ KUBECONFIG: await write('deep/config', content) });
      const found = config.getCurrentUser();
      assert.equal(config.getCurrentCluster()?.caFile, join(folder, 'ca.crt'));
      assert.deepEqual(
        [found?.authProvider?.config.tokenFile, found?.certFile, found?.keyFile, found?.exec?.command],
        [
          join(folder, 'deep/secret/token'),
          join(folder, 'deep/client.pem'),
          '/absolute.pem',
          join(folder, 'deep/bin/plugin'),
        ],
      );
    });

    it('has a plugin without a folder looked for on the PATH', async () => {
      const user = { exec: { command: 'plugin', env: [{ name: 'A', value: 'b' }] } };
      const config = await loadKubeConfig({ KUBECONFIG: await write('a', named('a', 'https://a', user, 'a')) });
      const exec = config.getCurrentUser()?.exec as { command: string; env: { name: string }[] } | undefined;
      assert.equal(exec?.command, 'plugin');
      assert.deepEqual(
        exec?.env.map(({ name }) => name),
        ['A', 'KUBERNETES_EXEC_INFO'],
      );
    });
  });

  describe('that cannot be used', () => {
    const secret = 'eyJhbGciOiJSUzI1NiIsImtpZCI6';
    for (const [what, content, expected] of [
      [
        'is not YAML',
        `users:\n- user:\n    token: ${secret}\n  broken: "\n  : {`,
        /kubeconfig .*bad cannot be used: line \d+ is not YAML/,
      ],
      ['is a text', secret, /cannot be used: it is empty/],
      ['is empty', '', /cannot be used: it is empty/],
      ['is a list', `- ${secret}`, /cannot be used: it is empty/],
      [
        'has a cluster without server',
        'clusters: [{name: a, cluster: {}}]',
        /clusters\[0\]\.cluster\.server is missing/,
      ],
      ['has no current context', 'clusters: [{name: a, cluster: {server: "https://a"}}]', /No cluster is configured/],
      [
        'has a context without its cluster',
        'contexts: [{name: a, context: {cluster: b}}]\ncurrent-context: a',
        /No cluster is configured/,
      ],
    ] as const) {
      it(`is told and not quoted: it ${what}`, async () => {
        const message = await problem({ KUBECONFIG: await write('bad', content) });
        assert.match(message, expected);
        assert.ok(!message.includes(secret.slice(0, 8)), message);
      });
    }

    it('is told with its name when it is missing, and every problem at once', async () => {
      assert.match(
        await problem({ KUBECONFIG: join(folder, 'missing') }),
        /kubeconfig .*missing cannot be used: ENOENT/,
      );
      const KUBECONFIG = [await write('one', ''), await write('two', '[')].join(delimiter);
      assert.match(await problem({ KUBECONFIG }), /2 problems:[^]*one cannot[^]*two cannot/);
    });

    it('is told when there is none at all', async () => {
      assert.match(await problem({}), /No cluster is configured: set KUBECONFIG/);
    });
  });

  describe('of a pod', () => {
    const mount = async (): Promise<string> => {
      await write('account/token', 'pod-token\n');
      await write('account/ca.crt', 'PEM');
      await write('account/namespace', 'loyalty\n');
      return join(folder, 'account');
    };

    for (const [host, port, server] of [
      ['10.0.0.1', '443', 'https://10.0.0.1:443'],
      ['fd00::1', '6443', 'https://[fd00::1]:6443'],
    ] as const) {
      it(`is its service account (${host})`, async () => {
        const serviceAccountFolder = await mount();
        const environment = { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port, HOME: folder };
        const config = await loadKubeConfig(environment, { serviceAccountFolder });
        const { server: found, caFile } = config.getCurrentCluster() ?? {};
        assert.deepEqual([found, caFile], [server, join(serviceAccountFolder, 'ca.crt')]);
        assert.equal(config.getCurrentUser()?.authProvider?.config.tokenFile, join(serviceAccountFolder, 'token'));
        assert.equal(ownNamespace(config), 'loyalty');
      });
    }

    it('is told to be missing with what to look at', async () => {
      const message = await problem(
        { KUBERNETES_SERVICE_HOST: '10.0.0.1' },
        { serviceAccountFolder: join(folder, 'none') },
      );
      assert.match(message, /service account of the pod cannot be used: ENOENT.*automountServiceAccountToken/);
    });
  });
});
