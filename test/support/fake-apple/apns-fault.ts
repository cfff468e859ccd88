import { constants, type ServerHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';
import { noId, type ApnsReply } from './apns-answer.ts';

/** What goes wrong instead of the right answer. */
export type ApnsFault =
  | { reply: ApnsReply }
  /** GOAWAY without having looked at the request, with `{"reason"}` in its data when one is given, then the end. */
  | { goaway: string | undefined }
  /** GOAWAY that promises to answer the request, and the end without an answer. */
  | 'goawayAfterRequest'
  /** The request alone is reset (RST_STREAM). */
  | 'resetStream'
  /** An orderly end after the TLS handshake. */
  | 'closeAfterHandshake'
  /** A TCP reset after the TLS handshake. */
  | 'resetAfterHandshake'
  /** A TCP reset when the request has come. */
  | 'resetAfterRequest'
  /** A status and half a body, then a TCP reset. */
  | 'truncate'
  /** No answer, ever. */
  | 'hang';

/** What goes wrong with one push among others. */
export type PushFault =
  | Exclude<ApnsFault, { goaway: string | undefined } | `${string}AfterHandshake`>
  /** GOAWAY that names the push before this one as the last, with `{"reason"}` when one is given; those before are answered. */
  | { goawayBefore: string | undefined }
  /** The right answer, so many milliseconds later, or after something has happened. */
  | { slow: number | Promise<void> }
  /** REFUSED_STREAM: it has not been looked at. */
  | 'refuseStream';

/** A push of which it may be decided that something goes wrong. Both numbers begin with 1. */
export interface PushNumbers {
  /** Among all since the fake was started. */
  ordinal: number;
  /** Among those of its connection. */
  onConnection: number;
  deviceToken: string;
}

/** Faults for the connections to come. */
export class FaultPlan {
  #planned: { fault: ApnsFault; left: number } | undefined;

  inject(fault: ApnsFault, times = Infinity): void {
    this.#planned = { fault, left: times };
  }

  next(): ApnsFault | undefined {
    if (!this.#planned || this.#planned.left === 0) return undefined;
    this.#planned.left -= 1;
    return this.#planned.fault;
  }
}

export function reply(stream: ServerHttp2Stream, { status, reason, timestamp, headers }: ApnsReply): void {
  stream.respond({ ':status': status, 'apns-id': noId, ...headers });
  stream.end(reason === undefined ? '' : JSON.stringify({ reason, timestamp }));
}

function sayGoAway(stream: ServerHttp2Stream, lastStream: number, reason: string | undefined): void {
  const data = reason === undefined ? undefined : Buffer.from(JSON.stringify({ reason }));
  stream.session?.goaway(constants.NGHTTP2_NO_ERROR, lastStream, data);
}

function goAway(stream: ServerHttp2Stream, lastStream: number, reason: string | undefined): void {
  const { session } = stream;
  sayGoAway(stream, lastStream, reason);
  setImmediate(() => session?.destroy());
}

/** Begins the end of a session in which nothing is lost: this push and later ones are not looked at, earlier ones are answered. */
export function goAwayBefore(stream: ServerHttp2Stream, reason: string | undefined): void {
  sayGoAway(stream, (stream.id ?? 1) - 2, reason);
  stream.close(constants.NGHTTP2_REFUSED_STREAM);
}

/** Carries out a fault that needs the request. */
export function misbehave(
  stream: ServerHttp2Stream,
  fault: ApnsFault | Exclude<PushFault, { slow: unknown } | { goawayBefore: string | undefined }>,
  transport: Socket | undefined,
): void {
  if (fault === 'hang') return;
  if (fault === 'resetStream') stream.close(constants.NGHTTP2_INTERNAL_ERROR);
  else if (fault === 'refuseStream') stream.close(constants.NGHTTP2_REFUSED_STREAM);
  else if (fault === 'goawayAfterRequest') goAway(stream, stream.id ?? 1, undefined);
  else if (fault === 'truncate') {
    stream.respond({ ':status': 403 });
    stream.write('{"reas', () => setImmediate(() => transport?.resetAndDestroy()));
  } else if (typeof fault === 'string') transport?.resetAndDestroy();
  else if ('goaway' in fault) goAway(stream, 0, fault.goaway);
  else reply(stream, fault.reply);
}
