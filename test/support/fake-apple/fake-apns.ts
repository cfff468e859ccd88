import {
  createSecureServer,
  type Http2SecureServer,
  type IncomingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2';
import type { Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import type { SecureVersion, TLSSocket } from 'node:tls';
import type { Identity } from '../../../src/example-credentials/certificate.ts';
import { close, listen, trackSockets, type OpenSockets } from '../sockets.ts';
import { issueServerCertificate, testAuthority } from '../test-authority.ts';
import { judgePush } from './apns-answer.ts';
import { FaultPlan, misbehave, reply, type ApnsFault } from './apns-fault.ts';

export interface FakeApnsOptions {
  /** PEM of who issues the client certificates that are taken: roots, as the client sends its intermediate. */
  clientAuthorities: string[];
  /** Whose certificate it shows; default: one that this process trusts. */
  authority?: Identity;
  minVersion?: SecureVersion;
  maxVersion?: SecureVersion;
  /** Takes no RSA client certificate, so that ours is not sent and a TLS alert follows. */
  ecdsaOnly?: boolean;
}

export interface FakeApns {
  /** For APNS_URL. */
  url: string;
  /** The fault of the next `times` connections (default: all). */
  inject(fault: ApnsFault, times?: number): void;
  /** Headers of every push that came. */
  pushes: IncomingHttpHeaders[];
  /** How many connections completed their TLS handshake, as the server sees it. */
  readonly handshakes: number;
  connections: OpenSockets;
  close(): Promise<void>;
}

function createServer(options: FakeApnsOptions): Http2SecureServer {
  const { clientAuthorities, authority = testAuthority(), minVersion, maxVersion, ecdsaOnly = false } = options;
  return createSecureServer({
    ...issueServerCertificate(authority, 'localhost', '127.0.0.1'),
    requestCert: true,
    ca: clientAuthorities,
    ...(minVersion && { minVersion }),
    ...(maxVersion && { maxVersion }),
    ...(ecdsaOnly && { sigalgs: 'ecdsa_secp256r1_sha256' }),
  });
}

/** Puts `accept` before Node's HTTP/2: it may keep a connection from getting there. */
function guardConnections(server: Http2SecureServer, accept: (socket: TLSSocket) => boolean): void {
  const serveHttp2 = server.listeners('secureConnection');
  server.removeAllListeners('secureConnection');
  server.on('secureConnection', (socket: TLSSocket) => {
    if (accept(socket)) for (const listener of serveHttp2) Reflect.apply(listener, server, [socket]);
  });
}

/**
 * An APNs on the wire: HTTP/2 over TLS with a client certificate, which must be issued by an authority that is known and
 * be for the topic (its UID). As Node's TLS server does, it closes a connection with another certificate without an alert.
 */
export async function startFakeApns(options: FakeApnsOptions): Promise<FakeApns> {
  const server = createServer(options);
  const connections = trackSockets(server);
  const plan = new FaultPlan();
  const pushes: IncomingHttpHeaders[] = [];
  /** By the client's port: the TCP connection below TLS, and what goes wrong on it. */
  const transports = new Map<number | undefined, Socket>();
  const faults = new Map<number | undefined, ApnsFault | undefined>();
  let handshakes = 0;
  server.on('connection', (socket: Socket) => transports.set(socket.remotePort, socket));
  guardConnections(server, (socket) => {
    handshakes += 1;
    const fault = plan.next();
    faults.set(socket.remotePort, fault);
    if (fault === 'closeAfterHandshake') socket.end();
    else if (fault === 'resetAfterHandshake') transports.get(socket.remotePort)?.resetAndDestroy();
    else return true;
    return false;
  });
  server.on('stream', (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
    pushes.push(headers);
    const socket = stream.session?.socket as TLSSocket;
    const fault = faults.get(socket.remotePort);
    stream.on('error', () => {});
    if (fault) return misbehave(stream, fault, transports.get(socket.remotePort));
    const certificate = socket.getPeerCertificate();
    text(stream)
      .then((body) => reply(stream, judgePush(headers, body, certificate)))
      .catch(() => stream.destroy());
  });
  return {
    url: `https://localhost:${await listen(server)}`,
    inject: (fault, times) => plan.inject(fault, times),
    pushes,
    get handshakes() {
      return handshakes;
    },
    connections,
    close: () => close(server, connections),
  };
}
