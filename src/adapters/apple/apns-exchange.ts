import { connect as connectHttp2, type ClientHttp2Session, type ClientHttp2Stream } from 'node:http2';
import { isIP } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import type { Redacted } from '../../domain/redacted.ts';
import { codeOf, endingAfterHandshake, endingOf, isBroken, parseReason, type ApnsEnding } from './apns-ending.ts';

export interface ApnsRequest {
  /** PEM: the certificate, then the one that issued it. */
  certificates: string;
  /** PEM, PKCS#8. */
  key: Redacted<string>;
  topic: string;
  deviceToken: string;
}

/** Bytes of an answer that are read; APNs sends about 30. */
const maximumAnswerSize = 4096;

function connect(url: URL, { certificates, key }: ApnsRequest): TLSSocket {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  return connectTls({
    host,
    port: Number(url.port || 443),
    // RFC 6066: an address is no server name.
    ...(isIP(host) === 0 ? { servername: host } : {}),
    ALPNProtocols: ['h2'],
    cert: certificates,
    key: key.reveal(),
  });
}

/**
 * Our half of the TLS handshake; the socket when it is complete.
 * With TLS 1.3 the server has not judged the certificate by then. With TLS 1.2 it may have: then it can close in the
 * handshake, after our certificate was sent, which shows in that the secrets of the connection exist.
 */
async function handshake(socket: TLSSocket, signal: AbortSignal): Promise<ApnsEnding | undefined> {
  const { promise, resolve } = Promise.withResolvers<ApnsEnding | undefined>();
  let certificateSent = false;
  const closed = (error: unknown): ApnsEnding => (certificateSent ? { ended: 'closed' } : { ended: 'failed', error });
  const abort = (): void => resolve({ ended: 'failed', error: signal.reason });
  signal.addEventListener('abort', abort);
  // The line is "CLIENT_RANDOM …" for TLS 1.2 only, and what follows is a secret.
  socket.on('keylog', (line) => (certificateSent ||= line.subarray(0, 14).toString('latin1') === 'CLIENT_RANDOM '));
  socket.once('secureConnect', () => resolve(undefined));
  socket.on('error', (error) => resolve(isBroken(error) ? closed(error) : endingOf(error)));
  socket.once('close', () => resolve(closed(new Error('closed during the handshake'))));
  try {
    return await promise;
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

function send(session: ClientHttp2Session, { topic, deviceToken }: ApnsRequest): ClientHttp2Stream {
  const stream = session.request({
    ':method': 'POST',
    ':path': `/3/device/${deviceToken}`,
    'apns-topic': topic,
    'apns-push-type': 'background',
    'apns-priority': '5',
    'apns-expiration': '0',
    'content-type': 'application/json',
  });
  stream.end('{}');
  return stream;
}

/** Calls `settle` with the answer, also with one whose body is cut off: its status says enough. Without an answer, never. */
function readAnswer(stream: ClientHttp2Stream, settle: (ending: ApnsEnding) => void): void {
  const parts: Buffer[] = [];
  let status = 0;
  let size = 0;
  const answered = (): void => {
    if (status > 0) settle({ ended: 'answered', status, reason: parseReason(Buffer.concat(parts)) });
  };
  stream.once('response', (headers) => (status = Number(headers[':status'])));
  stream.on('data', (part: Buffer) => {
    size += part.length;
    if (size > maximumAnswerSize) answered();
    else parts.push(part);
  });
  stream.once('end', answered).once('close', answered);
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
    goaway = { ended: 'goaway', reason: parseReason(data) ?? goaway?.reason };
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
  const stream = send(session, request);
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
 * closes it. Says how that ended and never throws. Which authorities vouch for the server is Node's own matter
 * (NODE_EXTRA_CA_CERTS).
 */
export async function exchangeWithApns(
  apnsUrl: string,
  request: ApnsRequest,
  signal: AbortSignal,
): Promise<ApnsEnding> {
  if (signal.aborted) return { ended: 'failed', error: signal.reason };
  const url = new URL(apnsUrl);
  const socket = connect(url, request);
  try {
    const ended = await handshake(socket, signal);
    if (ended) return ended;
    if (socket.alpnProtocol !== 'h2') return { ended: 'failed', error: new Error('no HTTP/2') };
    return await ask(socket, url, request, signal);
  } finally {
    socket.destroy();
  }
}
