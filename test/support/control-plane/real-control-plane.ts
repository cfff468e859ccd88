import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { startApiServer, writeApiServerFiles } from './api-server.ts';
import { findAssets } from './assets.ts';
import type { Assets } from './assets.ts';
import { readAuditLog } from './audit.ts';
import type { ApiServerControl, Backend, BackendOptions } from './backend.ts';
import { startControllerManager } from './controller-manager.ts';
import { startEtcd } from './etcd.ts';
import { writeKubeconfig } from './kubeconfig.ts';
import { withFreePorts } from './ports.ts';
import type { Program } from './program.ts';

/** Starts etcd, kube-apiserver and, if wanted, kube-controller-manager in the folder; stops what ran if one fails. */
export async function startRealControlPlane(options: BackendOptions): Promise<Backend> {
  const running = new Set<Program>();
  const stop = (): Promise<void> => stopPrograms(running);
  try {
    return { ...(await startPrograms(options, requireAssets(), running)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

// Killed, not asked: kube-apiserver would wait a minute for open watches, and all state is in etcd, whose writes are in
// the kernel's hands once they are answered.
async function stopPrograms(running: Set<Program>): Promise<void> {
  for (const name of ['kube-controller-manager', 'kube-apiserver', 'etcd']) {
    await Promise.all(
      [...running].filter((program) => program.name === name).map((program) => program.kill('SIGKILL')),
    );
  }
}

async function startPrograms(
  options: BackendOptions,
  assets: Assets,
  running: Set<Program>,
): Promise<Omit<Backend, 'stop'>> {
  const { directory, watchdog, audit } = options;
  const adminToken = options.tokens.get('admin') ?? '';
  const manager = { user: 'system:kube-controller-manager', token: randomBytes(16).toString('hex') };
  const tokens = new Map([...options.tokens, [manager.user, manager.token]]);
  const files = await writeApiServerFiles(directory, { tokens, audit });
  const { certificateAuthority } = files;
  const deps = { directory, watchdog, running, files, adminToken };
  const etcd = await startEtcd({ ...deps, command: assets.etcd });
  const api = { ...deps, command: assets.kubeApiserver, etcd: etcd.url, flags: options.apiServerFlags };
  const { url, apiServer } = await startOnFreePort(api);
  const command = assets.kubeControllerManager;
  if (options.controllerManager && command !== undefined) {
    const content = { server: url, certificateAuthority, ...manager };
    const kubeconfig = await writeKubeconfig(join(directory, 'controller-manager.kubeconfig'), content);
    await startControllerManager({ ...deps, command, kubeconfig, url });
  }
  const auditEvents = async (): ReturnType<Backend['auditEvents']> => (audit ? readAuditLog(files.auditLog) : []);
  return { url, certificateAuthority, adminToken, auditEvents, apiServer };
}

function startOnFreePort(
  deps: Omit<Parameters<typeof startApiServer>[0], 'port'>,
): Promise<{ url: string; apiServer: ApiServerControl }> {
  return withFreePorts(async (port) => {
    const start = (): Promise<Program> => startApiServer({ ...deps, port });
    return { url: `https://127.0.0.1:${port}`, apiServer: control(await start(), start) };
  });
}

function control(first: Program, start: () => Promise<Program>): ApiServerControl {
  let program = first;
  return {
    kill: (signal = 'SIGKILL') => program.kill(signal),
    start: async () => {
      if (program.ended() === undefined) throw new Error('kube-apiserver is running: kill it before you start it');
      program = await start();
    },
  };
}

function requireAssets(): Assets {
  const assets = findAssets();
  if (assets === undefined) {
    throw new Error(
      'a real control plane was asked for, and KUBEBUILDER_ASSETS is not set: point it at a folder that has ' +
        'kube-apiserver and etcd (`setup-envtest use -p path` or `make control-plane` makes one)',
    );
  }
  return assets;
}
