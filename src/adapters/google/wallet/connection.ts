import { Agent, DecoratorHandler, type Dispatcher, EnvHttpProxyAgent } from 'undici';
import { Permits } from './permits.ts';
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

/** The instant by which a request was to be written has passed: nothing of it was sent. */
export class TooLateError extends Error {
  constructor() {
    super('there was no open connection in time, or the process was busy');
    this.name = 'TooLateError';
  }
}

/** Bytes; real answers have a few KiB. */
const maximumAnswerSize = 262_144;

/** Connections to the Wallet API that are kept alive; HTTPS_PROXY is heeded. */
export class WalletConnection {
  /** One for each connection; to be had before a request takes its turn, for one that waits for a connection would miss it. */
  readonly permits: Permits;
  readonly #origin: string;
  readonly #timeout: number;
  readonly #dispatcher: Dispatcher;

  constructor({ walletUrl, timeoutMilliseconds, connections }: ConnectionOptions) {
    this.#origin = new URL(walletUrl).origin;
    this.#timeout = timeoutMilliseconds;
    this.permits = new Permits(connections);
    const options = { connections, maxResponseSize: maximumAnswerSize, keepAliveTimeout: 30_000 };
    const proxy = process.env['HTTPS_PROXY'] ?? process.env['https_proxy'];
    this.#dispatcher = proxy === undefined ? new Agent(options) : new EnvHttpProxyAgent(options);
  }

  /**
   * One request, whose answer is there in time or not at all.
   * @param latest local instant (`performance.now()`) by which it is to be written on a connection that is open
   * @throws what undici throws; a TimeoutError; the signal's reason; TooLateError
   */
  async exchange(
    { method, path, body }: WalletRequest,
    token: string,
    latest: number,
    signal: AbortSignal,
  ): Promise<RawAnswer> {
    const ending = new AbortController();
    const end = (): void => ending.abort(signal.reason);
    const timer = setTimeout(() => ending.abort(new DOMException('no answer in time', 'TimeoutError')), this.#timeout);
    signal.addEventListener('abort', end, { once: true });
    try {
      const response = await this.#dispatcher.compose(writtenBy(latest)).request({
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

/** A connection that had to be opened first stays, and is there for the next request. */
function writtenBy(latest: number): Dispatcher.DispatcherComposeInterceptor {
  return (dispatch) => (options, handler) => dispatch(options, new Punctual(handler, latest));
}

class Punctual extends DecoratorHandler {
  readonly #handler: Dispatcher.DispatchHandler;
  readonly #latest: number;

  constructor(handler: Dispatcher.DispatchHandler, latest: number) {
    super(handler);
    this.#handler = handler;
    this.#latest = latest;
  }

  /** Called when the next that happens is that the request is written. */
  onRequestStart(controller: Dispatcher.DispatchController, context: unknown): void {
    if (performance.now() > this.#latest) throw new TooLateError();
    this.#handler.onRequestStart?.(controller, context);
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
