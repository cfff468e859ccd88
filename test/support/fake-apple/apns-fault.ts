import { constants, type ServerHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';
import type { ApnsReply } from './apns-answer.ts';

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

export function reply(stream: ServerHttp2Stream, { status, reason, headers }: ApnsReply): void {
  stream.respond({ ':status': status, 'apns-id': '00000000-0000-0000-0000-000000000000', ...headers });
  stream.end(reason === undefined ? '' : JSON.stringify({ reason }));
}

function goAway(stream: ServerHttp2Stream, lastStream: number, reason: string | undefined): void {
  const { session } = stream;
  const data = reason === undefined ? undefined : Buffer.from(JSON.stringify({ reason }));
  session?.goaway(constants.NGHTTP2_NO_ERROR, lastStream, data);
  setImmediate(() => session?.destroy());
}

/** Carries out a fault that needs the request. */
export function misbehave(stream: ServerHttp2Stream, fault: ApnsFault, transport: Socket | undefined): void {
  if (fault === 'hang') return;
  if (fault === 'resetStream') stream.close(constants.NGHTTP2_INTERNAL_ERROR);
  else if (fault === 'goawayAfterRequest') goAway(stream, stream.id ?? 1, undefined);
  else if (fault === 'truncate') {
    stream.respond({ ':status': 403 });
    stream.write('{"reas', () => setImmediate(() => transport?.resetAndDestroy()));
  } else if (typeof fault === 'string') transport?.resetAndDestroy();
  else if ('goaway' in fault) goAway(stream, 0, fault.goaway);
  else reply(stream, fault.reply);
}
