import assert from 'node:assert/strict';
import { delimiter } from 'node:path';
import { parse } from 'yaml';
import type { KubernetesClient } from '../../src/adapters/kubernetes/client.ts';
import type { WalletCredential, WalletCredentialStatus } from '../../src/domain/credentials/wallet-credential.ts';
import { exampleCredentials } from '../../src/main/example-credentials.ts';
import { changeOf, makeChange } from '../../src/kubectl-loyalty/rollback/change.ts';
import type { CheckResult } from '../../src/kubectl-loyalty/check/check-result.ts';
import type { CredentialSummary } from '../../src/domain/credentials/summary/credential-summary.ts';
import { conditions, healthyStatus } from '../kubectl-loyalty/credentials.ts';
import { plugin, pluginFolder, type PluginResult, shell } from '../kubectl-loyalty/plugin.ts';
import { type Cluster, type Namespace, startCluster } from '../support/cluster.ts';
import { kubectl } from '../support/control-plane/kubectl.ts';
import { appleSpec, googleSpec } from '../support/sources.ts';
import { eventually } from '../support/wait.ts';

describe('kubectl loyalty', () => {
  describe('without a cluster', () => {
    const example = {
      passTypeIdentifier: 'pass.com.example',
      teamIdentifier: 'ABCDE12345',
      issuerId: '42',
      validDays: 90,
    };
    const manifests = (flaw: 'none' | 'malformed-json'): string =>
      exampleCredentials({ ...example, provider: 'google', flaw }, new Date());

    it('explains itself', async () => {
      for (const args of [['--help'], ['help']]) {
        const { stdout, code } = await plugin(args);
        assert.equal(code, 0);
        assert.match(stdout, /^Usage: kubectl loyalty /);
        for (const command of ['status', 'check', 'rollback']) assert.match(stdout, new RegExp(`^  ${command} `, 'm'));
      }
      for (const command of ['status', 'check', 'rollback']) {
        const [short, long] = [await plugin([command, '-h']), await plugin(['help', command])];
        assert.match(short.stdout, new RegExp(`^Usage: kubectl loyalty ${command} .*Exit codes: 0 .*Examples:`, 's'));
        assert.deepEqual(long, short);
        for (const line of short.stdout.split('\n')) assert.ok(line.length <= 100, line);
      }
      assert.match((await plugin(['--version'])).stdout, /^1\.2\.3\n$/);
    });

    const mistakes: [string[], RegExp][] = [
      [[], /Usage: kubectl loyalty/],
      [['stats'], /unknown command 'stats'/],
      [['status', '-n', 'a/b'], /Write a namespace/],
      [['status', '-o', 'xml'], /Allowed choices are table, json, yaml/],
      [['check'], /-f, --filename/],
      [['check', '-f', '-', '--now', 'tomorrow'], /Write a day or an instant/],
      [['rollback'], /missing required argument 'name'/],
      [['rollback', '../secrets'], /Write the name of a WalletCredential/],
      [['rollback', 'apple', '--to', '0'], /Write the number of a revision/],
      [['rollback', 'apple', '--to', '1', '--undo'], /cannot be used with/],
      [['rollback', 'apple', '--timeout', '30'], /Write a duration/],
      [['rollback', 'apple', '--dry-run=server'], /unknown option/],
    ];
    for (const [args, message] of mistakes) {
      it(`ends with 64 and says why: ${args.join(' ')}`, async () => {
        const { code, stdout, stderr } = await plugin(args);
        assert.equal(code, 64);
        assert.equal(stdout, '');
        assert.match(stderr, message);
      });
    }

    it('checks what comes by standard input', async () => {
      const { code, stdout, stderr } = await plugin(['check', '-f=-', '-o=json'], { input: manifests('none') });
      assert.deepEqual({ code, stderr }, { code: 0, stderr: '' });
      const results = JSON.parse(stdout) as CheckResult[];
      assert.deepEqual(
        results.map(({ name, reason }) => [name, reason]),
        [['google', 'Accepted']],
      );
    });

    it('runs as a program: pipes for files, a reader that goes away, its own version', async () => {
      const piped = await shell('cat | kubectl-loyalty check -f /dev/stdin', { input: manifests('none') });
      const expected = /^FILE .*\n\/dev\/stdin:\d+ +google +accepted +-\n\n1 accepted, 0 rejected, 0 not checked\.\n$/;
      assert.match(piped.stdout, expected);
      const closed = await shell('kubectl-loyalty help check | head -n 1');
      assert.deepEqual(closed, { stdout: 'Usage: kubectl loyalty check [options]\n', stderr: '', code: 0 });
      const { stdout } = await shell('kubectl-loyalty --version; kubectl-loyalty status --context=x; echo $?', {
        environment: { KUBECONFIG: '/no/such' },
      });
      assert.match(stdout, /^\d+\.\d+\.\d+\n78\n$/);
    });

    it('ends with 10 when something is rejected, and says why below it', async () => {
      const { code, stdout } = await plugin(['check', '-f', '-', '-n', 'loyalty'], {
        input: manifests('malformed-json'),
      });
      assert.equal(code, 10);
      assert.match(stdout, /\n-:\d+ +google +MalformedJson +-\n {4}google-wallet-sa\.json of Secret/);
    });

    it('ends with 64 when a file cannot be read, and prints what it made of the others', async () => {
      const args = ['check', '-f', 'no-such-file.yaml', '-', '-o', 'yaml'];
      const { code, stdout, stderr } = await plugin(args, { input: `${manifests('none')}---\na: [\n` });
      assert.equal(code, 64);
      assert.match(stderr, /^no-such-file\.yaml: does not exist\.\n-: document 3, line \d+: cannot be parsed: .*\n$/);
      assert.equal((parse(stdout) as { accepted: boolean }[])[0]?.accepted, true);
    });

    it('says that there is nothing to check', async () => {
      const { code, stdout, stderr } = await plugin(['check', '-f', '-'], { input: 'kind: Pod\napiVersion: v1\n' });
      assert.deepEqual({ code, stdout }, { code: 0, stdout: '' });
      assert.equal(stderr, 'No WalletCredential in the files. Ignored: 1 other document.\n');
    });

    it('ends with 78 when APPLE_ROOTS_FILE cannot be used', async () => {
      const { code, stderr } = await plugin(['check', '-f', '-'], { environment: { APPLE_ROOTS_FILE: '/no/such' } });
      assert.equal(code, 78);
      assert.match(stderr, /APPLE_ROOTS_FILE: \/no\/such cannot be read/);
    });

    it('ends with 78 when the kubeconfig cannot be used', async () => {
      const { code, stderr } = await plugin(['status', '--kubeconfig', '/no/such']);
      assert.equal(code, 78);
      assert.match(stderr, /\/no\/such cannot be used/);
    });
  });

  describe('with a cluster', () => {
    let cluster: Cluster;
    let namespace: Namespace;
    before(async function () {
      this.timeout(60_000);
      cluster = await startCluster({ controllerManager: false, audit: false });
    });
    after(() => cluster?.stop());
    beforeEach(async () => {
      namespace = await cluster.namespace();
    });

    function run(...args: string[]): Promise<PluginResult> {
      return plugin(args, { environment: { KUBECONFIG: cluster.controlPlane.kubeconfig } });
    }

    /** Stands in for the controller: the status is the test's. */
    async function writeStatus(name: string, status: WalletCredentialStatus): Promise<void> {
      const found = await namespace.credential(name);
      const path = `/apis/loyalty.orion.dev/v1alpha1/namespaces/${namespace.name}/walletcredentials/${name}/status`;
      const observedGeneration = found.metadata.generation;
      const body = { ...found, status: { ...status, observedGeneration } };
      await cluster.client.request({ method: 'PUT', path, body });
    }

    async function putApple(status: WalletCredentialStatus = healthyStatus()): Promise<void> {
      await namespace.putCredential('apple', appleSpec('apple-source'));
      await writeStatus('apple', status);
    }

    /** Waits for the change of the spec, then says that this revision is live. */
    async function actAsController(rollbackTo: number | undefined, status: WalletCredentialStatus): Promise<void> {
      const isThere = ({ spec }: WalletCredential): boolean => spec.rollbackTo === rollbackTo;
      await namespace.whenCredential('apple', isThere, `spec.rollbackTo to be ${rollbackTo}`);
      await writeStatus('apple', status);
    }

    function live(revision: number, changes: Parameters<typeof conditions>[0] = {}): WalletCredentialStatus {
      return healthyStatus({ live: { ...healthyStatus().live!, revision }, conditions: conditions(changes) });
    }

    describe('as a plugin of the real kubectl', () => {
      const viaKubectl = (...args: string[]): ReturnType<typeof kubectl> =>
        kubectl(cluster.controlPlane, args, {
          environment: { PATH: `${pluginFolder}${delimiter}${process.env['PATH']}` },
          allowFailure: true,
        });

      it('is found, and called with its flags', async () => {
        assert.match((await viaKubectl('plugin', 'list')).stdout, /^.*\/bin\/kubectl-loyalty$/m);
        await putApple();
        const { stdout, code, stderr } = await viaKubectl('loyalty', 'status', '-n', namespace.name);
        assert.equal(code, 0, stderr);
        assert.match(stdout, /^NAME +PROVIDER .*\napple +apple +True +3 +2027-12-22 \(-?\w+\) +accepted +-\n$/);
        assert.equal((await viaKubectl('loyalty', 'status', 'nobody', '-n', namespace.name)).code, 10);
      });
    });

    describe('status', () => {
      it('prints what is there, for programs too', async () => {
        await putApple();
        await namespace.putCredential('google', googleSpec('google-source'));
        const json = JSON.parse((await run('status', '-n', namespace.name, '-o', 'json')).stdout) as {
          credentials: CredentialSummary[];
        };
        const rows = json.credentials.map(({ name, ready, live: its, problems }) => [
          name,
          ready,
          its?.revision,
          problems.length,
        ]);
        assert.deepEqual(rows, [
          ['apple', 'True', 3, 0],
          ['google', 'Unknown', undefined, 1],
        ]);
        const yaml = await run('status', '-n', namespace.name, '-o', 'yaml');
        assert.deepEqual(parse(yaml.stdout), json);
        const table = await run('status', '-n', namespace.name);
        assert.match(table.stdout, /\ngoogle: NotLookedAt \(critical\)\n {2}The controller has not looked at it yet\./);
      });

      it('takes names, says which does not exist, and takes the namespace of the context', async () => {
        await putApple();
        const named = await run('status', 'wcred/apple', 'pear', '-n', namespace.name);
        assert.equal(named.code, 10);
        assert.match(named.stdout, /\napple /);
        assert.equal(named.stderr, `WalletCredential pear does not exist in namespace ${namespace.name}.\n`);
        const kubeconfig = await cluster.controlPlane.kubeconfigFor({ namespace: namespace.name });
        assert.match((await run('status', '--kubeconfig', kubeconfig, '--context', 'test')).stdout, /\napple /);
      });

      it('looks into all namespaces with -A, and takes no names then', async () => {
        await putApple();
        assert.match((await run('status', '-A')).stdout, new RegExp(`\n${namespace.name} +apple `));
        assert.equal((await run('-A', 'status', 'apple')).code, 64);
      });

      it('says that there is nothing', async () => {
        const { code, stdout, stderr } = await run('status', '-n', namespace.name);
        assert.deepEqual([code, stdout], [0, '']);
        const [runs, credentials] = stderr.split('\n');
        assert.match(runs ?? '', /^Runs are not shown: LOYALTY_ADMIN_KEY_FILE is not set/);
        assert.equal(credentials, `No WalletCredentials in namespace ${namespace.name}.`);
        const json = JSON.parse((await run('status', '-n', namespace.name, '-o=json')).stdout) as { runs: unknown };
        assert.partialDeepStrictEqual(json, { credentials: [], runs: null });
      });
    });

    describe('rollback', () => {
      it('sets spec.rollbackTo to the previous revision, waits until it is live, and says how to undo it', async () => {
        await putApple();
        const running = run('rollback', 'apple', '-n', namespace.name);
        await actAsController(2, live(2, { SourceAccepted: ['False', 'Pinned'] }));
        const { code, stdout, stderr } = await running;
        assert.equal(code, 0, stderr);
        const flags = `-n ${namespace.name}`;
        const [first, second, , undo] = stdout.split('\n');
        assert.equal(
          first,
          `WalletCredential ${namespace.name}/apple: spec.rollbackTo was set to 2; live was revision 3.`,
        );
        assert.match(second ?? '', /^Revision 2 is live in Secret apple-live since .*, valid until 2027-12-22/);
        assert.equal(undo, `To follow the source again: kubectl loyalty rollback apple --undo ${flags}`);
      });

      it('goes back one more when it is called again, and to the one that is named', async () => {
        await putApple(live(2));
        for (const [args, target] of [[[], 1] as const, [['--to', '3'], 3] as const]) {
          const result = await run('rollback', 'apple', '-n', namespace.name, ...args, '--wait=false', '-o', 'json');
          assert.equal(result.code, 0, result.stderr);
          assert.equal((await namespace.credential('apple')).spec.rollbackTo, target);
          assert.partialDeepStrictEqual(JSON.parse(result.stdout), { rollbackTo: target, changed: true, live: null });
        }
      });

      it('writes only spec.rollbackTo, and only once', async () => {
        await putApple();
        const before = await namespace.credential('apple');
        await run('rollback', 'apple', '-n', namespace.name, '--no-wait');
        const again = await run('rollback', 'apple', '-n', namespace.name, '--no-wait');
        assert.match(again.stdout, /spec\.rollbackTo is 2 already/);
        const after = await namespace.credential('apple');
        assert.deepEqual(after.spec, { ...before.spec, rollbackTo: 2 });
        assert.deepEqual(after.status, before.status);
        assert.equal(after.metadata.generation, before.metadata.generation + 1);
      });

      it('undoes it, and tells whether the source is live again', async () => {
        await putApple();
        await namespace.patchSpec('apple', { rollbackTo: 2 });
        const undone = run('rollback', 'apple', '--undo', '-n', namespace.name);
        await actAsController(undefined, live(3));
        assert.deepEqual(await undone.then(({ code, stderr }) => ({ code, stderr })), { code: 0, stderr: '' });

        await namespace.patchSpec('apple', { rollbackTo: 2 });
        const rejected = run('rollback', 'apple', '--undo', '-n', namespace.name);
        await actAsController(undefined, live(2, { SourceAccepted: ['False', 'KeyMismatch', 'It does not fit.'] }));
        const { code, stdout, stderr } = await rejected;
        assert.equal(code, 10);
        assert.match(stdout, /spec\.rollbackTo was removed; it was 2\.\nRevision 2 is live/);
        assert.equal(stderr, 'The source is not promoted, KeyMismatch: It does not fit.\n');
      });

      it('undoes nothing when there is nothing to undo', async () => {
        await putApple();
        const { code, stdout } = await run('rollback', 'apple', '--undo', '-n', namespace.name);
        assert.equal(code, 0);
        assert.match(stdout, /not set, so there is nothing to undo\.\n$/);
      });

      it('ends with 75 and the reason when the controller refuses', async () => {
        await putApple();
        const running = run('rollback', 'apple', '-n', namespace.name, '--to', '1');
        await actAsController(
          1,
          live(3, { SourceAccepted: ['False', 'RevisionInvalid', 'Revision 1 fails the check Expired.'] }),
        );
        const { code, stdout, stderr } = await running;
        assert.deepEqual({ code, stdout }, { code: 75, stdout: '' });
        assert.match(stderr, /^Revision 1 was not made live, RevisionInvalid: Revision 1 fails the check Expired\.\n/);
        assert.match(stderr, /To undo it: kubectl loyalty rollback apple --undo -n /);
      });

      it('ends with 75 when nobody acts in time', async () => {
        await putApple();
        const { code, stderr } = await run('rollback', 'apple', '-n', namespace.name, '--timeout', '300ms');
        assert.equal(code, 75);
        assert.match(stderr, /^Not done after 0\.3 s: the controller has not acted on it/);
      });

      it('shows the patch with --dry-run, and writes nothing', async () => {
        await putApple();
        const before = await namespace.credential('apple');
        const { code, stdout } = await run('rollback', 'apple', '-n', namespace.name, '--dry-run=client');
        assert.equal(code, 0);
        const patch = { metadata: { resourceVersion: before.metadata.resourceVersion }, spec: { rollbackTo: 2 } };
        assert.ok(
          stdout.includes(`would be set to 2; live is revision 3.\nPatch (JSON merge): ${JSON.stringify(patch)}\n`),
        );
        assert.deepEqual(await namespace.credential('apple'), before);
      });

      it('ends with 64 when there is no such revision or credential, naming what there is', async () => {
        await putApple(live(1));
        const revision = await run('rollback', 'apple', '-n', namespace.name);
        assert.equal(revision.code, 64);
        assert.match(revision.stderr, /Kept revisions: 1, 2, 3; live: 1\./);
        const name = await run('rollback', 'pear', '-n', namespace.name);
        assert.equal(name.code, 64);
        assert.match(name.stderr, /^WalletCredential pear does not exist in namespace \S+; there are: apple\.\n$/);
      });

      it('decides again when the resource changed between reading and writing', async () => {
        await putApple();
        let raced = false;
        const client: KubernetesClient = {
          ...cluster.client,
          async request(request) {
            if (request.method === 'PATCH' && !raced) {
              raced = true;
              await writeStatus('apple', live(2));
            }
            return cluster.client.request(request);
          },
        };
        const seen: (number | undefined)[] = [];
        const { after: changed } = await makeChange(
          { client, namespace: namespace.name, name: 'apple' },
          (credential) => {
            seen.push(credential.status?.live?.revision);
            return changeOf(credential, (credential.status?.live?.revision ?? 0) - 1);
          },
        );
        assert.deepEqual(seen, [3, 2]);
        assert.equal(changed.spec.rollbackTo, 1);
      });
    });

    describe('when the cluster is not as it should be', () => {
      it('ends with 75 when the API server is away', async () => {
        const kubeconfig = await cluster.controlPlane.kubeconfigFor({ server: 'https://127.0.0.1:9' });
        const { code, stderr } = await run('status', '--kubeconfig', kubeconfig);
        assert.equal(code, 75);
        assert.match(stderr, /no answer from the API server: .*ECONNREFUSED.*Try again/);
      });

      it('waits for an API server that is away for a moment', async () => {
        await putApple();
        const running = run('rollback', 'apple', '-n', namespace.name);
        await namespace.whenCredential('apple', ({ spec }) => spec.rollbackTo === 2, 'spec.rollbackTo to be 2');
        await cluster.controlPlane.apiServer.kill();
        await cluster.controlPlane.apiServer.start();
        await eventually(() => writeStatus('apple', live(2)), { describe: 'the API server to be back' });
        const { code, stderr } = await running;
        assert.equal(code, 0, stderr);
      });

      it('ends with 78 when the credentials of the kubeconfig are not taken', async () => {
        const kubeconfig = await cluster.controlPlane.kubeconfigFor({ token: 'nobody' });
        const { code, stderr } = await run('status', '--kubeconfig', kubeconfig);
        assert.equal(code, 78, stderr);
      });

      it('ends with 78 and the contexts that there are', async () => {
        const { code, stderr } = await run('status', '--context', 'prod');
        assert.equal(code, 78);
        assert.match(stderr, /no context prod; it has test\./);
      });

      it('ends with 78 when the CRD is not installed, and says how to', async () => {
        const path = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/walletcredentials.loyalty.orion.dev';
        await cluster.client.request({ method: 'DELETE', path });
        await eventually(
          async () => {
            for (const args of [['status'], ['status', 'apple'], ['rollback', 'apple']]) {
              const { code, stderr } = await run(...args, '-n', namespace.name);
              assert.equal(code, 78, stderr);
              assert.match(stderr, /kubectl apply -f deploy\/crds/);
            }
          },
          { describe: 'the CRD to be gone' },
        );
      });
    });
  });
});
