import { readFile } from 'node:fs/promises';
import { deployPath, readManifests, type Manifest } from '../deploy/manifests.ts';
import type { Cluster } from './cluster.ts';
import { kubectl } from './control-plane/kubectl.ts';

/** The controller's account in a namespace, as deploy/manifests/controller.yaml installs it. */
export interface InstalledController {
  /** As the audit log names it. */
  user: string;
  /** Of the ServiceAccount, as its pod would have one. */
  token: string;
  /** With that token. */
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

/** One verb that a Role of the manifest grants. */
export interface Grant {
  role: string;
  /** The place of its rule in the Role. */
  rule: number;
  group: string;
  /** With its subresource, as in `walletcredentials/status`. */
  resource: string;
  verb: string;
  /** Of the one object to which it is limited. */
  name?: string;
}

interface Rule {
  apiGroups: string[];
  resources: string[];
  verbs: string[];
  resourceNames?: string[];
}

/** Every verb that the manifest's Roles grant. */
export function manifestGrants(): Grant[] {
  const roles = readManifests('manifests/controller.yaml').filter(({ kind }) => kind === 'Role');
  return roles.flatMap((role) =>
    (role as Manifest & { rules: Rule[] }).rules.flatMap(
      ({ apiGroups, resources, verbs, resourceNames = [] }, rule) => {
        const [group, resource, name] = [apiGroups[0] ?? '', resources[0] ?? '', resourceNames[0]];
        if (apiGroups.length * resources.length !== 1)
          throw new Error('a rule is for one resource, so that each verb is needed');
        return verbs.map((verb) => ({ role: role.metadata.name, rule, group, resource, verb, ...(name && { name }) }));
      },
    ),
  );
}

/** Installs ServiceAccount, Roles and RoleBindings, and nothing else that could help the controller. */
export async function installController(
  { controlPlane }: Pick<Cluster, 'controlPlane'>,
  namespace: string,
): Promise<InstalledController> {
  await kubectl(controlPlane, ['apply', '-f', '-'], { input: await installationFor(namespace) });
  const { stdout } = await kubectl(controlPlane, ['create', 'token', 'loyalty-controller', '-n', namespace]);
  const token = stdout.trim();
  const kubeconfig = await controlPlane.kubeconfigFor({ user: 'loyalty-controller', token, namespace });
  return { user: `system:serviceaccount:${namespace}:loyalty-controller`, token, kubeconfig };
}
