import type { Dispatcher } from 'undici';
import type { Status } from './api-error.ts';

type Answer = Dispatcher.ResponseData;

const mebibyte = 1_048_576;
/** A page of a list has some megabytes; what is larger would take the memory of the process. */
const largestAnswer = 64 * mebibyte;
const largestRefusal = mebibyte / 4;
const longestMessage = 1_000;

/** A list can be asked for in smaller pages. */
export class AnswerTooLarge extends Error {}

/**
 * The JSON of a good answer; `onChunk` is called as it arrives.
 * @throws Error without a word of the answer, which may hold a Secret.
 */
export async function readJson<T>({ body, headers }: Answer, onChunk: () => void): Promise<T> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    onChunk();
    length += chunk.length;
    if (length > largestAnswer) throw new AnswerTooLarge(`the answer is larger than ${largestAnswer / mebibyte} MiB`);
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8')) as T;
  } catch {
    const type = String(headers['content-type'] ?? 'no content type').slice(0, 100);
    throw new Error(`the answer is not JSON (${type}, ${length} bytes)`);
  }
}

/** The Status of an answer that is not good, as far as it can be told to people. Never rejects: the code alone says much. */
export async function readStatus({ body, statusCode }: Answer, path: string): Promise<Status> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      if ((length += chunk.length) > largestRefusal) break;
    }
    return harmless(JSON.parse(Buffer.concat(chunks).toString('utf8')), statusCode, path);
  } catch {
    return { message: 'the answer is not a Kubernetes Status' };
  }
}

/** The fields that are used, of the right types; what may quote a Secret is left out. */
function harmless(found: unknown, code: number, path: string): Status {
  const { reason, message, details } = (found ?? {}) as Partial<Record<keyof Status, unknown>>;
  const seconds = (details as Status['details'] | undefined)?.retryAfterSeconds;
  const text = typeof message === 'string' ? harmlessMessage(message, code, path) : undefined;
  return {
    ...(typeof reason === 'string' && { reason: reason.slice(0, 100) }),
    ...(text !== undefined && { message: text }),
    ...(typeof seconds === 'number' && { details: { retryAfterSeconds: seconds } }),
  };
}

/** 400 and 422 are about what was sent, and an admission webhook says what it likes about it: with a Secret that stays untold. */
function harmlessMessage(message: string, code: number, path: string): string | undefined {
  const short = message.slice(0, longestMessage);
  if (!/\/secrets(\/|$)/.test(path)) return short;
  return code === 400 || code === 422 ? undefined : short.replace(/(denied the request)[^]*/, '$1');
}

/** Seconds of a Retry-After header, which is a number of them or an HTTP date (RFC 9110, 10.2.3). */
export function retryAfterOf({ headers }: Answer, now: Date): number | undefined {
  const text = [headers['retry-after']].flat()[0]?.trim() ?? '';
  if (/^\d+$/.test(text)) return Number(text);
  const instant = text.endsWith('GMT') ? Date.parse(text) : Number.NaN;
  return Number.isNaN(instant) ? undefined : Math.max(0, (instant - now.getTime()) / 1_000);
}
