import type { Cause } from './api-error.ts';
import { ageColumn, column } from './column.ts';
import { fieldAt } from './kubernetes-object.ts';
import type { KubernetesObject } from './kubernetes-object.ts';
import { invalidValue } from './object-metadata.ts';
import { builtIn } from './resource.ts';
import { integer, microTime, object, pointer, string } from './schema.ts';

/** Leases: times have exactly six digits, and a PUT of an existing one needs its resourceVersion. */
export const leases = builtIn({
  group: 'coordination.k8s.io',
  version: 'v1',
  kind: 'Lease',
  plural: 'leases',
  createOnUpdate: true,
  unconditionalUpdate: false,
  schema: object(
    {
      spec: object({
        holderIdentity: pointer(string),
        leaseDurationSeconds: pointer(integer),
        acquireTime: pointer(microTime),
        renewTime: pointer(microTime),
        leaseTransitions: pointer(integer),
        strategy: pointer(string),
        preferredHolder: pointer(string),
      }),
    },
    ['spec'],
  ),
  columns: [column('Holder', (lease) => fieldAt(lease, ['spec', 'holderIdentity']) ?? ''), ageColumn],
  rules: { check },
});

function check(lease: KubernetesObject): Cause[] {
  const seconds = fieldAt(lease, ['spec', 'leaseDurationSeconds']);
  const transitions = fieldAt(lease, ['spec', 'leaseTransitions']);
  const below = (value: unknown, limit: number): boolean => typeof value === 'number' && value < limit;
  return [
    ...(below(seconds, 1) ? [invalidValue('spec.leaseDurationSeconds', seconds, 'must be greater than 0')] : []),
    ...(below(transitions, 0)
      ? [invalidValue('spec.leaseTransitions', transitions, 'must be greater than or equal to 0')]
      : []),
  ];
}
