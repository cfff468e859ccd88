import { Worker } from 'node:worker_threads';
import type { SourceInput } from '../../domain/credentials/checks/check-source.ts';
import type { Verdict } from '../../domain/credentials/verdict.ts';
import { copyForThread } from './thread-input.ts';
import type { CheckRequest, ThreadAnswer, ThreadData } from './thread-messages.ts';
import { redacted, tooExpensive } from './thread-verdict.ts';

export interface CheckThreadOptions {
  /** As readAppleRoots returns it. */
  appleRootsPem: string;
  /** For one check, from when its work starts. Default 2,000. */
  timeoutMilliseconds?: number;
  /** Heap of the thread. Default 128. */
  memoryMegabytes?: number;
  /** After so long without a check the thread ends and gives its memory back. Default 30,000. */
  idleMilliseconds?: number;
  /** What runs in the thread. Default: thread-main beside this file. */
  threadFile?: URL;
}

export interface CheckThread {
  /**
   * The verdict of checkSource. One check at a time, in the order of the calls; what takes too long or too much memory
   * is ended and answered with TooExpensive. Rejects when the thread cannot start, is closed, or met a defect of ours.
   */
  check(input: Omit<SourceInput, 'appleRoots'>): Promise<Verdict>;
  /** Starts the thread ahead of a check that is about to come. */
  warm(): void;
  /** Ends the thread. Checks that are not done are rejected. */
  close(): Promise<void>;
}

/** A thread for work that the writer of a Secret chooses: the event loop of the caller never waits for it. */
export function createCheckThread(options: CheckThreadOptions): CheckThread {
  return new QueueBeforeThread(options);
}

// The thread's file has the extension of this one: .ts from source, .js when built.
const threadMain = new URL(`./thread-main${import.meta.url.slice(import.meta.url.lastIndexOf('.'))}`, import.meta.url);

interface Job {
  request: CheckRequest;
  resolve: (verdict: Verdict) => void;
  reject: (error: Error) => void;
  /** Set when its work begins; before that, time does not count. */
  timer?: NodeJS.Timeout;
}

class QueueBeforeThread implements CheckThread {
  readonly #options: Required<CheckThreadOptions>;
  readonly #waiting: Job[] = [];
  #current: Job | undefined;
  #worker: Worker | undefined;
  /** The thread has loaded what it needs and waits for work. */
  #ready = false;
  #idle: NodeJS.Timeout | undefined;
  #lastId = 0;
  #closed = false;

  constructor(options: CheckThreadOptions) {
    const defaults = {
      timeoutMilliseconds: 2_000,
      memoryMegabytes: 128,
      idleMilliseconds: 30_000,
      threadFile: threadMain,
    };
    this.#options = { ...defaults, ...options };
  }

  check(input: Omit<SourceInput, 'appleRoots'>): Promise<Verdict> {
    if (this.#closed) return Promise.reject(closedError());
    this.#lastId += 1;
    const request: CheckRequest = { id: this.#lastId, input: copyForThread(input) };
    return new Promise((resolve, reject) => {
      this.#waiting.push({ request, resolve, reject });
      this.#next();
    });
  }

  warm(): void {
    if (this.#closed || this.#worker) return;
    this.#worker = this.#start();
    this.#rest();
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#idle);
    const unfinished = [...(this.#current ? [this.#current] : []), ...this.#waiting.splice(0)];
    this.#current = undefined;
    const ended = this.#endWorker();
    for (const job of unfinished) {
      clearTimeout(job.timer);
      job.reject(closedError());
    }
    await ended;
  }

  #start(): Worker {
    const { appleRootsPem, memoryMegabytes, threadFile } = this.#options;
    const workerData: ThreadData = { appleRootsPem };
    const resourceLimits = { maxOldGenerationSizeMb: memoryMegabytes, maxYoungGenerationSizeMb: 16 };
    const worker = new Worker(threadFile, { workerData, resourceLimits, execArgv: [] });
    worker.on('message', (answer: ThreadAnswer) => this.#onAnswer(worker, answer));
    // Out of memory is an error, too. What it says is not passed on.
    worker.on('error', (error: Error) => this.#onEnd(worker, error.name));
    worker.on('exit', () => this.#onEnd(worker, 'exit'));
    worker.unref();
    this.#ready = false;
    return worker;
  }

  #next(): void {
    if (this.#current || this.#closed) return;
    this.#current = this.#waiting.shift();
    if (!this.#current) return this.#rest();
    clearTimeout(this.#idle);
    this.#worker ??= this.#start();
    // A check under way keeps the process alive, an idle thread does not.
    this.#worker.ref();
    if (this.#ready) this.#begin(this.#worker, this.#current);
  }

  #begin(worker: Worker, job: Job): void {
    job.timer = setTimeout(() => this.#onTimeout(job), this.#options.timeoutMilliseconds);
    const handedOver = Object.values(job.request.input.data).map((bytes) => bytes.buffer as ArrayBuffer);
    worker.postMessage(job.request, handedOver);
  }

  #onAnswer(worker: Worker, answer: ThreadAnswer): void {
    if (worker !== this.#worker) return;
    const job = this.#current;
    if (answer.kind === 'ready') {
      this.#ready = true;
      if (job) this.#begin(worker, job);
      return;
    }
    if (job?.request.id !== answer.id) return;
    if (answer.kind === 'verdict') job.resolve(redacted(answer.verdict));
    else job.reject(new Error(`checking a credential failed: ${answer.error}`));
    this.#finish(job);
  }

  /** When this event loop was late itself, the answer may be there already: it is looked at first. */
  #onTimeout(job: Job): void {
    setImmediate(() => {
      if (job !== this.#current) return;
      void this.#endWorker();
      this.#giveUp(job);
    });
  }

  #onEnd(ended: Worker, why: string): void {
    if (ended !== this.#worker) return;
    this.#worker = undefined;
    const job = this.#current;
    if (!job) return;
    if (this.#ready) return this.#giveUp(job);
    job.reject(new Error(`the thread that checks credentials did not start (${why})`));
    this.#finish(job);
  }

  #giveUp(job: Job): void {
    const { timeoutMilliseconds: milliseconds, memoryMegabytes: megabytes } = this.#options;
    job.resolve(tooExpensive(job.request.input.name, { milliseconds, megabytes }));
    this.#finish(job);
  }

  #finish(job: Job): void {
    clearTimeout(job.timer);
    this.#current = undefined;
    this.#worker?.unref();
    this.#next();
  }

  /** Nothing to do: the thread may end after a while. */
  #rest(): void {
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => void this.#endWorker(), this.#options.idleMilliseconds);
    this.#idle.unref();
  }

  async #endWorker(): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.terminate();
  }
}

function closedError(): Error {
  return new Error('the thread that checks credentials is closed');
}
