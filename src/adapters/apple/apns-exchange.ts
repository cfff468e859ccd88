import { connect as connectHttp2, type ClientHttp2Session, type ClientHttp2Stream } from 'node:http2';
import type { TLSSocket } from 'node:tls';
import { openConnection, type ClientCertificate } from './apns-connection.ts';
import { codeOf, endingAfterHandshake, parseAnswer, type ApnsEnding } from './apns-ending.ts';
import { readAnswer, sendPush } from './apns-stream.ts';

export interface ApnsRequest extends ClientCertificate {
  topic: string;
  deviceToken: string;
}

/**
 * Calls `settle` when the connection or the request on it ends otherwise than by an answer.
 * Which of socket, session and stream says why, and which of them say that it is over, differs from cause to cause
 * (Node never closes a session that ended by a TLS alert), so all three are heard before it is decided.
 */
function watchForEnd(
  { socket, session, stream }: { socket: TLSSocket; session: ClientHttp2Session; stream: ClientHttp2Stream },
  settle: (ending: ApnsEnding) => void,
): void {
  const errors: Error[] = [];
  let goaway: Extract<ApnsEnding, { ended: 'goaway' }> | undefined;
  const decide = (): ApnsEnding => {
    // A stream that is cancelled because its session went down does not say why.
    const telling = errors.find((error) => codeOf(error) !== 'ERR_HTTP2_STREAM_CANCEL');
    if (goaway) return goaway;
    if (telling) return endingAfterHandshake(telling);
    return session.destroyed ? { ended: 'closed' } : { ended: 'failed', error: errors[0] };
  };
  session.on('goaway', (_code, lastStreamId, data) => {
    // There may be two: one that announces and one that ends.
    goaway = { ended: 'goaway', reason: parseAnswer(data).reason ?? goaway?.reason };
    if (lastStreamId < (stream.id ?? 0)) settle(goaway);
  });
  for (const part of [socket, session, stream]) {
    part.on('error', (error: Error) => errors.push(error));
    part.once('close', () => setImmediate(() => settle(decide())));
  }
}

async function ask(socket: TLSSocket, url: URL, request: ApnsRequest, signal: AbortSignal): Promise<ApnsEnding> {
  const { promise, resolve } = Promise.withResolvers<ApnsEnding>();
  const abort = (): void => resolve({ ended: 'failed', error: signal.reason });
  signal.addEventListener('abort', abort);
  const session = connectHttp2(url, { createConnection: () => socket });
  const { topic, deviceToken } = request;
  const stream = sendPush(session, { topic, deviceToken, pushType: 'background', expiration: 0 });
  readAnswer(stream, resolve);
  watchForEnd({ socket, session, stream }, resolve);
  try {
    return await promise;
  } finally {
    signal.removeEventListener('abort', abort);
    session.destroy();
  }
}

/**
 * Opens a connection to APNs with the certificate as TLS client certificate, sends one push to one device token, and
 * closes it. Says how that ended and never throws.
 */
export async function exchangeWithApns(
  apnsUrl: string,
  request: ApnsRequest,
  signal: AbortSignal,
): Promise<ApnsEnding> {
  const url = new URL(apnsUrl);
  const opened = await openConnection(url, request, signal);
  if ('ended' in opened) return opened;
  try {
    return await ask(opened, url, request, signal);
  } finally {
    opened.destroy();
  }
}
