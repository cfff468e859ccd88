import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { settings } from '../../src/config.ts';
import { parseDockerfile } from '../deploy/dockerfile.ts';
import { type Cluster, startCluster } from '../support/cluster.ts';
import type { TestDatabase } from '../support/postgres/databases.ts';
import { sharedPostgres } from '../support/postgres/shared-postgres.ts';
import { eventually } from '../support/wait.ts';
import { chrootCommand, type Finished, runIn } from './chroot.ts';
import { type BuiltStage, buildStages } from './stages.ts';

const context = fileURLToPath(new URL('../..', import.meta.url));

describe('the image, built in plain folders as the Dockerfile orders it', function () {
  this.timeout(900_000);
  const folder = mkdtempSync(join(tmpdir(), 'image-'));
  let image: BuiltStage;
  let database: TestDatabase;
  let cluster: Cluster;

  before(async () => {
    const instructions = parseDockerfile(readFileSync(join(context, 'Dockerfile'), 'utf8'));
    image = await buildStages(instructions, { context, folder, log: (line) => console.log(`      ${line}`) });
    database = await (await sharedPostgres()).emptyDatabase();
    cluster = await startCluster();
  });
  after(async () => {
    await cluster?.stop();
    await database?.drop();
    await rm(folder, { recursive: true, force: true });
  });

  /** As Kubernetes starts it: the image's entrypoint and user, a root that nobody can write. */
  const container = (args: string[], environment: Record<string, string> = {}, shown: Record<string, string> = {}) => ({
    ...image,
    readOnly: true,
    command: [...image.entrypoint, ...args],
    environment: { ...image.environment, ...environment },
    shown,
  });
  const ends = (args: string[]): Promise<Finished> => runIn(container(args, { DATABASE_URL: database.url }));

  it('says how big it is, and is not much more than the 250 MB that it is to have', async () => {
    const megabytes = async (path: string): Promise<number> => {
      const { stdout } = await promisify(execFile)('du', ['-sx', '--apparent-size', '--block-size=1', path]);
      return Math.round(Number.parseInt(stdout, 10) / 1_000_000);
    };
    const parts = ['', 'usr/local/bin/node', 'app/node_modules', 'app/dist'];
    const [size = 0, node, modules, code] = await Promise.all(parts.map((part) => megabytes(join(image.root, part))));
    console.log(`      the image has ${size} MB, of which Node ${node}, modules ${modules}, our code ${code}`);
    // Its base is Debian as debootstrap makes it, some megabytes off the one of an engine.
    assert.ok(size <= 260, `${size} MB`);
  });

  it('cannot write its root, and is not root', async () => {
    const command = ['/bin/sh', '-c', 'id -u; touch /app/x /tmp/x 2>&1; :'];
    const { output } = await runIn({ ...container([]), command });
    assert.match(output, /^65532\n.*Read-only file system\n.*Read-only file system\n$/);
  });

  it('has every command', async () => {
    for (const command of Object.keys(settings)) {
      const { code, output } = await ends([command, '--help']);
      assert.equal(code, 0, output);
      assert.match(output, new RegExp(`^Usage: loyalty ${command}`));
    }
  });

  it('migrates, and runs the jobs', async () => {
    for (const command of ['migrate', 'expire-points', 'verify-ledger']) {
      const { code, output } = await ends([command]);
      assert.equal(code, 0, `${command}: ${output}`);
    }
    // There is no credential here; that it says so shows that it starts.
    const { code, output } = await ends(['sync-wallets']);
    assert.equal(code, 78, output);
    assert.match(output, /No wallet is configured/);
  });

  /** Starts it, waits for a log event, and ends it by SIGTERM. */
  async function serves(
    chroot: ReturnType<typeof container>,
    event: string,
    check: (line: Record<string, unknown>) => Promise<void>,
  ) {
    const child = spawn(...chrootCommand(chroot), { stdio: ['ignore', 'pipe', 'pipe'] });
    const closed = new Promise<number | null>((resolve) => child.once('close', resolve));
    // The one in its own process namespace; what started it waits outside, and ends as it ends.
    const signal = (name: NodeJS.Signals): void => {
      const [first = ''] = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').split(' ');
      process.kill(Number(first), name);
    };
    let text = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (more: string) => (text += more));
    try {
      const line = await eventually(
        () => {
          const found = text.split('\n').find((candidate) => candidate.includes(`"${event}"`));
          if (found === undefined) throw new Error(text.slice(-2_000));
          return JSON.parse(found) as Record<string, unknown>;
        },
        { describe: event, deadlineSeconds: 60 },
      );
      await check(line);
    } catch (error) {
      signal('SIGKILL');
      throw error;
    }
    signal('SIGTERM');
    assert.equal(await closed, 0, text.slice(-2_000));
  }

  it('serves the API', async () => {
    const api = container(['api'], { DATABASE_URL: database.url, HOST: '127.0.0.1', PORT: '0', METRICS_PORT: '0' });
    await serves(api, 'api.started', async ({ port }) => {
      const url = `http://127.0.0.1:${Number(port)}`;
      const ready = async (): Promise<void> => assert.equal((await fetch(`${url}/readyz`)).status, 200);
      await eventually(ready, { describe: 'the API to be ready', deadlineSeconds: 30 });
      assert.equal((await fetch(`${url}/docs`)).status, 200);
      assert.equal((await fetch(`${url}/openapi.json`)).status, 200);
    });
  });

  it('runs the controller', async () => {
    const { name } = await cluster.namespace();
    const environment = {
      KUBECONFIG: '/run/kubeconfig',
      WATCH_NAMESPACES: name,
      LEASE_NAMESPACE: name,
      HOST: '127.0.0.1',
      PORT: '0',
    };
    const controller = container(['controller'], environment, { '/run/kubeconfig': cluster.controlPlane.kubeconfig });
    await serves(controller, 'leader.elected', () => Promise.resolve());
  });
});
