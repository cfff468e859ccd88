import { connect } from 'node:net';
import { join } from 'node:path';
import { freePort } from './ports.ts';
import { startProgram, untilReady } from './program.ts';
import type { Program } from './program.ts';
import type { Watchdog } from './watchdog.ts';

/** Starts an etcd of one member in the folder, ready to serve; data does not outlive a crash of the machine. */
export async function startEtcd(deps: {
  command: string;
  directory: string;
  watchdog: Watchdog;
  running: Set<Program>;
}): Promise<{ program: Program; url: string }> {
  const [clientPort, peerPort] = [await freePort(), await freePort()];
  const url = `http://127.0.0.1:${clientPort}`;
  const peer = `http://127.0.0.1:${peerPort}`;
  const program = startProgram({
    name: 'etcd',
    command: deps.command,
    directory: deps.directory,
    watchdog: deps.watchdog,
    running: deps.running,
    arguments: [
      `--data-dir=${join(deps.directory, 'etcd')}`,
      `--listen-client-urls=${url}`,
      `--advertise-client-urls=${url}`,
      `--listen-peer-urls=${peer}`,
      `--initial-advertise-peer-urls=${peer}`,
      `--initial-cluster=default=${peer}`,
      '--unsafe-no-fsync',
      '--log-level=warn',
    ],
  });
  await untilReady(program, () => accepts(clientPort));
  return { program, url };
}

// etcd opens its client port only once it has joined its cluster.
function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
