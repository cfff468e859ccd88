import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';

/** The programs of a real control plane, as paths. */
export interface Assets {
  etcd: string;
  kubeApiserver: string;
  /** Absent from folders made by setup-envtest, which has no controller manager. */
  kubeControllerManager: string | undefined;
  kubectl: string | undefined;
}

/**
 * The programs in the folder that KUBEBUILDER_ASSETS names (the envtest convention); undefined when it is not set.
 * @throws Error when it is set but the folder has no kube-apiserver or etcd: a real control plane was asked for.
 */
export function findAssets(directory = process.env['KUBEBUILDER_ASSETS']): Assets | undefined {
  if (directory === undefined || directory === '') return undefined;
  const program = (name: string): string | undefined => {
    const path = join(directory, name);
    return isExecutable(path) ? path : undefined;
  };
  const etcd = program('etcd');
  const kubeApiserver = program('kube-apiserver');
  if (etcd === undefined || kubeApiserver === undefined) {
    const missing = [etcd ?? 'etcd', kubeApiserver ?? 'kube-apiserver'].filter((name) => !name.includes('/'));
    throw new Error(
      `KUBEBUILDER_ASSETS is ${directory}, which has no executable ${missing.join(' and ')}. ` +
        'Point it at a folder made by `setup-envtest use -p path` or `make control-plane`, ' +
        'or unset it to use the small API server.',
    );
  }
  return {
    etcd,
    kubeApiserver,
    kubeControllerManager: program('kube-controller-manager'),
    kubectl: program('kubectl'),
  };
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
