import { connect as connectHttp2, constants, type ClientHttp2Session, type ClientHttp2Stream } from 'node:http2';
import type { TLSSocket } from 'node:tls';
import { openConnection } from '../apns-connection.ts';
import { codeOf, endingAfterHandshake, parseAnswer, type ApnsEnding } from '../apns-ending.ts';
import { readAnswer, sendPush } from '../apns-stream.ts';
import type { PushIdentity } from './identity.ts';
import { Liveness } from './liveness.ts';
import type { TopiclessRequest } from './pending-push.ts';

export interface SessionOptions {
  requestMilliseconds: number;
  idleMilliseconds: number;
  /** Requests at a time at most, whatever APNs allows. */
  maximumStreams: number;
  /** Told when there may be room again, or no session any more. */
  changed: () => void;
}

/** How a request ended. */
export interface PushEnding {
  ending: ApnsEnding;
  /** APNs has said that it did not and will not look at the request. */
  unprocessed: boolean;
}

function timeout(what: string): Error {
  return new DOMException(what, 'TimeoutError');
}

/** One HTTP/2 session to APNs with one identity: what goes over it carries the topic of the certificate that it was opened with. */
export class PushSession {
  readonly identity: PushIdentity;
  readonly #socket: TLSSocket;
  readonly #session: ClientHttp2Session;
  readonly #options: SessionOptions;
  readonly #liveness: Liveness;
  readonly #errors: Error[] = [];
  #goaway: { lastStream: number; reason: string | undefined } | undefined;
  #inFlight = 0;
  #answers = 0;
  #retired = false;
  #suspect = false;

  /** A session that knows how many requests APNs takes at a time, or how the attempt ended. */
  static async open(url: URL, identity: PushIdentity, options: SessionOptions): Promise<PushSession | ApnsEnding> {
    const signal = AbortSignal.timeout(options.requestMilliseconds);
    const certificates = `${identity.certificate.trimEnd()}\n${identity.issuer}`;
    const socket = await openConnection(url, { certificates, key: identity.key }, signal);
    if ('ended' in socket) return socket;
    const session = new PushSession(socket, url, identity, options);
    return (await session.#settings(signal)) ?? session;
  }

  private constructor(socket: TLSSocket, url: URL, identity: PushIdentity, options: SessionOptions) {
    const { requestMilliseconds: pingMilliseconds, idleMilliseconds } = options;
    this.identity = identity;
    this.#socket = socket;
    this.#options = options;
    this.#session = connectHttp2(url, { createConnection: () => socket });
    this.#liveness = new Liveness(this.#session, { idleMilliseconds, pingMilliseconds }, (alive) =>
      this.#pinged(alive),
    );
    this.#listen();
  }

  /** It takes further requests, if not at once. */
  get usable(): boolean {
    return !this.#retired && !this.#goaway && !this.#session.closed && !this.#session.destroyed;
  }

  /** How many requests it takes now. While nobody may be at the other end: none. */
  get free(): number {
    if (!this.usable || this.#suspect) return 0;
    const allowed = this.#session.remoteSettings.maxConcurrentStreams ?? Infinity;
    return Math.min(allowed, this.#options.maximumStreams) - this.#inFlight;
  }

  /** APNs has answered over it, so it has taken the certificate. */
  get proven(): boolean {
    return this.#answers > 0;
  }

  /** @returns What gives the request up; `settle` is not called then. */
  send(request: TopiclessRequest, settle: (ending: PushEnding) => void): () => void {
    const stream = sendPush(this.#session, { ...request, topic: this.identity.topic });
    this.#inFlight += 1;
    let error: Error | undefined;
    let open = true;
    const end = (ending: PushEnding): void => {
      if (!open) return;
      open = false;
      clearTimeout(timer);
      settle(ending);
    };
    const timer = setTimeout(() => {
      this.#timedOut(stream);
      end({ ending: { ended: 'failed', error: timeout('no answer to the push') }, unprocessed: false });
    }, this.#options.requestMilliseconds);
    readAnswer(stream, (ending) => {
      this.#answers += 1;
      this.#liveness.heard();
      end({ ending, unprocessed: false });
    });
    stream.on('error', (cause) => (error = cause));
    stream.once('close', () => {
      this.#closed();
      // Why it was closed may come after that it was.
      if (open) setImmediate(() => end(this.#endingOf(stream, error)));
    });
    return () => {
      open = false;
      clearTimeout(timer);
      stream.close(constants.NGHTTP2_CANCEL);
    };
  }

  /** No further requests; the session ends when those under way have been answered. */
  retire(): void {
    this.#retired = true;
    if (this.#inFlight === 0) this.#destroy();
  }

  #listen(): void {
    const down = (): void => void setImmediate(() => this.#destroy());
    for (const part of [this.#socket, this.#session]) {
      part.on('error', (error: Error) => this.#errors.push(error));
      part.on('error', down).once('close', down);
    }
    this.#session.on('goaway', (_code, lastStream, data) => {
      // There may be two: one that announces and one that ends.
      this.#goaway = { lastStream, reason: parseAnswer(data).reason ?? this.#goaway?.reason };
      this.#options.changed();
    });
    this.#session.on('remoteSettings', () => this.#options.changed());
  }

  async #settings(signal: AbortSignal): Promise<ApnsEnding | undefined> {
    const { promise, resolve } = Promise.withResolvers<ApnsEnding | undefined>();
    const abort = (): void => resolve({ ended: 'failed', error: signal.reason });
    const closed = (): void => void setImmediate(() => resolve(this.#ending()));
    signal.addEventListener('abort', abort);
    this.#session.once('remoteSettings', () => resolve(undefined));
    this.#session.once('close', closed);
    const ended = await promise;
    signal.removeEventListener('abort', abort);
    this.#session.off('close', closed);
    if (ended) this.#destroy();
    return ended;
  }

  /** How the session ended, for a request that was under way. */
  #ending(): ApnsEnding {
    if (this.#goaway) return { ended: 'goaway', reason: this.#goaway.reason };
    // A stream that is cancelled because its session went down does not say why.
    const telling = this.#errors.find((error) => codeOf(error) !== 'ERR_HTTP2_STREAM_CANCEL');
    return telling ? endingAfterHandshake(telling) : { ended: 'closed' };
  }

  #endingOf(stream: ClientHttp2Stream, error: Error | undefined): PushEnding {
    const refused = stream.rstCode === constants.NGHTTP2_REFUSED_STREAM;
    const unprocessed = refused || (this.#goaway !== undefined && (stream.id ?? Infinity) > this.#goaway.lastStream);
    const down = this.#goaway !== undefined || this.#session.destroyed;
    return { ending: down ? this.#ending() : { ended: 'failed', error }, unprocessed };
  }

  #closed(): void {
    this.#inFlight -= 1;
    if (this.#retired && this.#inFlight === 0) this.#destroy();
    this.#options.changed();
  }

  /** Nothing more is sent before it is known that somebody is there. */
  #timedOut(stream: ClientHttp2Stream): void {
    stream.close(constants.NGHTTP2_CANCEL);
    this.#suspect = true;
    this.#liveness.ask();
  }

  #pinged(alive: boolean): void {
    this.#suspect = false;
    if (alive) return this.#options.changed();
    this.#errors.push(timeout('no answer to a ping'));
    this.#destroy();
  }

  #destroy(): void {
    this.#retired = true;
    this.#liveness.stop();
    if (this.#session.destroyed && this.#socket.destroyed) return;
    this.#session.destroy();
    this.#socket.destroy();
    this.#options.changed();
  }
}
