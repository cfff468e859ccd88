import { isIP } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import type { Redacted } from '../../domain/redacted.ts';
import { endingOf, isBroken, type ApnsEnding } from './apns-ending.ts';

export interface ClientCertificate {
  /** PEM: the certificate, then the one that issued it. */
  certificates: string;
  /** PEM, PKCS#8. */
  key: Redacted<string>;
}

function connect(url: URL, { certificates, key }: ClientCertificate): TLSSocket {
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
 * Our half of the TLS handshake; undefined when it is complete.
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

/**
 * A TLS connection to APNs that speaks HTTP/2 and has shown our certificate, or how the attempt ended. Whoever gets the
 * socket has to destroy it. Which authorities vouch for the server is Node's own matter (NODE_EXTRA_CA_CERTS).
 */
export async function openConnection(
  url: URL,
  certificate: ClientCertificate,
  signal: AbortSignal,
): Promise<TLSSocket | ApnsEnding> {
  if (signal.aborted) return { ended: 'failed', error: signal.reason };
  const socket = connect(url, certificate);
  const ended = await handshake(socket, signal);
  if (!ended && socket.alpnProtocol === 'h2') return socket;
  socket.destroy();
  return ended ?? { ended: 'failed', error: new Error('no HTTP/2') };
}
