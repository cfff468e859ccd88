import { applyPatch } from 'rfc6902';
import type { Operation } from 'rfc6902';
import { ApiError, badRequest } from './api-error.ts';
import { isJsonObject } from './kubernetes-object.ts';
import type { JsonObject } from './kubernetes-object.ts';

/** Applies a JSON merge patch (RFC 7386): fields are replaced, `null` removes one, lists are replaced as a whole. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isJsonObject(patch)) return patch;
  const base = isJsonObject(target) ? target : {};
  const kept = Object.entries(base).filter(([name]) => !Object.hasOwn(patch, name));
  const set = Object.entries(patch)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => [name, mergePatch(Object.hasOwn(base, name) ? base[name] : undefined, value)] as const);
  return Object.fromEntries([...kept, ...set]);
}

/**
 * Applies a JSON Patch (RFC 6902).
 * @throws ApiError 400 when it is not one, 422 when an operation does not fit the object.
 */
export function jsonPatch(target: JsonObject, patch: unknown): unknown {
  if (!Array.isArray(patch)) throw badRequest('error decoding patch: it must be a list of operations');
  const copy = structuredClone(target);
  const failed = applyPatch(copy, patch as Operation[]).some((error) => error !== null);
  if (failed) throw new ApiError(422, 'Invalid', 'the server rejected our request due to an error in our request', {});
  return copy;
}
