import { once } from 'node:events';
import { Agent, request } from 'node:https';
import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';

/** The API server behind the proxy. */
export interface Upstream {
  /** https://HOST:PORT */
  url: string;
  /** PEM. */
  certificateAuthority: string;
}

// RFC 9110 section 7.6.1: these are about one connection, and the two sides of a proxy are two.
const hopByHop = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'transfer-encoding',
  'upgrade',
  'host',
]);

/** An agent with one connection, for one client: when the server ends it, the client notices as it would without us. */
export function agentFor(upstream: Upstream): Agent {
  return new Agent({ keepAlive: true, maxSockets: 1, ca: upstream.certificateAuthority });
}

/** Sends the request on, and answers when the head of the response is there. */
export async function askUpstream(
  upstream: Upstream,
  { message, body, agent, signal }: { message: IncomingMessage; body: Buffer; agent: Agent; signal: AbortSignal },
): Promise<IncomingMessage> {
  const headers: OutgoingHttpHeaders = passedOn(message);
  if (body.length > 0) headers['content-length'] = body.length;
  const asked = request(new URL(message.url ?? '/', upstream.url), { method: message.method, headers, agent, signal });
  asked.once('socket', (socket) => void socket.unref());
  asked.end(body);
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  asked.on('error', () => {}); // the response's reader is told too
  return response;
}

/** The headers of a request or response that a proxy passes on. */
export function passedOn(message: IncomingMessage): OutgoingHttpHeaders {
  return Object.fromEntries(Object.entries(message.headers).filter(([name]) => !hopByHop.has(name)));
}

export async function readAll(message: IncomingMessage): Promise<Buffer> {
  return Buffer.concat(await message.toArray());
}
