import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ControlPlane } from '../control-plane.ts';
import { kubectl } from '../kubectl.ts';
import { eventually } from '../../wait.ts';
import type { HttpsClient } from './https-client.ts';
import { normalText, NormalForm } from './normal-form.ts';
import { RecordedWatch } from './recorded-watch.ts';
import type { WatchEvent } from './recorded-watch.ts';

/** An answer's object, with as much type as the cases need. */
export interface AnswerObject {
  metadata: { name: string; uid: string; resourceVersion: string; continue: string; [field: string]: unknown };
  [field: string]: unknown;
}

export interface RequestOptions {
  body?: unknown;
  headers?: Record<string, string>;
  /** null sends none; the admin's when absent. */
  token?: string | null;
}

/** The headers of an answer that clients act upon. */
const telling = ['content-type', 'warning', 'retry-after'];

/** A server and the namespace of one case in it; everything that it answers is written down. */
export class RecordedServer {
  readonly controlPlane: ControlPlane;
  readonly namespace: string;
  readonly #client: HttpsClient;
  readonly #transcript: unknown[] = [];
  readonly #watches: RecordedWatch[] = [];

  constructor(controlPlane: ControlPlane, client: HttpsClient, namespace: string) {
    this.controlPlane = controlPlane;
    this.namespace = namespace;
    this.#client = client;
  }

  /** The path of a core collection of this namespace, or of one object in it. */
  core(plural: string, name?: string): string {
    return `/api/v1/namespaces/${this.namespace}/${plural}${name === undefined ? '' : `/${name}`}`;
  }

  secrets(name?: string): string {
    return this.core('secrets', name);
  }

  gadgets(name?: string): string {
    const collection = `/apis/conformance.example.com/v1alpha1/namespaces/${this.namespace}/gadgets`;
    return name === undefined ? collection : `${collection}/${name}`;
  }

  /** Sends a request, holds its outcome to `expected` ("201", "409 AlreadyExists") and writes the answer down. */
  async request(expected: string, method: string, path: string, options: RequestOptions = {}): Promise<AnswerObject> {
    const { outcome, entry, object } = await this.#answer(method, path, options);
    assert.equal(outcome, expected, `${method} ${path} answered ${JSON.stringify(entry)}`);
    this.#transcript.push(entry);
    return object;
  }

  /** Sends a request until it has the outcome; only that answer is written down. For what the real server does later. */
  async eventually(expected: string, method: string, path: string): Promise<AnswerObject> {
    const describe = `${method} ${path} to answer ${expected}`;
    const { entry, object } = await eventually(
      async () => {
        const answer = await this.#answer(method, path, {});
        assert.equal(answer.outcome, expected, JSON.stringify(answer.entry));
        return answer;
      },
      { describe, deadlineSeconds: 30, intervalMilliseconds: 50 },
    );
    this.#transcript.push(entry);
    return object;
  }

  /** Sends a request that has to succeed, and writes nothing down: for answers of which only a part is compared. */
  async glance(
    path: string,
    { method = 'GET', ...options }: RequestOptions & { method?: string } = {},
  ): Promise<AnswerObject> {
    const { entry, object, outcome } = await this.#answer(method, path, options);
    assert.match(outcome, /^20\d/, `${method} ${path} answered ${JSON.stringify(entry)}`);
    return object;
  }

  async #answer(
    method: string,
    path: string,
    { body, headers, token = this.controlPlane.adminToken }: RequestOptions,
  ): Promise<{ outcome: string; entry: object; object: AnswerObject }> {
    const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
    const answer = await this.#client.send({
      method,
      path,
      headers: {
        accept: 'application/json',
        ...(text === undefined
          ? {}
          : { 'content-type': 'application/json', 'content-length': `${Buffer.byteLength(text)}` }),
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        ...headers,
      },
      ...(text === undefined ? {} : { body: text }),
    });
    const object = parsed(answer.text);
    const entry = {
      request: `${method} ${path}`,
      status: answer.status,
      headers: Object.fromEntries(
        telling.flatMap((name) => (name in answer.headers ? [[name, answer.headers[name]]] : [])),
      ),
      body: object ?? normalText(answer.text),
    };
    const reason = object?.['kind'] === 'Status' && typeof object['reason'] === 'string' ? ` ${object['reason']}` : '';
    return { outcome: `${answer.status}${reason}`, entry, object: object ?? ({} as AnswerObject) };
  }

  /** Opens a watch and waits until the server has accepted it. */
  async watch(path: string, headers: Record<string, string> = {}): Promise<RecordedWatch> {
    const open = (): Promise<IncomingMessage> =>
      this.#client.open({
        method: 'GET',
        path,
        headers: { accept: 'application/json', authorization: `Bearer ${this.controlPlane.adminToken}`, ...headers },
      });
    let stream = await open();
    // The real server says 429 while it is still reading a collection that is new or that it has just started with.
    for (let attempt = 0; stream.statusCode === 429 && attempt < 20; attempt += 1) {
      stream.destroy();
      await sleep(Number(stream.headers['retry-after'] ?? 1) * 1000);
      stream = await open();
    }
    const watch = new RecordedWatch(`WATCH ${path}`, stream);
    this.#watches.push(watch);
    return watch;
  }

  /** Waits for the events of a watch, writes them down, and leaves it. */
  async events(watch: RecordedWatch, count: number): Promise<WatchEvent[]> {
    const events = await watch.take(count);
    watch.close();
    this.#transcript.push({ request: watch.name, status: watch.status, events });
    return events;
  }

  /** Waits until the server ends a watch, and writes down everything that came. */
  async eventsUntilEnd(watch: RecordedWatch): Promise<WatchEvent[]> {
    const events = await watch.takeAll();
    this.#transcript.push({ request: watch.name, status: watch.status, events });
    return events;
  }

  /** Runs kubectl in the namespace, holds its exit code to `expected`, and writes down what it prints. */
  async kubectl(expected: number, args: string[], input?: unknown): Promise<string> {
    const text = input === undefined || typeof input === 'string' ? input : JSON.stringify(input);
    const result = await kubectl(this.controlPlane, ['--namespace', this.namespace, ...args], {
      allowFailure: true,
      ...(text === undefined ? {} : { input: text }),
    });
    assert.equal(result.code, expected, `kubectl ${args.join(' ')}: ${result.stderr}${result.stdout}`);
    this.#transcript.push({
      request: `kubectl ${args.join(' ')}`,
      code: result.code,
      // What one stream or the other says: kubectl's versions differ in which.
      printed: [normalText(result.stdout), normalText(result.stderr)].filter((each) => each !== '').join('\n'),
    });
    return result.stdout;
  }

  /** Writes down something that a case has worked out itself. */
  note(what: string, value: unknown): void {
    this.#transcript.push({ request: what, value });
  }

  /** Everything written down, in normal form. */
  transcript(): unknown[] {
    return new NormalForm().of(JSON.parse(JSON.stringify(this.#transcript)) as unknown[]);
  }

  /** Leaves the watches that are still open. */
  close(): void {
    for (const watch of this.#watches) watch.close();
  }
}

function parsed(text: string): AnswerObject | undefined {
  try {
    return JSON.parse(text) as AnswerObject;
  } catch {
    return undefined;
  }
}
