import type { PushRequest } from '../apns-stream.ts';
import type { GivenUp } from './given-up.ts';
import { shorten, type PushResult } from './result.ts';

/** What was asked for; its topic is that of the certificate with which it goes out. */
export type TopiclessRequest = Omit<PushRequest, 'topic'>;

/** The result of a push that its caller gave up. */
export function stopped(deviceToken: string): PushResult {
  const message = `the push to device token ${shorten(deviceToken)} was given up before APNs had answered`;
  return { outcome: 'Unavailable', message };
}

/** A push from when it is asked for until it has its result, waiting or under way. */
export class PendingPush {
  readonly request: TopiclessRequest;
  readonly result: Promise<PushResult>;
  attempts = 0;
  /** Fingerprint of the identity with which the first attempt was closed before APNs had answered anything. */
  closedBefore: string | undefined;
  /** Gives the request up that is under way. */
  cancel: (() => void) | undefined;
  readonly #resolve: (result: PushResult) => void;
  readonly #signal: AbortSignal;
  readonly #givenUp: GivenUp;
  #settled = false;

  constructor(request: TopiclessRequest, signal: AbortSignal, givenUp: GivenUp) {
    const { promise, resolve } = Promise.withResolvers<PushResult>();
    this.request = request;
    this.result = promise;
    this.#resolve = resolve;
    this.#signal = signal;
    this.#givenUp = givenUp;
    givenUp.add(signal, this.#abort);
  }

  get settled(): boolean {
    return this.#settled;
  }

  settle(result: PushResult): void {
    this.#settled = true;
    this.#givenUp.delete(this.#signal, this.#abort);
    this.#resolve(result);
  }

  readonly #abort = (): void => {
    this.cancel?.();
    this.settle(stopped(this.request.deviceToken));
  };
}
