import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { makeServerCertificate } from '../control-plane/certificates.ts';

/** A plain HTTPS server in place of an API server, for the proxy's own tests. */
export interface PlainUpstream {
  url: string;
  /** PEM. */
  certificateAuthority: string;
  /** "METHOD path body" of every request that it has read completely. */
  seen: string[];
  /** The watches that are open on it. */
  watches: Set<ServerResponse>;
  /** Sends raw text to every open watch. */
  send: (text: string) => void;
  stop: () => Promise<void>;
}

/** Answers every request with `{"path": …}`, 201 to a POST, and leaves watches open. */
export async function startPlainUpstream(): Promise<PlainUpstream> {
  const { certificateAuthority, server: pair } = await makeServerCertificate({
    commonName: 'plain upstream',
    dnsNames: [],
    addresses: ['127.0.0.1'],
  });
  const seen: string[] = [];
  const watches = new Set<ServerResponse>();
  const answer = async (message: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = Buffer.concat(await message.toArray()).toString();
    seen.push(`${message.method} ${message.url} ${body}`.trim());
    response.writeHead(message.method === 'POST' ? 201 : 200, { 'content-type': 'application/json' });
    if (message.url?.includes('watch=') !== true) return void response.end(JSON.stringify({ path: message.url }));
    response.flushHeaders();
    watches.add(response);
    response.once('close', () => watches.delete(response));
  };
  const server = createServer({ cert: pair.certificate, key: pair.privateKey }, (message, response) => {
    answer(message, response).catch(() => response.destroy()); // the client went away while it was asking
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    certificateAuthority,
    seen,
    watches,
    send: (text) => watches.forEach((response) => response.write(text)),
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
