import { noSuchResource, notFound } from './api-error.ts';
import type { Cluster } from './cluster.ts';
import { resourceSubject } from './resource.ts';
import type { Target } from './resource.ts';

/** What a path below a group version leads to: a collection when it has no name. */
export interface ResourcePath {
  group: string;
  version: string;
  namespace: string | undefined;
  plural: string;
  name: string | undefined;
  subresource: string | undefined;
}

/** Reads `/api/v1/…` and `/apis/GROUP/VERSION/…`; undefined when the path names no resource. */
export function parseResourcePath(path: string): ResourcePath | undefined {
  if (!isDecodable(path)) return undefined;
  const parts = path.split('/').slice(1).map(decodeURIComponent);
  if (parts.at(-1) === '') parts.pop();
  const [root, ...rest] = parts;
  const [group, version, ...inner] = root === 'api' ? ['', ...rest] : rest;
  if ((root !== 'api' && root !== 'apis') || group === undefined || version === undefined) return undefined;
  const [namespace, segments] = splitNamespace(inner);
  const [plural, name, subresource, ...more] = segments;
  if (plural === undefined || more.length > 0) return undefined;
  return { group, version, namespace, plural, name, subresource };
}

function isDecodable(path: string): boolean {
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}

// `namespaces/a` is a namespace, `namespaces/a/status` its status, `namespaces/a/secrets` what is in it.
function splitNamespace(inner: string[]): [string | undefined, string[]] {
  const [first, namespace, third] = inner;
  const within = first === 'namespaces' && third !== undefined && third !== 'status' && third !== 'finalize';
  return within ? [namespace, inner.slice(2)] : [undefined, inner];
}

/**
 * The object or collection that a path leads to; the name is empty for a collection.
 * @throws ApiError 404 when the server has no such resource.
 */
export function findTarget(cluster: Cluster, path: ResourcePath): Target {
  const resource = cluster.findResource(path.group, path.version, path.plural);
  const { namespace, name = '', subresource } = path;
  if (resource === undefined) throw noSuchResource();
  const misplaced = resource.namespaced ? namespace === undefined && name !== '' : namespace !== undefined;
  const unknown = subresource !== undefined && (subresource !== 'status' || !resource.statusSubresource);
  if (unknown && resource.custom) throw notFound(resourceSubject(resource), name);
  if (misplaced || unknown) throw noSuchResource();
  return { resource, namespace, name, subresource: subresource === undefined ? undefined : 'status' };
}
