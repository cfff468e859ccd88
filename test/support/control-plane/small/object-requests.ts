import { badRequest, futureVersion, methodNotAllowed, notFound } from './api-error.ts';
import { objectsOf } from './cluster.ts';
import type { Cluster } from './cluster.ts';
import { fieldAt, stringOf } from './kubernetes-object.ts';
import type { KubernetesObject } from './kubernetes-object.ts';
import { listObjects } from './list.ts';
import { readListOptions, readVersion } from './list-options.ts';
import { asBadRequest, decodeSent, unrecognized } from './object-decoding.ts';
import type { FieldValidation, SentObject } from './object-decoding.ts';
import { deletedStatus, deleteObject } from './object-deletion.ts';
import type { DeleteOptions } from './object-deletion.ts';
import { createObject } from './object-creation.ts';
import { updateObject } from './object-update.ts';
import { checkedPatchType, patchedObject } from './patch-types.ts';
import { checkWatchFormat, negotiate, presentList, presentObject, serialize } from './representation.ts';
import type { Representation } from './representation.ts';
import { parseObject, parsePatch, readWriteOptions, unsupportedValue } from './request.ts';
import type { ApiRequest } from './request.ts';
import { groupVersion, objectKey, resourceSubject } from './resource.ts';
import type { Target } from './resource.ts';
import { Watch } from './watch.ts';
import type { WatchSink } from './watch.ts';

/** A whole answer, or a watch that begins once its head is written. */
export type Answer =
  | {
      code: number;
      text: string | Buffer;
      format: 'json' | 'yaml' | 'text' | 'openapi';
      headers?: Record<string, string | string[]>;
    }
  | { watch: (sink: WatchSink) => Watch };

/** Answers a request about objects, by its method. */
export function answerObjects(cluster: Cluster, target: Target, request: ApiRequest): Answer {
  const { method } = request;
  const how = negotiate(request.headers.accept, request.query, request.now);
  if (target.name === '') {
    if (method === 'GET') return listOrWatch(cluster, target, request, how);
    if (method === 'POST') return create(cluster, target, request, how);
    if (method === 'DELETE') return deleteCollection(cluster, target, request, how);
    throw notAllowed(target, request);
  }
  if (method === 'GET') return read(cluster, target, request, how);
  if (method === 'PUT') return update(cluster, target, request, how);
  if (method === 'PATCH') return patch(cluster, target, request, how);
  if (method === 'DELETE' && target.subresource === undefined) return remove(cluster, target, request, how);
  throw notAllowed(target, request);
}

const verbs: Record<string, string> = { POST: 'create', PUT: 'update', PATCH: 'patch', DELETE: 'delete' };

function notAllowed({ resource }: Target, { method }: ApiRequest): Error {
  if (!resource.custom) return methodNotAllowed();
  return methodNotAllowed({ resource: resourceSubject(resource), verb: verbs[method] ?? method.toLowerCase() });
}

function existing(cluster: Cluster, { resource, namespace, name }: Target): KubernetesObject {
  const found = objectsOf(cluster, resource).objects.get(objectKey(namespace, name));
  if (found === undefined) throw notFound(resourceSubject(resource), name);
  return found;
}

function read(cluster: Cluster, target: Target, request: ApiRequest, how: Representation): Answer {
  const version = readVersion(request.query) ?? 0;
  if (version > cluster.store.version) throw futureVersion(version, cluster.store.version);
  return shown(target, existing(cluster, target), how, 200);
}

function listOrWatch(cluster: Cluster, target: Target, request: ApiRequest, how: Representation): Answer {
  const { resource, namespace } = target;
  const collection = objectsOf(cluster, resource);
  const options = readListOptions(request.query, resource);
  if (options.watch) {
    checkWatchFormat(how);
    const watchRequest = { resource, namespace, options, representation: how };
    return { watch: (sink) => new Watch(cluster.store, collection, watchRequest, sink) };
  }
  const list = listObjects(cluster.store, collection, namespace, options);
  return { code: 200, text: presentList(resource, list, how), format: how.format };
}

