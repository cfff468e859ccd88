import {
  createSecureServer,
  type Http2SecureServer,
  type IncomingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2';
import type { Socket } from 'node:net';
import type { SecureVersion, TLSSocket } from 'node:tls';
import type { Identity } from '../../../src/example-credentials/certificate.ts';
import { close, listen, trackSockets, type OpenSockets } from '../sockets.ts';
import { issueServerCertificate, testAuthority } from '../test-authority.ts';
import { ApnsConnection, type ApnsState } from './apns-connection.ts';
import { ApnsDevices } from './apns-devices.ts';
import { FaultPlan, type ApnsFault, type PushFault, type PushNumbers } from './apns-fault.ts';
import { ApnsRecord } from './apns-record.ts';

export interface FakeApnsOptions {
  /** PEM of who issues the client certificates that are taken: roots, as the client sends its intermediate. */
  clientAuthorities: string[];
  /** Whose certificate it shows; default: one that this process trusts. */
  authority?: Identity;
  minVersion?: SecureVersion;
  maxVersion?: SecureVersion;
  /** Takes no RSA client certificate, so that ours is not sent and a TLS alert follows. */
  ecdsaOnly?: boolean;
  /** SETTINGS_MAX_CONCURRENT_STREAMS; APNs allows about 1,000. */
  maxConcurrentStreams?: number;
}

export interface FakeApns {
  /** For APNS_URL. */
  url: string;
  /** The fault of the next `times` connections (default: all). */
  inject(fault: ApnsFault, times?: number): void;
  /** From now on, what goes wrong with each push, if anything. */
  injectPush(choose: (push: PushNumbers) => PushFault | undefined): void;
  devices: ApnsDevices;
  record: ApnsRecord;
  /** Headers of every push that came. */
  pushes: IncomingHttpHeaders[];
  /** How many connections completed their TLS handshake, as the server sees it. */
  readonly handshakes: number;
  connections: OpenSockets;
  close(): Promise<void>;
}

function createServer(options: FakeApnsOptions): Http2SecureServer {
  const { clientAuthorities, authority = testAuthority(), minVersion, maxVersion, ecdsaOnly = false } = options;
  const { maxConcurrentStreams = 1_000 } = options;
  return createSecureServer({
    ...issueServerCertificate(authority, 'localhost', '127.0.0.1'),
    settings: { maxConcurrentStreams },
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
  const state: ApnsState = {
    devices: new ApnsDevices(),
    record: new ApnsRecord(),
    pushes: [],
    choose: () => undefined,
  };
  /** By the client's port: the TCP connection below TLS, and what goes on over it. */
  const transports = new Map<number | undefined, Socket>();
  const served = new Map<number | undefined, ApnsConnection>();
  let handshakes = 0;
  server.on('connection', (socket: Socket) => {
    const { remotePort: port } = socket;
    transports.set(port, socket);
    socket.once('close', () => transports.delete(port) && served.delete(port));
  });
  guardConnections(server, (socket) => {
    handshakes += 1;
    const fault = plan.next();
    const transport = transports.get(socket.remotePort);
    if (fault === 'closeAfterHandshake') socket.end();
    else if (fault === 'resetAfterHandshake') transport?.resetAndDestroy();
    else {
      served.set(socket.remotePort, new ApnsConnection(state, { socket, transport, fault }));
      return true;
    }
    return false;
  });
  server.on('stream', (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
    stream.on('error', () => {});
    served.get((stream.session?.socket as TLSSocket | undefined)?.remotePort)?.serve(stream, headers);
  });
  return {
    url: `https://localhost:${await listen(server)}`,
    inject: (fault, times) => plan.inject(fault, times),
    injectPush: (choose) => (state.choose = choose),
    devices: state.devices,
    record: state.record,
    pushes: state.pushes,
    get handshakes() {
      return handshakes;
    },
    connections,
    close: () => close(server, connections),
  };
}
