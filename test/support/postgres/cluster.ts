import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { chmod, chown, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Watchdog } from '../control-plane/watchdog.ts';
import type { OperatingUser } from './operating-user.ts';

/** A data folder (a "cluster" in PostgreSQL's words) and what is needed to run a server on it. */
export interface Cluster {
  /** Has `bin/initdb` and `bin/postgres`. */
  programs: string;
  directory: string;
  user: OperatingUser | undefined;
  watchdog: Watchdog;
  /** `name=value` */
  settings: string[];
}

export interface Postmaster {
  pid: number;
  /** Sends the signal and waits until the process has ended. */
  end(signal: NodeJS.Signals): Promise<void>;
}

const environment = { PATH: process.env['PATH'] ?? '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };

/** Makes the data folder, with the superuser `postgres`. */
export async function initialize({ programs, directory, user }: Cluster, password: string): Promise<void> {
  const passwordFile = join(directory, 'password');
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
  await mkdir(join(directory, 'data'), { mode: 0o700 });
  await chmod(directory, 0o700);
  if (user)
    for (const path of [directory, join(directory, 'data'), passwordFile]) await chown(path, user.uid, user.gid);
  const choices = ['--auth=password', '--locale=C', '--encoding=UTF8', '--no-sync', '--no-instructions'];
  await promisify(execFile)(
    join(programs, 'bin', 'initdb'),
    [`--pgdata=${join(directory, 'data')}`, '--username=postgres', `--pwfile=${passwordFile}`, ...choices],
    { ...user, cwd: directory, env: environment },
  );
  await rm(passwordFile);
}

/**
 * Starts a server and waits until it takes connections.
 * @throws Error with the end of its log.
 */
export async function startPostmaster(cluster: Cluster, port: number): Promise<Postmaster> {
  const { programs, directory, user, watchdog } = cluster;
  const output = openSync(join(directory, 'postgres.log'), 'a');
  const settings = [...cluster.settings, `port=${port}`].flatMap((setting) => ['-c', setting]);
  const child = spawn(join(programs, 'bin', 'postgres'), ['-D', join(directory, 'data'), ...settings], {
    ...user,
    cwd: directory,
    env: environment,
    stdio: ['ignore', output, output],
    detached: true, // Ctrl-C at a terminal goes to us alone
  });
  closeSync(output);
  child.unref();
  const { pid } = child;
  if (pid === undefined)
    throw new Error(`cannot run ${programs}/bin/postgres: ${String((await once(child, 'error'))[0])}`);
  watchdog.watch(pid);
  child.once('exit', () => watchdog.forget(pid));
  await untilReady(cluster, child, pid);
  return {
    pid,
    end: async (signal) => {
      if (hasEnded(child)) return;
      child.ref();
      const exited = once(child, 'exit');
      child.kill(signal);
      await exited;
    },
  };
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

/** As pg_ctl waits: the eighth line of postmaster.pid says "ready". */
async function untilReady(cluster: Cluster, child: ChildProcess, pid: number): Promise<void> {
  const deadline = Date.now() + 60_000;
  for (;;) {
    const lines = (await readFile(join(cluster.directory, 'data', 'postmaster.pid'), 'utf8').catch(() => '')).split(
      '\n',
    );
    if (lines[0] === String(pid) && lines[7]?.trim() === 'ready') return;
    if (hasEnded(child) || Date.now() > deadline) {
      const log = await readLog(cluster);
      throw new Error(
        `PostgreSQL did not start. The end of its log:\n${log.trimEnd().split('\n').slice(-20).join('\n')}`,
      );
    }
    await sleep(20);
  }
}

export function readLog({ directory }: Cluster): Promise<string> {
  return readFile(join(directory, 'postgres.log'), 'utf8');
}
