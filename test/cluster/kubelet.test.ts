import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { createKubernetesClient, type KubernetesClient } from '../../src/adapters/kubernetes/client.ts';
import { loadKubeConfig } from '../../src/adapters/kubernetes/kube-config.ts';
import { type ControlPlane, startControlPlane } from '../support/control-plane/control-plane.ts';
import { kubectl } from '../support/control-plane/kubectl.ts';
import { cleanEnvironment } from '../support/control-plane/program.ts';
import { type Kubelet, loyaltyImage, shellImage, startKubelet } from '../support/kubelet/kubelet.ts';
import type { Container, Pod, PodSpec } from '../support/kubelet/pod-object.ts';
import { eventually } from '../support/wait.ts';

const namespace = 'kubelet-test';

describe('the test kubelet', () => {
  let controlPlane: ControlPlane;
  let client: KubernetesClient;
  let kubelet: Kubelet;
  let ended: Promise<void>;

  const run = async (...args: string[]): Promise<string> =>
    (await kubectl(controlPlane, ['-n', namespace, ...args])).stdout.trim();
  const apply = async (...objects: object[]): Promise<void> => {
    const items = objects.map((object) => JSON.stringify(object)).join('\n---\n');
    await kubectl(controlPlane, ['-n', namespace, 'apply', '-f', '-'], { input: items });
  };
  const pod = (name: string): Promise<Pod> =>
    client.request({ method: 'GET', path: `/api/v1/namespaces/${namespace}/pods/${name}` });
  const whenPod = (
    name: string,
    check: (found: Pod) => unknown,
    describe: string,
    deadlineSeconds = 15,
  ): Promise<Pod> => {
    const look = async (): Promise<Pod | null> => {
      const found = await pod(name);
      return check(found) ? found : null;
    };
    return eventually(look, { describe: `the Pod ${name} ${describe}`, deadlineSeconds });
  };
  const whenLogged = (name: string, pattern: RegExp): Promise<string> =>
    eventually(
      async () => {
        const text = (await kubectl(controlPlane, ['-n', namespace, 'logs', name], { allowFailure: true })).stdout;
        return pattern.test(text) ? text : null;
      },
      { describe: `${pattern} in the log of ${name}`, deadlineSeconds: 15, intervalMilliseconds: 100 },
    );
  const followLog = (name: string): { text(): string; closed: Promise<unknown[]> } => {
    const follow = spawn(controlPlane.kubectl, ['-n', namespace, 'logs', '-f', name], {
      env: { ...cleanEnvironment(controlPlane.directory), KUBECONFIG: controlPlane.kubeconfig },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let text = '';
    follow.stdout.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    return { text: () => text, closed: once(follow, 'close') };
  };
  const whenJob = async (name: string, condition: 'Complete' | 'Failed'): Promise<Job> =>
    eventually(
      async () => {
        const found = await client.request<Job>({
          method: 'GET',
          path: `/apis/batch/v1/namespaces/${namespace}/jobs/${name}`,
        });
        return found.status.conditions?.some(({ type, status }) => type === condition && status === 'True')
          ? found
          : null;
      },
      { describe: `the Job ${name} to be ${condition}`, deadlineSeconds: 40, intervalMilliseconds: 50 },
    );

  /** Ends the Pods of two Jobs while they run; the next ones find that they have nothing to wait for. */
  async function endFirstPods(): Promise<void> {
    const names = await Promise.all(['replaced', 'evicted'].map((job) => podOfJob(job)));
    const [replaced = '', evicted = ''] = names;
    await Promise.all(names.map((name) => whenLogged(name, /waiting/)));
    await apply(configMap('wait', { mode: 'finish' }));
    await run('delete', 'pod', replaced, '--wait', '--timeout=10s');
    const body = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: evicted } };
    await client.request({ method: 'POST', path: `/api/v1/namespaces/${namespace}/pods/${evicted}/eviction`, body });
  }

  function podOfJob(job: string): Promise<string> {
    const look = async (): Promise<string | null> =>
      (await run('get', 'pods', '-l', `job-name=${job}`, '-o', 'name')).split('/')[1] ?? null;
    return eventually(look, { describe: `the Pod of the Job ${job}`, intervalMilliseconds: 200 });
  }

  before(async () => {
    controlPlane = await startControlPlane({ kind: 'real', audit: false });
    client = createKubernetesClient(await loadKubeConfig({ KUBECONFIG: controlPlane.kubeconfig }));
    kubelet = await startKubelet({ controlPlane, images: { shell: shellImage, 'orion/loyalty': loyaltyImage } });
    await kubectl(controlPlane, ['create', 'namespace', namespace]);
    await eventually(() => run('get', 'serviceaccount', 'default').then(() => true), {
      describe: 'the service account',
    });
    await apply(...setting(), ...jobs(), ...pods());
    ended = endFirstPods();
    ended.catch(() => {}); // its test tells
  });

  after(async () => {
    await kubelet?.stop();
    await client?.close();
    await controlPlane?.stop();
  });

  it('writes exit code and termination message of a Pod into its status', async () => {
    const { status } = await whenPod('exits', (found) => found.status?.phase === 'Failed', 'to have failed');
    const { terminated } = status?.containerStatuses?.[0]?.state ?? {};
    assert.deepEqual([terminated?.exitCode, terminated?.reason, terminated?.message], [3, 'Error', 'three things\n']);
    assert.equal(status?.conditions?.find(({ type }) => type === 'Ready')?.status, 'False');
  });

  it('falls back to the end of the log after an error', async () => {
    const { status } = await whenPod('falls-back', (found) => found.status?.phase === 'Failed', 'to have failed');
    assert.equal(status?.containerStatuses?.[0]?.state.terminated?.message, 'one\ntwo\n');
  });

  it('answers kubectl logs', async () => {
    await whenPod('exits', (found) => found.status?.phase === 'Failed', 'to have failed');
    assert.equal(await run('logs', 'exits'), 'to stdout\nto stderr');
    assert.equal(await run('logs', '--tail=1', 'exits'), 'to stderr');
    assert.match(await run('logs', '--timestamps', '--tail=1', 'exits'), /^\d{4}-\d\d-\d\dT[\d:.]+Z to stderr$/);
  });

  it('answers kubectl logs -f until the container ends', async () => {
    await whenPod('lives', (found) => found.status?.phase === 'Running', 'to run');
    const follow = followLog('lives');
    await eventually(() => follow.text().includes('tick 1\n'), { describe: 'the first line' });
    const seen = Number(follow.text().trim().split(' ').at(-1));
    await eventually(() => follow.text().includes(`tick ${seen + 3}\n`), { describe: 'later lines' });
    kubelet.killPod(namespace, 'lives', 'SIGKILL', 'OOMKilled');
    assert.deepEqual(await follow.closed, [0, null]);
    const { status } = await whenPod('lives', (found) => found.status?.phase === 'Failed', 'to have failed');
    const { terminated } = status?.containerStatuses?.[0]?.state ?? {};
    assert.deepEqual([terminated?.exitCode, terminated?.reason], [137, 'OOMKilled']);
  });

  it('shows a changed Secret to the running process by a swap of ..data', async () => {
    await whenLogged('watches', /^old old$/m);
    await apply(secret('watched', { one: 'new', two: 'new' }));
    const text = await whenLogged('watches', /^new new$/m);
    assert.deepEqual([...new Set(text.trim().split('\n'))], ['old old', 'new new']);
  });

  it('gives a container its environment out of every source', async () => {
    const found = await whenPod('environment', ({ status }) => status?.phase === 'Succeeded', 'to have succeeded');
    const lines = (await run('logs', 'environment')).split('\n');
    const seen = Object.fromEntries(lines.map((line) => line.split(/=(.*)/s).slice(0, 2) as [string, string]));
    const { metadata, status } = found;
    const expected = {
      PLAIN: 'plain',
      EXPANDED: 'plain-$(NOT_THERE)-$(PLAIN)',
      FROM_SECRET: 'old',
      FROM_MAP: 'mapped',
      PREFIX_key: 'mapped',
      POD: 'environment',
      RUN_UID: 'of-the-run',
      UID_OF_POD: metadata.uid,
      HOST: status?.podIP,
      MEMORY: '64',
      ARGUMENT: 'plain',
      HOSTNAME: 'environment',
      NAMESPACE_FILE: namespace,
      ID: '1234 5678 9999',
      LABEL_FILE: 'run="of-the-run"',
      READ_ONLY: 'yes',
    };
    assert.deepEqual(Object.fromEntries(Object.keys(expected).map((name) => [name, seen[name]])), expected);
  });

  it('gives a Pod a service-account token that the API server takes', async () => {
    const text = await whenLogged('token', /\}\s*$/);
    const { status } = JSON.parse(text) as {
      status: { userInfo: { username: string; extra: Record<string, string[]> } };
    };
    assert.equal(status.userInfo.username, `system:serviceaccount:${namespace}:default`);
    assert.deepEqual(status.userInfo.extra['authentication.kubernetes.io/pod-name'], ['token']);
  });

  it('says ErrImagePull of an image that it does not have', async () => {
    const waits = (found: Pod): boolean =>
      found.status?.containerStatuses?.[0]?.state.waiting?.reason === 'ErrImagePull';
    await whenPod('no-image', waits, 'to wait for its image');
    await run('delete', 'pod', 'no-image', '--wait', '--timeout=10s');
  });

  it('waits for a Secret that is not there yet', async () => {
    const reason = (found: Pod): string | undefined => found.status?.containerStatuses?.[0]?.state.waiting?.reason;
    await whenPod('waits', (found) => reason(found) === 'CreateContainerConfigError', 'to wait for its Secret');
    await apply(secret('late', { key: 'come' }));
    await whenPod('waits', ({ status }) => status?.phase === 'Succeeded', 'to have succeeded');
    assert.equal(await run('logs', 'waits'), 'come');
  });

  it('runs init containers in order, and restarts by policy', async () => {
    await whenPod('restarts', ({ status }) => status?.phase === 'Succeeded', 'to have succeeded');
    const { status } = await pod('restarts');
    assert.equal(status?.containerStatuses?.[0]?.restartCount, 1);
    assert.equal(status?.containerStatuses?.[0]?.lastState.terminated?.exitCode, 5);
    assert.equal(await run('logs', 'restarts'), 'first second again');
  });

  it('restarts a container whose liveness probe fails', async () => {
    await whenPod(
      'dies',
      ({ status }) => (status?.containerStatuses?.[0]?.restartCount ?? 0) > 0,
      'to be restarted',
      20,
    );
  });

  it('runs `loyalty` as its user on a read-only root', async () => {
    await whenPod('loyalty', ({ status }) => status?.phase === 'Succeeded', 'to have succeeded', 20);
    const version = (JSON.parse(await readFile('package.json', 'utf8')) as { version: string }).version;
    assert.match(await run('logs', 'loyalty'), new RegExp(version.replaceAll('.', String.raw`\.`)));
  });

  it('refuses to run a container as root that must not', async () => {
    const waiting = (found: Pod): string => JSON.stringify(found.status?.containerStatuses?.[0]?.state.waiting ?? {});
    await whenPod('root', (found) => waiting(found).includes('runAsNonRoot'), 'to say why it does not start');
  });

  it('makes a Deployment available, and its Service reachable by name from another Pod', async () => {
    await run('wait', '--for=condition=Available', 'deployment/web', '--timeout=20s');
    await whenPod('calls', ({ status }) => status?.phase === 'Succeeded', 'to have succeeded', 20);
    assert.equal(await run('logs', 'calls'), 'hello from 8080');
    const response = await fetch(`http://${kubelet.serviceIp(namespace, 'web')}/`);
    assert.equal(await response.text(), 'hello from 8080');
  });

  it('sends SIGTERM, waits for the grace period and kills', async () => {
    const said = { obeys: 'ready\nafter the hook\nbye\n', ignores: 'ready\nasked\n' };
    for (const [name, lines] of Object.entries(said)) {
      await whenPod(name, (found) => found.status?.phase === 'Running', 'to run');
      const follow = followLog(name);
      await eventually(() => follow.text() === 'ready\n', { describe: `${name} to be ready` });
      await run('delete', 'pod', name, '--wait', '--timeout=10s');
      await follow.closed;
      assert.equal(follow.text(), lines);
    }
  });

  it('completes a Job', async () => {
    const { status } = await whenJob('completes', 'Complete');
    assert.equal(status.succeeded, 1);
    assert.equal(await run('logs', 'job/completes'), 'done');
  });

  it('fails a Job by its podFailurePolicy without a retry', async () => {
    const { status } = await whenJob('fails', 'Failed');
    assert.equal(status.failed, 1);
    assert.equal(status.conditions?.find(({ type }) => type === 'Failed')?.reason, 'PodFailurePolicy');
  });

  it('ends a Job at its activeDeadlineSeconds', async () => {
    const { status } = await whenJob('hangs', 'Failed');
    assert.equal(status.conditions?.find(({ type }) => type === 'Failed')?.reason, 'DeadlineExceeded');
  });

  it('runs an Indexed Job', async () => {
    const { status } = await whenJob('indexed', 'Complete');
    assert.deepEqual([status.succeeded, status.completedIndexes], [4, '0-3']);
    const logs = await run('logs', '-l', 'job-name=indexed', '--tail=-1');
    assert.deepEqual(logs.split('\n').toSorted(), ['index 0', 'index 1', 'index 2', 'index 3']);
  });

  it('replaces a Pod of a Job that is deleted', async () => {
    await ended;
    const { status } = await whenJob('replaced', 'Complete');
    assert.deepEqual([status.succeeded, status.failed], [1, 1]);
  });

  it('marks an evicted Pod as disrupted, which a podFailurePolicy can ignore', async () => {
    await ended;
    const { status } = await whenJob('evicted', 'Complete');
    assert.deepEqual([status.succeeded, status.failed ?? 0], [1, 0]);
  });

  it('makes Jobs of a CronJob: by its controller when a run is due, and by hand', async () => {
    const path = `/apis/batch/v1/namespaces/${namespace}/cronjobs/nightly`;
    // The controller starts what was due since the last run: a last run of two minutes ago is due now.
    const lastScheduleTime = `${new Date(Date.now() - 120_000).toISOString().slice(0, 17)}00Z`;
    await client.request({ method: 'PATCH', path: `${path}/status`, body: { status: { lastScheduleTime } } });
    await run('create', 'job', 'by-hand', '--from=cronjob/nightly');
    await whenJob('by-hand', 'Complete');
    const fired = await eventually(
      async () => {
        const { items } = await client.request<{ items: Job[] }>({
          method: 'GET',
          path: `/apis/batch/v1/namespaces/${namespace}/jobs`,
        });
        return items.find(({ metadata }) => metadata.name.startsWith('nightly-'))?.metadata.name ?? null;
      },
      { describe: 'the CronJob to fire', deadlineSeconds: 20 },
    );
    await whenJob(fired, 'Complete');
  });

  it('leaves nothing behind', async () => {
    const { directory } = kubelet;
    assert.ok((await processesWith(directory)).length > 0);
    await kubelet.stop();
    assert.deepEqual(await processesWith(directory), []);
    await assert.rejects(readdir(directory), { code: 'ENOENT' });
  });

  it('fails a Pod that ran when its node went away, and leaves nothing behind when its process is killed', async () => {
    const uid = (await pod('watches')).metadata.uid;
    const { kubeconfig, url } = controlPlane;
    const child = spawn(process.execPath, ['--input-type=module', '-e', nodeThatIsKilled], {
      env: { ...process.env, CONTROL_PLANE: JSON.stringify({ kind: 'real', kubeconfig, url }) },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const exited = once(child, 'exit');
    const [line] = (await once(child.stdout.setEncoding('utf8'), 'data')) as [string];
    const directory = line.trim();
    const { metadata, status } = await whenPod(
      'watches',
      (found) => found.status?.phase === 'Failed',
      'to have failed',
    );
    assert.equal(metadata.uid, uid);
    assert.equal(status?.containerStatuses?.[0]?.state.terminated?.reason, 'ContainerStatusUnknown');
    const running = async (): Promise<boolean> => (await processesWith(directory)).length > 0;
    await eventually(running, { describe: 'the Pods of the Deployment to run again' });
    child.kill('SIGKILL');
    await exited;
    const gone = async (): Promise<void> => {
      assert.deepEqual(await processesWith(directory), []);
      await assert.rejects(readdir(directory), { code: 'ENOENT' });
    };
    await eventually(gone, { describe: 'its processes and its folder to be gone' });
  });
});

const nodeThatIsKilled = `
import { startKubelet, shellImage } from ${JSON.stringify(new URL('../support/kubelet/kubelet.ts', import.meta.url).href)};
const kubelet = await startKubelet({ controlPlane: JSON.parse(process.env.CONTROL_PLANE), images: { shell: shellImage } });
console.log(kubelet.directory);
`;

interface Job {
  metadata: { name: string };
  status: {
    succeeded?: number;
    failed?: number;
    completedIndexes?: string;
    conditions?: { type: string; status: string; reason?: string }[];
  };
}

/** The processes of this machine in whose mounts the folder is. */
async function processesWith(directory: string): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const mounts = pids.map((pid) => readFile(`/proc/${pid}/mountinfo`, 'utf8').catch(() => ''));
  const found = await Promise.all(mounts);
  return pids.filter((_, index) => found[index]?.includes(directory));
}

