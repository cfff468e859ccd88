import { readFile } from 'node:fs/promises';
import { deployPath, readManifests, type Manifest } from '../deploy/manifests.ts';
import type { Cluster } from './cluster.ts';
import { kubectl } from './control-plane/kubectl.ts';

/** The controller's account in a namespace, as deploy/manifests/controller.yaml installs it. */
export interface InstalledController {
  /** As the audit log names it. */
  user: string;
  /** With a token of the ServiceAccount, as its pod would have one. */
  kubeconfig: string;
}

export const controllerManifest = deployPath('manifests/controller.yaml');

/** The manifest for another namespace, by the command in its head; without the Deployment, since nothing runs pods here. */
export async function installationFor(namespace: string): Promise<string> {
  const text = (await readFile(controllerManifest, 'utf8')).replaceAll(/: loyalty$/gm, `: ${namespace}`);
  return text
    .split(/^---$/m)
    .filter((document) => !/^kind: Deployment$/m.test(document))
    .join('---\n');
}

/** The roles of the manifest, as it has them. */
export function manifestRoles(): Manifest[] {
  return readManifests('manifests/controller.yaml').filter(({ kind }) => kind === 'Role');
}

/** Installs ServiceAccount, Roles and RoleBindings, and nothing else that could help the controller. */
export async function installController(
  { controlPlane }: Pick<Cluster, 'controlPlane'>,
  namespace: string,
): Promise<InstalledController> {
  await kubectl(controlPlane, ['apply', '-f', '-'], { input: await installationFor(namespace) });
  const { stdout } = await kubectl(controlPlane, ['create', 'token', 'loyalty-controller', '-n', namespace]);
  return {
    user: `system:serviceaccount:${namespace}:loyalty-controller`,
    kubeconfig: await controlPlane.kubeconfigFor({ user: 'loyalty-controller', token: stdout.trim(), namespace }),
  };
}
