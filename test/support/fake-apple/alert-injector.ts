import { connect, createServer, type Socket } from 'node:net';
import { close, listen, trackSockets, type OpenSockets } from '../sockets.ts';

/** Numbers of TLS alerts, RFC 8446 section 6. */
export const alerts = {
  handshake_failure: 40,
  bad_certificate: 42,
  unsupported_certificate: 43,
  certificate_revoked: 44,
  certificate_expired: 45,
  certificate_unknown: 46,
  unknown_ca: 48,
  access_denied: 49,
  internal_error: 80,
} as const;
export type Alert = keyof typeof alerts;

export interface AlertInjector {
  url: string;
  connections: OpenSockets;
  close(): Promise<void>;
}

function relay(client: Socket, target: URL, alert: number): void {
  const server = connect(Number(target.port), target.hostname);
  let flights = 0;
  client.on('data', (bytes) => {
    flights += 1;
    if (flights === 1) return void server.write(bytes);
    server.destroy();
    // A fatal alert, TLS 1.2, not encrypted: the server has not changed its cipher yet.
    client.end(Buffer.of(21, 3, 3, 0, 2, 2, alert));
  });
  server.on('data', (bytes) => client.write(bytes)).on('error', () => client.destroy());
  client.on('error', () => server.destroy()).on('close', () => server.destroy());
}

/**
 * Stands before a TLS 1.2 server and answers the client's certificate with an alert of choice, as servers do that check
 * certificates within the handshake. Node's own server sends none of these.
 */
export async function startAlertInjector(serverUrl: string, alert: Alert): Promise<AlertInjector> {
  const server = createServer((client) => relay(client, new URL(serverUrl), alerts[alert]));
  const connections = trackSockets(server);
  const url = `https://localhost:${await listen(server)}`;
  return { url, connections, close: () => close(server, connections) };
}