function secret(name: string, stringData: Record<string, string>): object {
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name }, stringData };
}

function configMap(name: string, data: Record<string, string>): object {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data };
}

/** A Pod of one container; a text is a shell's script. */
function podOf(name: string, command: string | string[], container: object = {}, spec: object = {}): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels: { run: 'of-the-run' } },
    spec: specOf(command, container, spec),
  };
}

function specOf(command: string | string[], container: object = {}, spec: object = {}): PodSpec {
  const main: Container = {
    name: 'main',
    image: 'shell:1',
    command: typeof command === 'string' ? ['/bin/sh', '-c', command] : command,
    ...container,
  };
  return { restartPolicy: 'Never', terminationGracePeriodSeconds: 1, containers: [main], ...spec };
}

function jobOf(name: string, command: string, spec: object = {}, container: object = {}): object {
  const template = { spec: specOf(command, container) };
  return { apiVersion: 'batch/v1', kind: 'Job', metadata: { name }, spec: { template, ...spec } };
}

const node = (script: string): string[] => [process.execPath, '-e', script];

function setting(): object[] {
  const template = {
    metadata: { labels: { app: 'web' } },
    spec: specOf(
      node(`require('http').createServer((_, answer) => answer.end('hello from 8080')).listen(8080, process.env.HOST);
        process.once('SIGTERM', () => process.exit(0));`),
      {
        ports: [{ name: 'http', containerPort: 8080 }],
        startupProbe: { tcpSocket: { port: 'http' } },
        readinessProbe: { httpGet: { path: '/', port: 'http' } },
      },
      { restartPolicy: 'Always' },
    ),
  };
  return [
    secret('watched', { one: 'old', two: 'old' }),
    configMap('mapped', { key: 'mapped' }),
    configMap('wait', { mode: 'wait' }),
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'web' },
      spec: { selector: { app: 'web' }, ports: [{ port: 80, targetPort: 'http' }] },
    },
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web' },
      spec: { replicas: 2, selector: { matchLabels: { app: 'web' } }, template },
    },
    {
      apiVersion: 'batch/v1',
      kind: 'CronJob',
      metadata: { name: 'nightly' },
      spec: {
        schedule: '* * * * *',
        concurrencyPolicy: 'Forbid',
        jobTemplate: { spec: { template: { spec: specOf('echo done') } } },
      },
    },
  ];
}

