import { Agent, type Dispatcher, EnvHttpProxyAgent } from 'undici';
import type { RawAnswer } from './wallet-answer.ts';

/** A request to the Wallet API. */
export interface WalletRequest {
  method: 'GET' | 'POST' | 'PATCH';
  /** Behind `/walletobjects/v1/`. */
  path: string;
  body?: unknown;
}

export interface ConnectionOptions {
  /** GOOGLE_WALLET_URL: an origin, a path is ignored. */
  walletUrl: string;
  timeoutMilliseconds: number;
  /** Connections that are open at most. */
  connections: number;
}

/** Bytes; real answers have a few KiB. */
const maximumAnswerSize = 262_144;

/** Connections to the Wallet API that are kept alive; HTTPS_PROXY is heeded. */
export class WalletConnection {
  readonly #origin: string;
  readonly #timeout: number;
  readonly #dispatcher: Dispatcher;

  constructor({ walletUrl, timeoutMilliseconds, connections }: ConnectionOptions) {
    this.#origin = new URL(walletUrl).origin;
    this.#timeout = timeoutMilliseconds;
    const options = { connections, maxResponseSize: maximumAnswerSize, keepAliveTimeout: 30_000 };
    const proxy = process.env['HTTPS_PROXY'] ?? process.env['https_proxy'];
    this.#dispatcher = proxy === undefined ? new Agent(options) : new EnvHttpProxyAgent(options);
  }

  /**
   * One request, whose answer is there in time or not at all.
   * @throws what undici throws; a TimeoutError; the signal's reason
   */
  async exchange({ method, path, body }: WalletRequest, token: string, signal: AbortSignal): Promise<RawAnswer> {
    const ending = new AbortController();
    const end = (): void => ending.abort(signal.reason);
    const timer = setTimeout(() => ending.abort(new DOMException('no answer in time', 'TimeoutError')), this.#timeout);
    signal.addEventListener('abort', end, { once: true });
    try {
      const response = await this.#dispatcher.request({
        origin: this.#origin,
        method,
        path: `/walletobjects/v1/${path}`,
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', accept: 'application/json' },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        signal: ending.signal,
      });
      const retryAfter = response.headers['retry-after'];
      const text = await response.body.text();
      return { status: response.statusCode, body: parse(text), retryAfter: retryAfter?.toString() };
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
    }
  }

  async close(): Promise<void> {
    await this.#dispatcher.destroy();
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
