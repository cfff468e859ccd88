import type { PushType } from '../apns-stream.ts';
import { GivenUp } from './given-up.ts';
import type { PushIdentity } from './identity.ts';
import { PendingPush, stopped } from './pending-push.ts';
import { Queue } from './queue.ts';
import { judgePush, shorten, type PushResult } from './result.ts';
import { PushSession, type PushEnding } from './session.ts';

export interface ApnsOptions {
  /** APNS_URL. */
  url: string;
  /** The identity that is live, asked for at every request; it must not throw. */
  identity: () => PushIdentity;
  now?: () => Date;
  /** Milliseconds for a request from when it is sent, and for opening a session. 10,000. */
  requestMilliseconds?: number;
  /** Milliseconds without an answer after which a session is pinged. 60,000. */
  idleMilliseconds?: number;
  /** Requests at a time at most, whatever APNs allows. 1,000. */
  maximumStreams?: number;
  /** Pushes that wait for their turn at most. 10,000. */
  maximumWaiting?: number;
}

export interface PushOptions {
  /** `background` when absent. */
  pushType?: PushType;
  /** Seconds for which APNs keeps the push for a device that is offline. 30 days when absent, which is as long as it does. */
  lifetimeSeconds?: number;
}

export interface Apns {
  /**
   * Tells a device that its passes have changed. Never rejects but after `close()`: what goes wrong is a result. An abort
   * by `signal` gives the push up; whether APNs took it is not known then.
   */
  push(deviceToken: string, options: PushOptions, signal: AbortSignal): Promise<PushResult>;
  /** Waits until every push has its result, then ends all connections. */
  close(): Promise<void>;
}

/** How often a push is sent at most: what APNs has not looked at cannot arrive twice, and its servers may be replaced one after the other. */
const tries = { unprocessed: 3, otherwise: 2 };

const thirtyDays = 30 * 86_400;

class PushClient implements Apns {
  readonly #options: Required<ApnsOptions>;
  readonly #url: URL;
  readonly #waiting = new Queue<PendingPush>();
  readonly #givenUp = new GivenUp();
  #session: PushSession | 'opening' | undefined;
  /** How many have no result yet. */
  #pending = 0;
  #closed: PromiseWithResolvers<void> | undefined;

  constructor(options: Required<ApnsOptions>) {
    this.#options = options;
    this.#url = new URL(options.url);
  }

  async push(deviceToken: string, options: PushOptions, signal: AbortSignal): Promise<PushResult> {
    if (this.#closed) throw new Error('the APNs client is closed');
    const refused = this.#refuse(deviceToken, signal);
    if (refused) return refused;
    const { pushType = 'background', lifetimeSeconds = thirtyDays } = options;
    const expiration = Math.floor(this.#options.now().getTime() / 1_000) + lifetimeSeconds;
    const push = new PendingPush({ deviceToken, pushType, expiration }, signal, this.#givenUp);
    this.#pending += 1;
    this.#waiting.add(push);
    this.#pump();
    try {
      return await push.result;
    } finally {
      this.#pending -= 1;
      this.#end();
    }
  }

  close(): Promise<void> {
    this.#closed ??= Promise.withResolvers();
    this.#end();
    return this.#closed.promise;
  }

  #refuse(deviceToken: string, signal: AbortSignal): PushResult | undefined {
    if (signal.aborted) return stopped(deviceToken);
    if (this.#waiting.size < this.#options.maximumWaiting) return undefined;
    const message = `${this.#waiting.size} pushes wait for APNs already; the one to device token ${shorten(deviceToken)} was not sent`;
    return { outcome: 'Unavailable', message };
  }

  /** Sends what waits, as far as the session takes it. */
  #pump(): void {
    while (this.#waiting.size > 0) {
      const session = this.#current();
      if (session === undefined || session.free <= 0) return;
      const push = this.#waiting.take();
      if (push && !push.settled) this.#send(session, push);
    }
  }

  /** The session with the identity that is live; undefined while it is being opened. */
  #current(): PushSession | undefined {
    if (this.#session === 'opening') return undefined;
    const identity = this.#options.identity();
    if (this.#session?.usable && this.#session.identity.fingerprint === identity.fingerprint) return this.#session;
    const last = this.#session;
    this.#session = 'opening';
    last?.retire();
    void this.#open(identity);
    return undefined;
  }

  async #open(identity: PushIdentity): Promise<void> {
    const opened = await PushSession.open(this.#url, identity, { ...this.#options, changed: () => this.#pump() });
    if (opened instanceof PushSession) this.#session = opened;
    else {
      this.#session = undefined;
      for (const push of this.#waiting.takeAll().toReversed()) {
        push.attempts += 1;
        this.#ended(push, { ending: opened, unprocessed: this.#isOld(identity) }, { identity, proven: false });
      }
    }
    this.#pump();
    this.#end();
  }

  #send(session: PushSession, push: PendingPush): void {
    push.attempts += 1;
    push.cancel = session.send(push.request, (ending) => this.#ended(push, ending, session));
  }

  #ended(push: PendingPush, end: PushEnding, { identity, proven }: Pick<PushSession, 'identity' | 'proven'>): void {
    if (push.settled) return;
    push.cancel = undefined;
    const closed = end.ending.ended === 'closed' && !proven;
    const closedTwice = closed && push.closedBefore === identity.fingerprint;
    const result = judgePush(end.ending, { url: this.#url, deviceToken: push.request.deviceToken, closedTwice });
    if (closed) push.closedBefore = identity.fingerprint;
    // What is said of a certificate says nothing of the one that has taken its place.
    const refused = result.outcome === 'CredentialRefused';
    const again = refused ? this.#isOld(identity) : closed || end.unprocessed;
    if (!again || push.attempts >= (end.unprocessed ? tries.unprocessed : tries.otherwise)) return push.settle(result);
    this.#waiting.addFirst(push);
    this.#pump();
  }

  #isOld({ fingerprint }: PushIdentity): boolean {
    return this.#options.identity().fingerprint !== fingerprint;
  }

  /** After `close()`, when nothing is left to do. */
  #end(): void {
    if (!this.#closed || this.#pending > 0 || this.#session === 'opening') return;
    this.#session?.retire();
    this.#closed.resolve();
  }
}

/**
 * A client of APNs for pushes to passes. It keeps one HTTP/2 session with the identity that is live; when that changes,
 * new requests go over a new session, and the old one ends when its requests are answered. As many requests are under
 * way as APNs allows (SETTINGS_MAX_CONCURRENT_STREAMS), the others wait. A request that APNs has not looked at, as a
 * GOAWAY or REFUSED_STREAM tells, is sent over the next session, twice at most.
 */
export function openApns(options: ApnsOptions): Apns {
  return new PushClient({
    now: () => new Date(),
    requestMilliseconds: 10_000,
    idleMilliseconds: 60_000,
    maximumStreams: 1_000,
    maximumWaiting: 10_000,
    ...options,
  });
}