const untilTold = 'echo waiting; [ $MODE = finish ] || sleep 1000';
const toldBy = { env: [{ name: 'MODE', valueFrom: { configMapKeyRef: { name: 'wait', key: 'mode' } } }] };

function jobs(): object[] {
  return [
    jobOf('completes', 'echo done'),
    jobOf('fails', 'exit 10', {
      backoffLimit: 6,
      podFailurePolicy: { rules: [{ action: 'FailJob', onExitCodes: { operator: 'In', values: [10] } }] },
    }),
    jobOf('hangs', 'sleep 1000', { activeDeadlineSeconds: 2 }),
    jobOf('indexed', 'echo index $JOB_COMPLETION_INDEX', { completionMode: 'Indexed', completions: 4, parallelism: 2 }),
    jobOf('replaced', untilTold, {}, toldBy),
    jobOf(
      'evicted',
      untilTold,
      {
        backoffLimit: 0,
        podFailurePolicy: {
          rules: [{ action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] }],
        },
      },
      toldBy,
    ),
  ];
}

function pods(): object[] {
  return [
    podOf('exits', 'echo to stdout; sleep 0.1; echo to stderr >&2; echo three things > /dev/termination-log; exit 3'),
    podOf('falls-back', 'echo one; echo two; exit 1', { terminationMessagePolicy: 'FallbackToLogsOnError' }),
    podOf('lives', 'i=0; while :; do i=$((i + 1)); echo tick $i; sleep 0.1; done'),
    podOf(
      'watches',
      // Prints what it sees whenever that is new; the folder is entered once, so that both files are of one swap.
      `while sleep 0.05; do
        cd -P /watched/..data && one=$(cat one 2>/dev/null) && two=$(cat two 2>/dev/null) &&
        [ "$one $two" != "$last" ] && last="$one $two" && echo "$last"
      done`,
      { volumeMounts: [{ name: 'watched', mountPath: '/watched', readOnly: true }] },
      { volumes: [{ name: 'watched', secret: { secretName: 'watched' } }] },
    ),
    environmentPod(),
    podOf(
      'token',
      node(`const folder = '/var/run/secrets/kubernetes.io/serviceaccount/';
        const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = process.env;
        fetch('https://' + host + ':' + port + '/apis/authentication.k8s.io/v1/selfsubjectreviews', {
          method: 'POST',
          headers: {
            authorization: 'Bearer ' + require('fs').readFileSync(folder + 'token', 'utf8'),
            'content-type': 'application/json',
          },
          body: JSON.stringify({ apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' }),
        }).then(async (answer) => console.log(await answer.text()));`),
      { env: [{ name: 'NODE_EXTRA_CA_CERTS', value: '/var/run/secrets/kubernetes.io/serviceaccount/ca.crt' }] },
    ),
    podOf('no-image', 'true', { image: 'nowhere/else:2' }),
    podOf('waits', 'echo $LATE', {
      env: [{ name: 'LATE', valueFrom: { secretKeyRef: { name: 'late', key: 'key' } } }],
    }),
    podOf(
      'restarts',
      'if [ -e /shared/again ]; then cat /shared/again; else echo $(cat /shared/order) again > /shared/again; exit 5; fi',
      { volumeMounts: [{ name: 'shared', mountPath: '/shared' }] },
      {
        restartPolicy: 'OnFailure',
        volumes: [{ name: 'shared', emptyDir: {} }],
        initContainers: ['sleep 0.2; echo first > /shared/order', 'echo second >> /shared/order'].map(
          (script, index) => ({
            name: `init-${index}`,
            image: 'shell:1',
            command: ['/bin/sh', '-c', script],
            volumeMounts: [{ name: 'shared', mountPath: '/shared' }],
          }),
        ),
      },
    ),
    podOf(
      'dies',
      'sleep 1000',
      { livenessProbe: { exec: { command: ['/bin/sh', '-c', 'exit 1'] }, periodSeconds: 1, failureThreshold: 1 } },
      { restartPolicy: 'Always' },
    ),
    podOf('loyalty', [], {
      image: 'orion/loyalty:0.1.0',
      args: ['--version'],
      command: undefined,
      securityContext: {
        readOnlyRootFilesystem: true,
        allowPrivilegeEscalation: false,
        runAsNonRoot: true,
        runAsUser: 65_532,
        capabilities: { drop: ['ALL'] },
      },
    }),
    podOf(
      'calls',
      node(`const call = () => fetch('http://web/').then(async (answer) => console.log(await answer.text()),
      () => setTimeout(call, 100)); call();`),
    ),
    podOf(
      'obeys',
      "trap 'cat /tmp/hook; echo bye; exit 0' TERM; echo ready; while :; do sleep 0.05; done",
      { lifecycle: { preStop: { exec: { command: ['/bin/sh', '-c', 'echo after the hook > /tmp/hook'] } } } },
      { terminationGracePeriodSeconds: 20 },
    ),
    podOf('root', 'true', { securityContext: { runAsNonRoot: true } }),
    podOf('ignores', "trap 'echo asked' TERM; echo ready; while :; do sleep 0.05; done"),
  ];
}

