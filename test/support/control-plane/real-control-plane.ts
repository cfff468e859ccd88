import { join } from 'node:path';
import { startApiServer, writeApiServerFiles } from './api-server.ts';
import { findAssets } from './assets.ts';
import type { Assets } from './assets.ts';
import { readAuditLog } from './audit.ts';
import type { ApiServerControl, Backend, BackendOptions } from './backend.ts';
import { startControllerManager } from './controller-manager.ts';
import { startEtcd } from './etcd.ts';
import { writeKubeconfig } from './kubeconfig.ts';
import { freePort } from './ports.ts';
import { stopProgram } from './program.ts';
import type { Program } from './program.ts';

/** Starts etcd, kube-apiserver and, if wanted, kube-controller-manager in the folder; stops what ran if one fails. */
export async function startRealControlPlane(options: BackendOptions): Promise<Backend> {
  const running = new Set<Program>();
  const stop = async (): Promise<void> => {
    for (const program of [...running].toReversed()) await stopProgram(program);
  };
  try {
    return { ...(await startPrograms(options, requireAssets(), running)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startPrograms(
  options: BackendOptions,
  assets: Assets,
  running: Set<Program>,
): Promise<Omit<Backend, 'stop'>> {
  const { directory, watchdog, tokens, audit } = options;
  const adminToken = tokens.get('admin') ?? '';
  const [files, port] = [await writeApiServerFiles(directory, { tokens, audit }), await freePort()];
  const url = `https://127.0.0.1:${port}`;
  const { certificateAuthority } = files;
  const etcd = await startEtcd({ command: assets.etcd, directory, watchdog, running });
  const api = { directory, watchdog, running, port, files, adminToken, flags: options.apiServerFlags };
  const start = (): Promise<Program> => startApiServer({ ...api, command: assets.kubeApiserver, etcd: etcd.url });
  const apiServer = control(await start(), start);
  if (options.controllerManager && assets.kubeControllerManager !== undefined) {
    const kubeconfig = await writeKubeconfig(join(directory, 'controller-manager.kubeconfig'), {
      server: url,
      certificateAuthority,
      user: 'admin',
      token: adminToken,
    });
    const command = assets.kubeControllerManager;
    await startControllerManager({ command, directory, watchdog, running, kubeconfig, url, files, adminToken });
  }
  const auditEvents = async (): ReturnType<Backend['auditEvents']> => (audit ? readAuditLog(files.auditLog) : []);
  return { url, certificateAuthority, adminToken, auditEvents, apiServer };
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
