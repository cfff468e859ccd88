import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { createKubernetesClient, type KubernetesClient } from '../../../src/adapters/kubernetes/client.ts';
import { loadKubeConfig } from '../../../src/adapters/kubernetes/kube-config.ts';
import type { Identity } from '../../../src/example-credentials/certificate.ts';
import { close, listen, type OpenSockets, trackSockets } from '../../support/sockets.ts';
import { createServerAuthority, issueServerCertificate } from '../../support/test-authority.ts';

/** A request as the server got it. */
export interface Asked {
  method: string;
  path: string;
  query: URLSearchParams;
  headers: IncomingMessage['headers'];
  body: string;
  /** Common name of the client's certificate. */
  commonName: string | undefined;
  /** Which of its connections it came on, from 1. */
  connection: number;
  at: number;
}

export type Script = (asked: Asked, response: ServerResponse) => void | Promise<void>;

/** An HTTPS server in place of an API server, whose every answer a test writes. */
export interface ScriptedServer {
  url: string;
  authority: Identity;
  requests: Asked[];
  sockets: OpenSockets;
  /** Connections since the start. */
  connections(): number;
  /** From now on requests are answered so. */
  answer(script: Script): void;
  /** Ends the connection of an answer with RST. */
  reset(response: ServerResponse): void;
  /** Shows a certificate of that authority from the next connection on. */
  certify(authority: Identity): void;
  /** A folder that is removed at the end. */
  directory: string;
  /** Writes a kubeconfig whose user and cluster have these fields; the cluster's CA and address are this server's by default. */
  kubeconfig(user: object, cluster?: object): Promise<string>;
  /** A client that is closed at the end. */
  client(user?: object, cluster?: object): Promise<KubernetesClient>;
  stop(): Promise<void>;
}

export function json(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}

export async function startScriptedServer(): Promise<ScriptedServer> {
  const authority = createServerAuthority();
  const directory = await mkdtemp(join(tmpdir(), 'scripted-server-'));
  const requests: Asked[] = [];
  const clients: KubernetesClient[] = [];
  let script: Script = (_, response) => json(response, 200, {});
  let connections = 0;
  let written = 0;

  const server: Server = createServer({
    ...issueServerCertificate(authority, '127.0.0.1'),
    requestCert: true,
    rejectUnauthorized: false,
  });
  const sockets = trackSockets(server);
  const numbers = new WeakMap<Socket, number>();
  const transports = new Map<number | undefined, Socket>();
  server.on('connection', (socket: Socket) => {
    const { remotePort } = socket;
    transports.set(remotePort, socket);
    socket.once('close', () => transports.delete(remotePort));
  });
  server.on('secureConnection', (socket) => numbers.set(socket, ++connections));
  server.on('tlsClientError', () => {}); // a client that does not trust us
  server.on('request', (message: IncomingMessage, response: ServerResponse) => {
    void read(message)
      .then((read) => {
        const asked = { ...read, connection: numbers.get(message.socket) ?? 0 };
        requests.push(asked);
        return script(asked, response);
      })
      .catch(() => response.destroy()); // the client went away
  });
  const url = `https://127.0.0.1:${await listen(server)}`;

  async function kubeconfig(user: object, cluster: object = {}): Promise<string> {
    const path = join(directory, `kubeconfig-${++written}`);
    const ca = Buffer.from(authority.certificate.pem).toString('base64');
    const content = {
      clusters: [{ name: 'c', cluster: { server: url, 'certificate-authority-data': ca, ...cluster } }],
      users: [{ name: 'u', user }],
      contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
      'current-context': 'x',
    };
    await writeFile(path, stringify(content));
    return path;
  }

  async function client(user: object = { token: 'token' }, cluster: object = {}): Promise<KubernetesClient> {
    const made = createKubernetesClient(await loadKubeConfig({ KUBECONFIG: await kubeconfig(user, cluster) }));
    clients.push(made);
    return made;
  }

  return {
    url,
    authority,
    requests,
    sockets,
    connections: () => connections,
    answer: (next) => void (script = next),
    reset: ({ socket }) => void transports.get(socket?.remotePort)?.resetAndDestroy(),
    certify: (by) => server.setSecureContext(issueServerCertificate(by, '127.0.0.1')),
    directory,
    kubeconfig,
    client,
    async stop() {
      for (const each of clients) await each.close();
      await close(server, sockets);
      await rm(directory, { recursive: true });
    },
  };
}

async function read(message: IncomingMessage): Promise<Omit<Asked, 'connection'>> {
  const url = new URL(message.url ?? '/', 'https://server');
  const peer = (message.socket as TLSSocket).getPeerCertificate();
  const body = Buffer.concat(await message.toArray()).toString('utf8');
  return {
    method: message.method ?? '',
    path: url.pathname,
    query: url.searchParams,
    headers: message.headers,
    body,
    commonName: [peer?.subject?.CN].flat()[0],
    at: performance.now(),
  };
}