function environmentPod(): object {
  const script = `env; echo ARGUMENT=$0; echo NAMESPACE_FILE=$(cat /var/run/secrets/kubernetes.io/serviceaccount/namespace)
    echo ID=$(id -u) $(id -G); echo LABEL_FILE=$(cat /labels/labels); touch /etc/x 2>/dev/null || echo READ_ONLY=yes`;
  const field = (name: string, fieldPath: string): object => ({ name, valueFrom: { fieldRef: { fieldPath } } });
  return podOf(
    'environment',
    ['/bin/sh', '-c', script],
    {
      args: ['$(PLAIN)'],
      envFrom: [{ prefix: 'PREFIX_', configMapRef: { name: 'mapped' } }],
      env: [
        { name: 'PLAIN', value: 'plain' },
        { name: 'EXPANDED', value: '$(PLAIN)-$(NOT_THERE)-$$(PLAIN)' },
        { name: 'FROM_SECRET', valueFrom: { secretKeyRef: { name: 'watched', key: 'one' } } },
        { name: 'FROM_MAP', valueFrom: { configMapKeyRef: { name: 'mapped', key: 'key' } } },
        field('POD', 'metadata.name'),
        field('RUN_UID', "metadata.labels['run']"),
        field('UID_OF_POD', 'metadata.uid'),
        { name: 'MEMORY', valueFrom: { resourceFieldRef: { resource: 'limits.memory', divisor: '1Mi' } } },
      ],
      resources: { limits: { memory: '64Mi' } },
      volumeMounts: [{ name: 'labels', mountPath: '/labels' }],
      securityContext: { readOnlyRootFilesystem: true },
    },
    {
      securityContext: { runAsUser: 1_234, runAsGroup: 5_678, fsGroup: 9_999 },
      volumes: [
        { name: 'labels', downwardAPI: { items: [{ path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } }] } },
      ],
    },
  );
}
