import type { Permission } from '../adapters/kubernetes/permissions.ts';
import { group, plural } from '../domain/credentials/wallet-credential.ts';

/** What the controller does, and so must be allowed to: deploy/manifests/controller.yaml grants exactly this. */
export function controllerPermissions(
  namespaces: readonly string[],
  lease: { namespace: string; name: string } | undefined,
): Permission[] {
  const watched = namespaces.flatMap((namespace): Permission[] => [
    ...['list', 'watch'].map((verb) => ({ group, resource: plural, verb, namespace })),
    { group, resource: plural, subresource: 'status', verb: 'update', namespace },
    ...['get', 'list', 'watch', 'create', 'update', 'delete'].map((verb) => ({
      group: '',
      resource: 'secrets',
      verb,
      namespace,
    })),
    { group: '', resource: 'events', verb: 'create', namespace },
  ]);
  if (!lease) return watched;
  const { namespace, name } = lease;
  const leases = { group: 'coordination.k8s.io', resource: 'leases', namespace };
  return [
    ...watched,
    { ...leases, verb: 'create' },
    { ...leases, verb: 'get', name },
    { ...leases, verb: 'update', name },
  ];
}
