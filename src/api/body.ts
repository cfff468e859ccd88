import type { IncomingMessage } from 'node:http';
import getRawBody from 'raw-body';
import { invalidRequest, Problem } from './problems.ts';
import { parseStrictJson } from './strict-json.ts';

/** Bytes, of JSON and of an image. */
export const bodyLimit = 64 * 1024;
export const uploadLimit = 1024 * 1024;

/**
 * Reads the JSON body of a request.
 * @throws Problem unsupported-media-type, payload-too-large, or invalid-request (empty, not UTF-8, not strict JSON).
 */
export async function readBody(request: IncomingMessage): Promise<{ value: unknown }> {
  requireType(request, jsonType, 'application/json (UTF-8)');
  const bytes = await rawBody(request, bodyLimit);
  if (bytes.length === 0) throw invalidRequest([{ pointer: '', detail: 'must not be empty: a JSON body is wanted' }]);
  return { value: parseStrictJson(decode(bytes)) };
}

/**
 * Reads a body that is bytes of one media type.
 * @throws Problem unsupported-media-type, payload-too-large, or invalid-request (empty).
 */
export async function readUpload(
  request: IncomingMessage,
  { type, limit }: { type: string; limit: number },
): Promise<Buffer> {
  requireType(request, uploadType, type);
  const bytes = await rawBody(request, limit);
  if (bytes.length === 0) throw invalidRequest([{ pointer: '', detail: `must not be empty: ${type} is wanted` }]);
  return bytes;
}

/** Whether the headers announce a body that is too large; then it is refused before it is sent (Expect: 100-continue). */
export function announcesTooMuch(request: IncomingMessage): boolean {
  return declaredLength(request) > (uploadType.test(request.headers['content-type'] ?? '') ? uploadLimit : bodyLimit);
}

function declaredLength({ headers }: IncomingMessage): number {
  return Number(headers['content-length'] ?? 0);
}

const jsonType = /^application\/json[ \t]*(?:;[ \t]*charset[ \t]*=[ \t]*"?utf-8"?[ \t]*)?;?[ \t]*$/i;
const uploadType = /^image\/png[ \t]*$/i;

function requireType({ headers }: IncomingMessage, wanted: RegExp, name: string): void {
  const type = headers['content-type'];
  if (type === undefined || !wanted.test(type)) {
    const found = type === undefined ? 'There is no Content-Type' : 'The Content-Type is another one';
    throw new Problem('unsupported-media-type', `${found}: send ${name}.`);
  }
  const encoding = headers['content-encoding'];
  if (encoding !== undefined && encoding.trim().toLowerCase() !== 'identity') {
    throw new Problem('unsupported-media-type', 'Content-Encoding is not taken: send the body as it is.');
  }
}

function tooLarge(limit: number): Problem {
  // What is still on its way is not read: the connection cannot be used again.
  return new Problem('payload-too-large', `A body has at most ${limit} bytes here.`, {
    headers: { Connection: 'close' },
  });
}

async function rawBody(request: IncomingMessage, limit: number): Promise<Buffer> {
  if (declaredLength(request) > limit) throw tooLarge(limit);
  try {
    return await getRawBody(request, { limit });
  } catch (error) {
    if (error instanceof Error && 'type' in error && error.type === 'entity.too.large') throw tooLarge(limit);
    throw error;
  }
}

// A byte order mark is no JSON (RFC 8259, section 8.1) and is left for the parser to refuse.
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function decode(bytes: Buffer): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw invalidRequest([{ pointer: '', detail: 'must be UTF-8' }]);
  }
}
