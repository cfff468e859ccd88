import { connect } from 'node:net';
import { join } from 'node:path';
import { withFreePorts } from './ports.ts';
import { startProgram, untilReady } from './program.ts';
import type { Program } from './program.ts';
import type { Watchdog } from './watchdog.ts';

interface EtcdDeps {
  command: string;
  directory: string;
  watchdog: Watchdog;
  running: Set<Program>;
}

/** Starts an etcd of one member in the folder, ready to serve; data does not outlive a crash of the machine. */
export function startEtcd(deps: EtcdDeps): Promise<{ program: Program; url: string }> {
  return withFreePorts((clientPort, peerPort) => startOnPorts(deps, clientPort, peerPort));
}

async function startOnPorts(
  deps: EtcdDeps,
  clientPort: number,
  peerPort: number,
): Promise<{ program: Program; url: string }> {
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
