import { ApiError } from './api-error.ts';
import { parseResourcePath } from './request-path.ts';
import type { ResourcePath } from './request-path.ts';

/** Bearer token → user name. */
export type Tokens = ReadonlyMap<string, string>;

const openPaths = /^\/(healthz|livez|readyz|version)(\/|$)/;

/**
 * The user of a request; undefined for an anonymous one.
 * @throws ApiError 401 when it has a token that is nobody's.
 */
export function authenticate(authorization: string | undefined, tokens: Tokens): string | undefined {
  if (authorization === undefined) return undefined;
  const [, token = ''] = /^Bearer\s+(\S+)$/i.exec(authorization) ?? [];
  const user = tokens.get(token);
  if (user === undefined) throw new ApiError(401, 'Unauthorized', 'Unauthorized');
  return user;
}

/** Refuses an anonymous request of anything but health and version. Users may do everything: there is no RBAC. */
export function authorize(user: string | undefined, method: string, path: string): string {
  if (user !== undefined) return user;
  if (openPaths.test(path)) return 'system:anonymous';
  const resource = parseResourcePath(path);
  if (resource !== undefined) throw forbiddenResource(method, resource);
  const message = `forbidden: User "system:anonymous" cannot ${method.toLowerCase()} path "${path}"`;
  throw new ApiError(403, 'Forbidden', message, {});
}

const verbs: Record<string, string> = { POST: 'create', PUT: 'update', PATCH: 'patch', DELETE: 'delete' };

function forbiddenResource(method: string, { group, namespace, plural, name }: ResourcePath): ApiError {
  const verb = verbs[method] ?? (name === undefined ? 'list' : 'get');
  const where = namespace === undefined ? 'at the cluster scope' : `in the namespace "${namespace}"`;
  const why = `User "system:anonymous" cannot ${verb} resource "${plural}" in API group "${group}" ${where}`;
  const subject = `${plural}${group === '' ? '' : `.${group}`}${name === undefined ? '' : ` "${name}"`}`;
  const details = { ...(name === undefined ? {} : { name }), ...(group === '' ? {} : { group }), kind: plural };
  return new ApiError(403, 'Forbidden', `${subject} is forbidden: ${why}`, details);
}
