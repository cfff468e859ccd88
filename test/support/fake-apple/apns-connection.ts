import { constants, type Http2Session, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import type { PeerCertificate, TLSSocket } from 'node:tls';
import { deviceTokenOf, judgePush } from './apns-answer.ts';
import type { ApnsDevices } from './apns-devices.ts';
import { goAwayBefore, misbehave, reply, type ApnsFault, type PushFault, type PushNumbers } from './apns-fault.ts';
import type { ApnsRecord } from './apns-record.ts';

/** What all connections of a fake share. */
export interface ApnsState {
  devices: ApnsDevices;
  record: ApnsRecord;
  /** Headers of every push that came. */
  pushes: IncomingHttpHeaders[];
  choose: (push: PushNumbers) => PushFault | undefined;
}

/** One connection of a client: its certificate, what goes wrong on it, and its pushes. */
export class ApnsConnection {
  readonly #state: ApnsState;
  readonly #certificate: PeerCertificate;
  readonly #transport: Socket | undefined;
  readonly #fault: ApnsFault | undefined;
  #count = 0;
  #open = 0;
  /** It has said GOAWAY and looks at no further push. */
  #gone = false;

  /** @param transport The TCP connection below `socket`. */
  constructor(
    state: ApnsState,
    { socket, transport, fault }: { socket: TLSSocket; transport: Socket | undefined; fault: ApnsFault | undefined },
  ) {
    this.#state = state;
    this.#certificate = socket.getPeerCertificate();
    this.#transport = transport;
    this.#fault = fault;
  }

  serve(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
    if (this.#gone) return stream.close(constants.NGHTTP2_REFUSED_STREAM);
    this.#count += 1;
    this.#open += 1;
    const { session } = stream;
    stream.once('close', () => setImmediate(() => this.#closed(session)));
    const ordinal = this.#state.pushes.push(headers);
    const numbers = { ordinal, onConnection: this.#count, deviceToken: deviceTokenOf(headers) };
    const fault = this.#fault ?? this.#state.choose(numbers);
    if (fault === undefined) return this.#answer(stream, headers);
    if (typeof fault === 'string' || !('slow' in fault || 'goawayBefore' in fault)) {
      return misbehave(stream, fault, this.#transport);
    }
    if ('slow' in fault) return this.#answer(stream, headers, fault.slow);
    this.#gone = true;
    goAwayBefore(stream, fault.goawayBefore);
  }

  /**
   * After GOAWAY Node reads no more, so it would not see that the client closes; and its own graceful close would say
   * GOAWAY again with a later stream, which RFC 9113 forbids (section 6.8).
   */
  #closed(session: Http2Session | undefined): void {
    this.#open -= 1;
    if (this.#gone && this.#open === 0) session?.destroy();
  }

  #answer(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, wait?: number | Promise<void>): void {
    text(stream)
      .then(async (body) => {
        await (typeof wait === 'number' ? sleep(wait) : wait);
        if (stream.destroyed) return;
        const answer = judgePush(headers, body, this.#certificate, this.#state.devices);
        this.#state.record.add(headers, this.#certificate, answer);
        reply(stream, answer);
      })
      .catch(() => stream.destroy());
  }
}
