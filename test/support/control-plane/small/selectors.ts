import { badRequest } from './api-error.ts';
import type { KubernetesObject } from './kubernetes-object.ts';
import type { ResourceDefinition } from './resource.ts';

export type Matcher = (object: KubernetesObject) => boolean;

interface Requirement {
  key: string;
  /** For fields and equality the value is the only one of `values`. */
  operator: 'in' | 'notin' | 'exists' | 'absent';
  values: string[];
}

/**
 * Reads a label selector: `a=b`, `a==b`, `a!=b`, `a in (b,c)`, `a notin (b)`, `a`, `!a`, joined by commas.
 * @throws ApiError 400 when it is not one.
 */
export function labelMatcher(selector: string): Matcher {
  const requirements = splitOutsideParentheses(selector).map(labelRequirement);
  return ({ metadata }) => requirements.every((each) => holds(each, metadata.labels?.[each.key]));
}

/**
 * Reads a field selector: `a=b`, `a==b`, `a!=b`, joined by commas.
 * @throws ApiError 400 when it is not one, or names a field that the kind does not select by.
 */
export function fieldMatcher(selector: string, resource: ResourceDefinition): Matcher {
  const requirements = selector
    .split(',')
    .filter((term) => term !== '')
    .map((term) => fieldRequirement(term, resource));
  return (object) => requirements.every(({ read, requirement }) => holds(requirement, read(object)));
}

function splitOutsideParentheses(selector: string): string[] {
  return selector
    .split(/,(?![^(]*\))/)
    .map((term) => term.trim())
    .filter((term) => term !== '');
}

function labelRequirement(term: string): Requirement {
  const set = /^(\S+)\s+(in|notin)\s+\(([^()]*)\)$/.exec(term);
  if (set !== null) {
    const [, key = '', operator, values = ''] = set;
    return { key, operator: operator as 'in' | 'notin', values: values.split(',').map((value) => value.trim()) };
  }
  const equality = /^([^\s=!()]+)\s*(==|=|!=)\s*([^\s=!()]*)$/.exec(term);
  if (equality !== null) {
    const [, key = '', operator, value = ''] = equality;
    return { key, operator: operator === '!=' ? 'notin' : 'in', values: [value] };
  }
  const presence = /^(!?)\s*([^\s=!()]+)$/.exec(term);
  if (presence === null) throw badRequest(`unable to parse requirement: found '${term}', expected a label requirement`);
  const [, not, key = ''] = presence;
  return { key, operator: not === '!' ? 'absent' : 'exists', values: [] };
}

function fieldRequirement(
  term: string,
  resource: ResourceDefinition,
): { requirement: Requirement; read: (object: KubernetesObject) => string } {
  const parts = /^([^=!]+)(==|=|!=)(.*)$/.exec(term);
  if (parts === null) throw badRequest(`invalid selector: '${term}'; can't understand '${term}'`);
  const [, key = '', operator, value = ''] = parts;
  const read = fieldReader(key, resource);
  if (read === undefined) throw badRequest(`field label not supported: ${key}`);
  return { requirement: { key, operator: operator === '!=' ? 'notin' : 'in', values: [value] }, read };
}

function fieldReader(key: string, resource: ResourceDefinition): ((object: KubernetesObject) => string) | undefined {
  if (key === 'metadata.name') return (object) => object.metadata.name;
  if (key === 'metadata.namespace' && resource.namespaced) return (object) => object.metadata.namespace ?? '';
  return Object.hasOwn(resource.selectableFields, key) ? resource.selectableFields[key] : undefined;
}

// A label that is absent satisfies != and notin, as in Kubernetes.
function holds({ operator, values }: Requirement, value: string | undefined): boolean {
  if (operator === 'exists') return value !== undefined;
  if (operator === 'absent') return value === undefined;
  const among = value !== undefined && values.includes(value);
  return operator === 'in' ? among : !among;
}
