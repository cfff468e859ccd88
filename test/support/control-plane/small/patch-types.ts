import { badRequest, invalid, unknownPatchType, unsupportedMediaType } from './api-error.ts';
import { jsonPatch, mergePatch } from './json-patch.ts';
import { isJsonObject } from './kubernetes-object.ts';
import type { JsonObject } from './kubernetes-object.ts';
import { decodeSent } from './object-decoding.ts';
import type { FieldValidation, SentObject } from './object-decoding.ts';
import { mediaType } from './request.ts';
import type { ApiRequest } from './request.ts';
import type { ResourceDefinition } from './resource.ts';
import { strategicMerge } from './strategic-merge.ts';
import { DecodingError } from './typed-decoding.ts';

const patchTypes = [
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
];

/**
 * The media type of a patch.
 * @throws ApiError 415 when the kind does not take patches of this type.
 */
export function checkedPatchType(resource: ResourceDefinition, request: ApiRequest): string {
  const type = mediaType(request);
  const accepted = resource.custom ? patchTypes.slice(0, 2) : patchTypes;
  // Server-side apply is not here; a real server that has it switched off answers the same.
  const known = [...patchTypes, 'application/apply-patch+yaml', 'application/apply-patch+cbor'];
  if (!known.includes(type)) throw unknownPatchType();
  if (!accepted.includes(type)) throw unsupportedMediaType(accepted);
  return type;
}

function applyPatch(type: string, old: JsonObject, body: unknown): unknown {
  if (type === 'application/json-patch+json') return jsonPatch(old, body);
  if (!isJsonObject(body)) throw badRequest('error decoding patch: it must be a JSON object');
  if (type === 'application/merge-patch+json') return mergePatch(old, body);
  // A built-in kind stays what it is, whatever the patch says.
  return { ...strategicMerge(old, body), apiVersion: old['apiVersion'], kind: old['kind'] };
}

/**
 * The object that results from a patch, read like one that a client has sent.
 * @throws ApiError 400 when the patch cannot be applied, 422 when its result is not such an object.
 */
export function patchedObject(
  resource: ResourceDefinition,
  type: string,
  current: JsonObject,
  body: unknown,
  validation: FieldValidation,
): SentObject {
  const patched = applyPatch(type, current, body);
  try {
    return decodeSent(resource, patched, validation);
  } catch (error) {
    if (!(error instanceof DecodingError)) throw error;
    const message = `Invalid value: ${JSON.stringify(JSON.stringify(body))}: ${error.message}`;
    throw invalid(undefined, '', [{ reason: 'FieldValueInvalid', message, field: 'patch' }]);
  }
}
