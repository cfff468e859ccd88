import { ConfigurationError } from '../../errors.ts';
import { isForbidden } from './api-error.ts';
import type { KubernetesClient } from './client.ts';

/** One thing that a process must be allowed to do, as RBAC words it. */
export interface Permission {
  group: string;
  resource: string;
  subresource?: string;
  verb: string;
  namespace: string;
  name?: string;
}

interface RulesReview {
  status?: { incomplete?: boolean; resourceRules?: ResourceRule[] };
}

interface ResourceRule {
  verbs: string[];
  apiGroups?: string[];
  resources?: string[];
  resourceNames?: string[];
}

interface AccessReview {
  status?: { allowed?: boolean };
}

/** As in `update walletcredentials.loyalty.orion.dev/status in namespace loyalty`. */
export function describePermission(permission: Permission): string {
  const resource = permission.group ? `${permission.resource}.${permission.group}` : permission.resource;
  const subresource = permission.subresource ? `/${permission.subresource}` : '';
  const name = permission.name ? ` ${permission.name}` : '';
  return `${permission.verb} ${resource}${subresource}${name} in namespace ${permission.namespace}`;
}

function has(values: string[] | undefined, value: string): boolean {
  return values !== undefined && (values.includes(value) || values.includes('*'));
}

function grants(rule: ResourceRule, permission: Permission): boolean {
  const resource = permission.subresource ? `${permission.resource}/${permission.subresource}` : permission.resource;
  const named =
    !rule.resourceNames?.length || (permission.name !== undefined && rule.resourceNames.includes(permission.name));
  return (
    has(rule.verbs, permission.verb) && has(rule.apiGroups, permission.group) && has(rule.resources, resource) && named
  );
}

async function rulesOf(client: KubernetesClient, namespace: string): Promise<ResourceRule[]> {
  const path = '/apis/authorization.k8s.io/v1/selfsubjectrulesreviews';
  const body = { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectRulesReview', spec: { namespace } };
  const review = await client.request<RulesReview>({ method: 'POST', path, body }).catch((error: unknown) => {
    if (isForbidden(error)) return {} as RulesReview;
    throw error;
  });
  return review.status?.resourceRules ?? [];
}

async function isAllowed(client: KubernetesClient, permission: Permission): Promise<boolean> {
  const path = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
  const { namespace, verb, group, resource, subresource, name } = permission;
  const resourceAttributes = { namespace, verb, group, resource, subresource, name };
  const body = { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview', spec: { resourceAttributes } };
  const review = await client.request<AccessReview>({ method: 'POST', path, body }).catch(explainForbidden);
  return review.status?.allowed === true;
}

/** Whoever may not even ask what it may do cannot say what is missing. */
function explainForbidden(error: unknown): never {
  if (!isForbidden(error)) throw error;
  throw new ConfigurationError([
    'Permission missing: create selfsubjectaccessreviews.authorization.k8s.io, to ask for the permissions that are needed. ' +
      'Bind the ClusterRole system:basic-user to the group system:authenticated again.',
  ]);
}

/**
 * The permissions that are missing. One SelfSubjectRulesReview a namespace; what it does not list is asked for one by one,
 * since an authorizer by webhook cannot list its rules.
 */
export async function missingPermissions(
  client: KubernetesClient,
  needed: readonly Permission[],
): Promise<Permission[]> {
  const missing: Permission[] = [];
  for (const namespace of new Set(needed.map((permission) => permission.namespace))) {
    const rules = await rulesOf(client, namespace);
    const unlisted = needed.filter(
      (permission) => permission.namespace === namespace && !rules.some((rule) => grants(rule, permission)),
    );
    for (const permission of unlisted) if (!(await isAllowed(client, permission))) missing.push(permission);
  }
  return missing;
}
