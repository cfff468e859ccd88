import { Agent, request } from 'node:https';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';

export interface HttpsRequest {
  method: string;
  path: string;
  headers?: Record<string, string>;
  body?: string;
}

export interface HttpsAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
}

/** Sends requests to one server, over connections that it keeps. */
export class HttpsClient {
  readonly #url: string;
  readonly #agent: Agent;

  constructor(url: string, certificateAuthority: string) {
    this.#url = url;
    this.#agent = new Agent({ ca: certificateAuthority, keepAlive: true });
  }

  /** The whole answer. */
  async send(options: HttpsRequest): Promise<HttpsAnswer> {
    const answer = await this.open(options);
    let text = '';
    for await (const chunk of answer.setEncoding('utf8') as AsyncIterable<string>) text += chunk;
    return { status: answer.statusCode ?? 0, headers: answer.headers, text };
  }

  /** The answer as a stream, once its head has come. */
  open({ method, path, headers, body }: HttpsRequest): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const sent = request(new URL(path, this.#url), { method, headers, agent: this.#agent }, resolve);
      sent.once('error', reject);
      sent.end(body);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}