function create(cluster: Cluster, target: Target, request: ApiRequest, how: Representation): Answer {
  // A collection of all namespaces takes no new objects, for it would not know where to put them.
  if (target.resource.namespaced && target.namespace === undefined) throw notAllowed(target, request);
  const options = readWriteOptions(request);
  const { object, warnings } = decodeBody(target, request, options.fieldValidation);
  return shown(target, createObject(cluster, target, object, options.dryRun), how, 201, warnings);
}

function update(cluster: Cluster, target: Target, request: ApiRequest, how: Representation): Answer {
  const { dryRun, fieldValidation } = readWriteOptions(request);
  const { object, warnings } = decodeBody(target, request, fieldValidation);
  const result = updateObject(cluster, target, object, { dryRun, method: 'PUT' });
  return shown(target, result.object, how, result.created ? 201 : 200, warnings);
}

function decodeBody({ resource }: Target, request: ApiRequest, fieldValidation: FieldValidation): SentObject {
  const body = parseObject(request, (why) => unrecognized(resource, why));
  try {
    return decodeSent(resource, body, fieldValidation);
  } catch (error) {
    throw asBadRequest(resource, error);
  }
}

function patch(cluster: Cluster, target: Target, request: ApiRequest, how: Representation): Answer {
  const { dryRun, fieldValidation } = readWriteOptions(request);
  const type = checkedPatchType(target.resource, request);
  const old = existing(cluster, target);
  const body = parsePatch(request);
  const current = { ...old, apiVersion: groupVersion(target.resource) };
  const { object, warnings } = patchedObject(target.resource, type, current, body, fieldValidation);
  const result = updateObject(cluster, target, object, { dryRun, method: 'PATCH' });
  return shown(target, result.object, how, 200, warnings);
}

function remove(cluster: Cluster, target: Target, request: ApiRequest, how: Representation): Answer {
  const { remaining, uid } = deleteObject(cluster, target, readDeleteOptions(request));
  if (remaining !== undefined) return shown(target, remaining, how, 200);
  return { code: 200, text: serialize(deletedStatus(target, uid), how.format), format: how.format };
}

function deleteCollection(cluster: Cluster, target: Target, request: ApiRequest, how: Representation): Answer {
  if (target.resource.kind === 'Namespace') throw notAllowed(target, request);
  const options = readDeleteOptions(request);
  const list = listObjects(
    cluster.store,
    objectsOf(cluster, target.resource),
    target.namespace,
    readListOptions(request.query, target.resource),
  );
  for (const { metadata } of list.items) {
    deleteObject(cluster, { ...target, namespace: metadata.namespace, name: metadata.name }, options);
  }
  return { code: 200, text: presentList(target.resource, list, how), format: how.format };
}

const policies = ['Foreground', 'Background', 'Orphan'];

/** Options of a DELETE: in its body, or in its query. */
function readDeleteOptions(request: ApiRequest): DeleteOptions {
  const body = request.body.length === 0 ? {} : parseObject(request, (why) => badRequest(why));
  const inBody = (name: string): unknown => fieldAt(body, [name]);
  const policy = inBody('propagationPolicy') ?? request.query.get('propagationPolicy') ?? undefined;
  if (policy !== undefined && !policies.includes(stringOf(policy))) {
    throw unsupportedValue('DeleteOptions', 'propagationPolicy', JSON.stringify(policy), [...policies, 'nil']);
  }
  const dryRun = readWriteOptions(request).dryRun || Array.isArray(inBody('dryRun'));
  return {
    propagationPolicy: policy as DeleteOptions['propagationPolicy'],
    preconditions: (inBody('preconditions') ?? {}) as DeleteOptions['preconditions'],
    dryRun,
  };
}

function shown(
  target: Target,
  object: KubernetesObject,
  how: Representation,
  code: number,
  warnings: string[] = [],
): Answer {
  const text = presentObject(target.resource, object, how);
  const headers = warnings.map((warning) => `299 - ${JSON.stringify(warning)}`);
  return { code, text, format: how.format, ...(headers.length === 0 ? {} : { headers: { Warning: headers } }) };
}
