import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { findAssets } from './assets.ts';
import type { AuditEvent } from './audit.ts';
import type { ApiServerControl, Backend, BackendOptions } from './backend.ts';
import { writeKubeconfig } from './kubeconfig.ts';
import { kubectlPath } from './kubectl.ts';
import { startWatchdog } from './watchdog.ts';

export type { AuditEvent } from './audit.ts';

export interface ControlPlane {
  kind: 'real' | 'small';
  /** https://127.0.0.1:PORT */
  url: string;
  /** PEM. */
  certificateAuthority: string;
  /** The folder with its data, logs and kubeconfigs. */
  directory: string;
  /** Path of the kubeconfig of the user "admin", who may do everything. */
  kubeconfig: string;
  /** The bearer token of that user. */
  adminToken: string;
  /** Path of a real kubectl. */
  kubectl: string;
  /** Writes a kubeconfig for another user, token, namespace or server (a proxy); returns its path. */
  kubeconfigFor(options: KubeconfigOptions): Promise<string>;
  /** Every request that the API server has answered so far; empty for a small one and when audit is off. */
  auditEvents(): Promise<AuditEvent[]>;
  apiServer: ApiServerControl;
  /** Stops the programs, last started first, and removes the folder unless the caller named it. */
  stop(): Promise<void>;
}

export interface KubeconfigOptions {
  /** One of `users`, or "admin", which is the default. */
  user?: string;
  /** A token instead of a user's, for instance from `kubectl create token`. */
  token?: string;
  namespace?: string;
  server?: string;
  /** PEM; needed with a server that has a certificate of its own. */
  certificateAuthority?: string;
}

export interface ControlPlaneOptions {
  /** Real when KUBEBUILDER_ASSETS is set, else small. */
  kind?: 'real' | 'small';
  /** Users besides "admin"; they may do what RBAC gives them. */
  users?: string[];
  /** Keep the audit log; true when absent. */
  audit?: boolean;
  /** Start kube-controller-manager too (service accounts, garbage collection, Jobs…); true when absent. */
  controllerManager?: boolean;
  /** Further flags of kube-apiserver; the small one takes none. */
  apiServerFlags?: string[];
  /** A folder that is empty or not there yet, kept at the end; a temporary one, removed at the end, when absent. */
  directory?: string;
}

/** Starts a control plane on free ports; it ends with this process, however that ends. */
export async function startControlPlane(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
  const kind = options.kind ?? (findAssets() === undefined ? 'small' : 'real');
  const directory = await makeDirectory(options.directory);
  const watchdog = startWatchdog(options.directory === undefined ? { remove: directory } : {});
  const tokens = makeTokens(options.users ?? []);
  try {
    const backend = await startBackend(kind, {
      directory,
      watchdog,
      tokens,
      audit: options.audit ?? true,
      controllerManager: options.controllerManager ?? true,
      apiServerFlags: options.apiServerFlags ?? [],
    });
    tokens.set('admin', backend.adminToken);
    const kubeconfigFor = kubeconfigWriter(directory, backend, tokens);
    const stop = async (): Promise<void> => {
      await backend.stop();
      await watchdog.release();
    };
    const [kubeconfig, kubectl] = [await kubeconfigFor({}), await kubectlPath()];
    return { ...backend, kind, directory, kubeconfig, kubectl, kubeconfigFor, stop };
  } catch (error) {
    await watchdog.release();
    throw error;
  }
}

async function startBackend(kind: 'real' | 'small', options: BackendOptions): Promise<Backend> {
  if (kind === 'real') return (await import('./real-control-plane.ts')).startRealControlPlane(options);
  return (await import('./small-control-plane.ts')).startSmallControlPlane(options);
}

async function makeDirectory(named: string | undefined): Promise<string> {
  if (named === undefined) return mkdtemp(join(tmpdir(), 'control-plane-'));
  const directory = resolve(named);
  await mkdir(directory, { recursive: true });
  const found = await readdir(directory);
  if (found.length > 0) {
    throw new Error(`${directory} is not empty (it has ${found[0]}): name a new folder, or remove this one first`);
  }
  return directory;
}

function makeTokens(users: string[]): Map<string, string> {
  return new Map(['admin', ...users].map((user) => [user, randomBytes(16).toString('hex')]));
}

function kubeconfigWriter(
  directory: string,
  backend: Backend,
  tokens: Map<string, string>,
): ControlPlane['kubeconfigFor'] {
  let written = 0;
  return async ({ user = 'admin', token = tokens.get(user), server, namespace, certificateAuthority }) => {
    if (token === undefined) {
      throw new Error(
        `there is no user "${user}", only ${[...tokens.keys()].join(', ')}: name it in startControlPlane({ users })`,
      );
    }
    const name = written === 0 ? 'kubeconfig' : `kubeconfig-${written}-${user.replaceAll(/[^\w.-]/g, '_')}`;
    written += 1;
    return writeKubeconfig(join(directory, name), {
      server: server ?? backend.url,
      certificateAuthority: certificateAuthority ?? backend.certificateAuthority,
      user,
      token,
      ...(namespace === undefined ? {} : { namespace }),
    });
  };
}
