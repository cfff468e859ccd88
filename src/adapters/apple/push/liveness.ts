import type { ClientHttp2Session } from 'node:http2';

export interface LivenessOptions {
  /** After so long without an answer the other side is asked whether it is there. */
  idleMilliseconds: number;
  /** So long it may take to say so. */
  pingMilliseconds: number;
}

/** Finds by pings that nobody is at the other end of a session, which TCP tells after minutes or, without traffic, never. */
export class Liveness {
  readonly #session: ClientHttp2Session;
  readonly #options: LivenessOptions;
  readonly #concluded: (alive: boolean) => void;
  readonly #clock: NodeJS.Timeout;
  #limit: NodeJS.Timeout | undefined;
  #heard = false;

  /** @param concluded Is told of each ping whether it was answered. */
  constructor(session: ClientHttp2Session, options: LivenessOptions, concluded: (alive: boolean) => void) {
    this.#session = session;
    this.#options = options;
    this.#concluded = concluded;
    this.#clock = setInterval(() => this.#look(), options.idleMilliseconds).unref();
  }

  get asking(): boolean {
    return this.#limit !== undefined;
  }

  heard(): void {
    this.#heard = true;
  }

  ask(): void {
    if (this.asking || this.#session.destroyed) return;
    this.#limit = setTimeout(() => this.#conclude(false), this.#options.pingMilliseconds).unref();
    // An error means that the session has ended, which is heard of otherwise.
    this.#session.ping((error) => error === null && this.#conclude(true));
  }

  stop(): void {
    clearInterval(this.#clock);
    clearTimeout(this.#limit);
    this.#limit = undefined;
  }

  #look(): void {
    if (!this.#heard) this.ask();
    this.#heard = false;
  }

  #conclude(alive: boolean): void {
    if (!this.asking) return;
    clearTimeout(this.#limit);
    this.#limit = undefined;
    this.#concluded(alive);
  }
}
