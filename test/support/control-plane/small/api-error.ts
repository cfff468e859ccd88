import { STATUS_CODES } from 'node:http';
import type { JsonObject } from './kubernetes-object.ts';

/** One reason why an object is invalid, as `details.causes` of a Status lists it. */
export interface Cause {
  reason: string;
  message: string;
  /** For instance `spec.versions[0].name`. */
  field: string;
}

/** The kind or the resource that an error is about; the group is empty for the core group. */
export interface Subject {
  group: string;
  name: string;
}

/** An answer other than success: a Status object with its HTTP code and headers. */
export class ApiError extends Error {
  readonly code: number;
  readonly status: JsonObject;
  readonly headers: Record<string, string>;

  constructor(code: number, reason: string | undefined, message: string, details?: JsonObject, metadata?: JsonObject) {
    super(message);
    this.code = code;
    this.status = {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: metadata ?? {},
      status: 'Failure',
      message,
      ...(reason === undefined ? {} : { reason }),
      ...(details === undefined ? {} : { details }),
      code,
    };
    const retryAfter = details?.['retryAfterSeconds'];
    this.headers = typeof retryAfter === 'number' ? { 'Retry-After': String(retryAfter) } : {};
  }
}

function detailsOf(subject: Subject, name: string): JsonObject {
  return { name, ...(subject.group === '' ? {} : { group: subject.group }), kind: subject.name };
}

function qualified(subject: Subject): string {
  return subject.group === '' ? subject.name : `${subject.name}.${subject.group}`;
}

export function notFound(resource: Subject, name: string): ApiError {
  return new ApiError(404, 'NotFound', `${qualified(resource)} "${name}" not found`, detailsOf(resource, name));
}

export function noSuchResource(): ApiError {
  return new ApiError(404, 'NotFound', 'the server could not find the requested resource', {});
}

export function alreadyExists(resource: Subject, name: string): ApiError {
  return new ApiError(
    409,
    'AlreadyExists',
    `${qualified(resource)} "${name}" already exists`,
    detailsOf(resource, name),
  );
}

export function conflict(resource: Subject, name: string, why: string): ApiError {
  const message = `Operation cannot be fulfilled on ${qualified(resource)} "${name}": ${why}`;
  return new ApiError(409, 'Conflict', message, detailsOf(resource, name));
}

export const modifiedSince =
  'the object has been modified; please apply your changes to the latest version and try again';

export function badRequest(message: string): ApiError {
  return new ApiError(400, 'BadRequest', message);
}

/** An object that is well-formed but breaks a rule of its kind; `kind` is absent for a patch that does not apply. */
export function invalid(kind: Subject | undefined, name: string, causes: Cause[]): ApiError {
  const sentences = [...new Set(causes.map((cause) => `${cause.field}: ${cause.message}`))];
  const why = sentences.length === 1 ? sentences[0] : `[${sentences.join(', ')}]`;
  const details = {
    ...(name === '' ? {} : { name }),
    ...(kind === undefined || kind.group === '' ? {} : { group: kind.group }),
    ...(kind === undefined || kind.name === '' ? {} : { kind: kind.name }),
    causes,
  };
  return new ApiError(
    422,
    'Invalid',
    `${kind === undefined ? '' : qualified(kind)} "${name}" is invalid: ${why}`,
    details,
  );
}

/** A query parameter or delete option that the server does not take. */
export function invalidOption(options: string, cause: Cause): ApiError {
  return invalid({ group: 'meta.k8s.io', name: options }, '', [cause]);
}

export function forbidden(resource: Subject, name: string, why: string, causes?: Cause[]): ApiError {
  const details = { ...detailsOf(resource, name), ...(causes === undefined ? {} : { causes }) };
  return new ApiError(403, 'Forbidden', `${qualified(resource)} "${name}" is forbidden: ${why}`, details);
}

export function expired(message: string, metadata?: JsonObject): ApiError {
  return new ApiError(410, 'Expired', message, undefined, metadata);
}

/** The client names a resourceVersion that the server has not reached. The real one waits 3 s before it says so. */
export function futureVersion(asked: number, current: number): ApiError {
  return new ApiError(504, 'Timeout', `Timeout: Too large resource version: ${asked}, current: ${current}`, {
    causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
    retryAfterSeconds: 1,
  });
}

/** The real server words it in one way for built-in kinds and in another for custom resources. */
export function methodNotAllowed(custom?: { resource: Subject; verb: string }): ApiError {
  if (custom !== undefined) {
    const { resource, verb } = custom;
    const message = `${verb} is not supported on resources of kind "${qualified(resource)}"`;
    return new ApiError(405, 'MethodNotAllowed', message, { group: resource.group, kind: resource.name });
  }
  return new ApiError(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource', {});
}

export function unsupportedMediaType(accepted: readonly string[]): ApiError {
  const list = accepted.join(', ');
  return new ApiError(
    415,
    'UnsupportedMediaType',
    `the body of the request was in an unknown format - accepted media types include: ${list}`,
  );
}

/** A patch of a type that the real server has no word for beyond the code. */
export function unknownPatchType(): ApiError {
  return new ApiError(415, 'UnsupportedMediaType', `415: ${STATUS_CODES[415]}`, {});
}

export function notAcceptable(message: string): ApiError {
  return new ApiError(406, 'NotAcceptable', message);
}

/** The client asks for none of the formats that there are. */
export function unknownFormat(available: string): ApiError {
  const message = `406: ${STATUS_CODES[406]}\n\nAvailable representations: ${available}`;
  return new ApiError(406, 'NotAcceptable', message, {});
}

/** What the real server answers when its storage refuses: code 500 without a reason. */
export function internalError(message: string): ApiError {
  return new ApiError(500, undefined, message);
}
