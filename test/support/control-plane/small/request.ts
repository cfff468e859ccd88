import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { parse } from 'yaml';
import { ApiError, badRequest, invalidOption, unsupportedMediaType } from './api-error.ts';
import type { FieldValidation } from './object-decoding.ts';
import { decodeProtobuf } from './protobuf.ts';

/** A request with its body. */
export interface ApiRequest {
  method: string;
  path: string;
  query: URLSearchParams;
  headers: IncomingHttpHeaders;
  body: Buffer;
  user: string;
  now: Date;
}

const bodyLimit = 3 * 1024 * 1024;

/**
 * Reads the body of a request.
 * @throws ApiError 413 when it has more than 3 MiB.
 */
export async function readBody(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of message as AsyncIterable<Buffer>) {
    size += chunk.length;
    // The rest is read and dropped, so that the client hears the answer instead of a reset connection.
    if (size <= bodyLimit) chunks.push(chunk);
  }
  if (size <= bodyLimit) return Buffer.concat(chunks);
  throw new ApiError(413, 'RequestEntityTooLarge', `Request entity too large: limit is ${bodyLimit}`);
}

/** The media type of the body, without parameters; empty when the client names none. */
export function mediaType(request: ApiRequest): string {
  return (request.headers['content-type'] ?? '').split(';')[0]?.trim() ?? '';
}

const objectTypes = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf'];

/**
 * The value in the body of a POST or PUT: JSON, or YAML or protobuf when the client says so.
 * @throws ApiError 400 when it cannot be read, 415 when it is of another type.
 */
export function parseObject(request: ApiRequest, malformed: (why: string) => Error): unknown {
  const type = mediaType(request) || 'application/json';
  if (!objectTypes.includes(type)) throw unsupportedMediaType(objectTypes);
  try {
    if (type === 'application/vnd.kubernetes.protobuf') return decodeProtobuf(request.body);
    const text = request.body.toString();
    return type === 'application/json' ? (JSON.parse(text) as unknown) : (parse(text) as unknown);
  } catch (error) {
    // A parser's own message is not passed on, as it quotes its input.
    const why =
      type === objectTypes[2] ? String(error) : "couldn't get version/kind; json parse error: it is not valid";
    throw malformed(why);
  }
}

/** The value in the body of a patch: always JSON, whatever kind of patch. */
export function parsePatch(request: ApiRequest): unknown {
  try {
    return JSON.parse(request.body.toString()) as unknown;
  } catch {
    throw badRequest('error decoding patch: the body is not valid JSON');
  }
}

/** Options that a write takes in its query. */
export interface WriteOptions {
  dryRun: boolean;
  fieldValidation: FieldValidation;
}

/**
 * Reads and checks `dryRun` and `fieldValidation`.
 * @throws ApiError 422 when one has a value that does not exist.
 */
export function readWriteOptions(request: ApiRequest): WriteOptions {
  const kind =
    { POST: 'CreateOptions', PUT: 'UpdateOptions', PATCH: 'PatchOptions' }[request.method] ?? 'DeleteOptions';
  const dryRun = request.query.getAll('dryRun').filter((value) => value !== '');
  if (dryRun.some((value) => value !== 'All')) throw unsupportedValue(kind, 'dryRun', JSON.stringify(dryRun), ['All']);
  const fieldValidation = request.query.get('fieldValidation') || 'Warn';
  if (fieldValidation !== 'Ignore' && fieldValidation !== 'Warn' && fieldValidation !== 'Strict') {
    throw unsupportedValue(kind, 'fieldValidation', JSON.stringify(fieldValidation), ['', 'Ignore', 'Strict', 'Warn']);
  }
  return { dryRun: dryRun.length > 0, fieldValidation };
}

/** An option with a value that is none of those that exist. */
export function unsupportedValue(kind: string, field: string, found: string, supported: string[]): ApiError {
  const values = supported.map((value) => JSON.stringify(value)).join(', ');
  const message = `Unsupported value: ${found}: supported values: ${values}`;
  return invalidOption(kind, { reason: 'FieldValueNotSupported', message, field });
}
