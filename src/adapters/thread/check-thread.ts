import { Worker } from 'node:worker_threads';
import type { SourceInput } from '../../domain/credentials/check-source.ts';
import type { Verdict } from '../../domain/credentials/verdict.ts';
import { Redacted } from '../../domain/redacted.ts';
import { copyForThread } from './thread-input.ts';
import type { CheckRequest, PlainVerdict, ThreadAnswer, ThreadData } from './thread-messages.ts';

export interface CheckThreadOptions {
  /** As readAppleRoots returns it. */
  appleRootsPem: string;
  /** For one check, from when its work starts. Default 2,000. */
  timeoutMilliseconds?: number;
  /** Heap of the thread. Default 128. */
  memoryMegabytes?: number;
  /** What runs in the thread. Default: thread-main beside this file. */
  threadFile?: URL;
  /** After so long without a check the thread ends and gives its memory back. Default 30,000. */
  idleMilliseconds?: number;
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

interface Job {
  request: CheckRequest;
  resolve: (verdict: Verdict) => void;
  reject: (error: Error) => void;
  /** Its work has begun; before that, time does not count. */
  started: boolean;
  timer?: NodeJS.Timeout;
}

// The thread's file has the extension of this one: .ts from source, .js when built.
const threadMain = new URL(`./thread-main${import.meta.url.slice(import.meta.url.lastIndexOf('.'))}`, import.meta.url);

/** A thread for work that the writer of a Secret chooses: the event loop of the caller never waits for it. */
export function createCheckThread(options: CheckThreadOptions): CheckThread {
  const { timeoutMilliseconds = 2_000, memoryMegabytes = 128 } = options;
  const { idleMilliseconds = 30_000, threadFile = threadMain } = options;
  const waiting: Job[] = [];
  let current: Job | undefined;
  let worker: Worker | undefined;
  let idle: NodeJS.Timeout | undefined;
  let lastId = 0;
  let closed = false;

  function start(): Worker {
    const workerData: ThreadData = { appleRootsPem: options.appleRootsPem };
    const resourceLimits = { maxOldGenerationSizeMb: memoryMegabytes, maxYoungGenerationSizeMb: 16 };
    const started = new Worker(threadFile, { workerData, resourceLimits, execArgv: [] });
    started.on('message', (answer: ThreadAnswer) => onAnswer(answer));
    // Out of memory is an error, too; what it says is not passed on.
    started.on('error', (error: Error) => onEnd(started, error.name));
    started.on('exit', () => onEnd(started, 'exit'));
    started.unref();
    return started;
  }

  function onAnswer(answer: ThreadAnswer): void {
    if (!current || current.request.id !== answer.id) return;
    const job = current;
    if (answer.kind === 'started') {
      job.started = true;
      job.timer = setTimeout(() => onTimeout(job), timeoutMilliseconds);
      return;
    }
    finish(job);
    if (answer.kind === 'verdict') job.resolve(redacted(answer.verdict));
    else job.reject(new Error(`checking a credential failed: ${answer.error}`));
    next();
  }

  /** If this event loop was late itself, the answer may be there already: it is looked at first. */
  function onTimeout(job: Job): void {
    setImmediate(() => {
      if (job !== current) return;
      endWorker();
      giveUp(job);
    });
  }

  function onEnd(ended: Worker, why: string): void {
    if (ended !== worker) return;
    worker = undefined;
    if (!current) return;
    if (current.started) giveUp(current);
    else {
      const job = current;
      finish(job);
      job.reject(new Error(`the thread that checks credentials did not start (${why})`));
      next();
    }
  }

  function giveUp(job: Job): void {
    finish(job);
    job.resolve(tooExpensive(job.request.input.name, timeoutMilliseconds, memoryMegabytes));
    next();
  }

  function finish(job: Job): void {
    clearTimeout(job.timer);
    current = undefined;
    worker?.unref();
  }

  function next(): void {
    if (current || closed) return;
    current = waiting.shift();
    if (!current) return rest();
    clearTimeout(idle);
    worker ??= start();
    worker.ref();
    const { data } = current.request.input;
    worker.postMessage(
      current.request,
      Object.values(data).map((bytes) => bytes.buffer as ArrayBuffer),
    );
  }

  function rest(): void {
    clearTimeout(idle);
    idle = setTimeout(() => endWorker(), idleMilliseconds);
    idle.unref();
  }

  function endWorker(): void {
    const ended = worker;
    worker = undefined;
    void ended?.terminate();
  }

  return {
    check(input) {
      if (closed) return Promise.reject(closedError());
      lastId += 1;
      const request: CheckRequest = { id: lastId, input: copyForThread(input) };
      return new Promise((resolve, reject) => {
        waiting.push({ request, resolve, reject, started: false });
        next();
      });
    },
    warm() {
      if (closed || worker) return;
      worker = start();
      rest();
    },
    async close() {
      closed = true;
      clearTimeout(idle);
      const ended = worker;
      worker = undefined;
      for (const job of [...(current ? [current] : []), ...waiting.splice(0)]) {
        clearTimeout(job.timer);
        job.reject(closedError());
      }
      current = undefined;
      await ended?.terminate();
    },
  };
}

function closedError(): Error {
  return new Error('the thread that checks credentials is closed');
}

function redacted(verdict: PlainVerdict): Verdict {
  if (!verdict.accepted) return verdict;
  const { credential, warnings } = verdict;
  return { accepted: true, credential: { ...credential, files: new Redacted(credential.files) }, warnings };
}

function tooExpensive(name: string, milliseconds: number, megabytes: number): Verdict {
  const message = `Reading Secret ${name} took more than ${milliseconds / 1_000} s or ${megabytes} MB and was ended; a credential takes a few milliseconds. Export the certificate and key again with usual settings.`;
  return { accepted: false, reason: 'TooExpensive', message };
}
