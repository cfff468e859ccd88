import { once } from 'node:events';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { Agent, request } from 'node:https';
import type { RequestOptions } from 'node:https';

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

/** A watch as its client sees it. */
export interface ClientWatch {
  /** What has come so far. */
  text: () => string;
  /** "end", or the error code ("ECONNRESET"), once it is over. */
  over: () => string | undefined;
  close: () => void;
}

/** An HTTPS client without anything of its own between it and the wire. */
export interface PlainClient {
  ask: (method: string, path: string, body?: string) => Promise<Answer>;
  watch: (path: string) => Promise<ClientWatch>;
  close: () => void;
}

export function createPlainClient(
  server: { url: string; certificateAuthority: string },
  { headers = {}, keepAlive = false }: { headers?: Record<string, string>; keepAlive?: boolean } = {},
): PlainClient {
  const agent = new Agent({ keepAlive, ca: server.certificateAuthority });
  const send = async (path: string, options: RequestOptions, body?: string): Promise<IncomingMessage> => {
    const asked = request(new URL(path, server.url), { agent, headers, ...options });
    asked.end(body);
    const [response] = (await once(asked, 'response')) as [IncomingMessage];
    asked.on('error', () => {}); // the response tells it too
    return response;
  };
  return {
    ask: async (method, path, body) => {
      const response = await send(path, { method }, body);
      const content = Buffer.concat(await response.toArray()).toString();
      return { status: response.statusCode ?? 0, headers: response.headers, body: content };
    },
    watch: async (path) => {
      const response = await send(path, { method: 'GET' });
      let text = '';
      let over: string | undefined;
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.once('end', () => (over ??= 'end'));
      response.once('error', (error: NodeJS.ErrnoException) => (over ??= error.code ?? error.message));
      return { text: () => text, over: () => over, close: () => response.destroy() };
    },
    close: () => agent.destroy(),
  };
}
