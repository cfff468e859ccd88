import { badRequest, invalid } from './api-error.ts';
import { isJsonObject, stringOf } from './kubernetes-object.ts';
import type { JsonObject, KubernetesObject } from './kubernetes-object.ts';
import { invalidValue, objectMetadata } from './object-metadata.ts';
import { groupVersion } from './resource.ts';
import type { ResourceDefinition } from './resource.ts';
import { fillDefaults, prune } from './structural-schema.ts';
import { DecodingError, decodeTyped } from './typed-decoding.ts';

/** What becomes of fields that the kind does not have: dropped silently, dropped with a warning, or refused. */
export type FieldValidation = 'Ignore' | 'Warn' | 'Strict';

/** An object as a client sent it: everything has the right type, but names and versions may still be missing. */
export interface SentObject {
  object: KubernetesObject;
  /** For the Warning header. */
  warnings: string[];
}

/**
 * Reads a request's JSON as an object of that kind: types are checked, unknown fields dropped, defaults filled in.
 * @throws ApiError 400 or 422 when it is another kind, DecodingError when a value has the wrong type.
 */
export function decodeSent(resource: ResourceDefinition, body: unknown, validation: FieldValidation): SentObject {
  if (!isJsonObject(body)) throw unrecognized(resource, 'it is not a JSON object');
  const unknownFields: string[] = [];
  const object = resource.custom
    ? decodeCustom(resource, body, unknownFields)
    : decodeBuiltIn(resource, body, unknownFields);
  const complaints = unknownFields.sort().map((path) => `unknown field "${path}"`);
  if (validation === 'Strict' && complaints.length > 0) {
    throw new DecodingError(`strict decoding error: ${complaints.join(', ')}`);
  }
  return { object, warnings: validation === 'Warn' ? complaints : [] };
}

/** A DecodingError as the answer to a POST or PUT; any other error as it is. */
export function asBadRequest(resource: ResourceDefinition, error: unknown): unknown {
  if (!(error instanceof DecodingError)) return error;
  const { kind, version } = resource;
  return badRequest(`${kind} in version "${version}" cannot be handled as a ${kind}: ${error.message}`);
}

/** The body is not an object of this kind at all. */
export function unrecognized(resource: ResourceDefinition, why: string): Error {
  return badRequest(`the object provided is unrecognized (must be of type ${resource.kind}): ${why}`);
}

function decodeBuiltIn(resource: ResourceDefinition, body: JsonObject, unknownFields: string[]): KubernetesObject {
  const { apiVersion: sentVersion, kind: sentKind, metadata = {}, ...rest } = body;
  const [apiVersion, kind] = [sentVersion ?? groupVersion(resource), sentKind ?? resource.kind];
  if (apiVersion !== groupVersion(resource) || kind !== resource.kind) {
    const found = `${stringOf(kind)} in version "${stringOf(apiVersion).split('/').at(-1)}"`;
    throw badRequest(`${found} cannot be handled as a ${resource.kind}: unknown conversion`);
  }
  const place = { kind: resource.kind, path: '', unknownFields };
  const fields = decodeTyped(resource.schema, rest, place) as JsonObject;
  return { apiVersion, kind, metadata: decodeMetadata(metadata, unknownFields), ...fields } as KubernetesObject;
}

function decodeCustom(resource: ResourceDefinition, body: JsonObject, unknownFields: string[]): KubernetesObject {
  const { apiVersion, kind, metadata = {}, ...rest } = body;
  if (typeof kind !== 'string' || kind === '') throw unrecognized(resource, "Object 'Kind' is missing");
  const expected = groupVersion(resource);
  if (apiVersion !== expected) {
    throw badRequest(
      `the API version in the data (${stringOf(apiVersion)}) does not match the expected API version (${expected})`,
    );
  }
  if (kind !== resource.kind) {
    const name = isJsonObject(metadata) ? stringOf(metadata['name']) : '';
    throw invalid({ group: resource.group, name: kind }, name, [
      invalidValue('kind', kind, `must be ${resource.kind}`),
    ]);
  }
  const decoded = { apiVersion, kind, metadata: decodeMetadata(metadata, unknownFields) };
  const pruned = prune(resource.schema, rest, '', unknownFields);
  return { ...decoded, ...(fillDefaults(resource.schema, pruned) as JsonObject) } as KubernetesObject;
}

/** The stored object of a custom resource as its schema, changed since, would have it. */
export function redecode(resource: ResourceDefinition, object: KubernetesObject): KubernetesObject {
  const { apiVersion, kind, metadata, ...rest } = object;
  const pruned = prune(resource.schema, rest, '', []);
  return { apiVersion, kind, metadata, ...(fillDefaults(resource.schema, pruned) as JsonObject) };
}

function decodeMetadata(metadata: unknown, unknownFields: string[]): unknown {
  const found: string[] = [];
  const place = { kind: 'ObjectMeta', path: '', unknownFields: found };
  const {
    managedFields: _managedFields,
    selfLink: _selfLink,
    ...decoded
  } = decodeTyped(objectMetadata, metadata, place) as JsonObject;
  unknownFields.push(...found.map((path) => `metadata.${path}`));
  return { name: '', ...decoded };
}
