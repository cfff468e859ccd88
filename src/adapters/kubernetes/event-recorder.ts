import { randomBytes } from 'node:crypto';
import type { KubernetesClient } from './client.ts';

export interface EventNote {
  type: 'Normal' | 'Warning';
  /** CamelCase, stable. */
  reason: string;
  message: string;
}

export interface EventSubject {
  apiVersion: string;
  kind: string;
  namespace: string;
  name: string;
  uid: string;
  resourceVersion: string;
}

export interface EventRecorder {
  /** Writes the Event unless the same was said of the same object in the last ten minutes. Never rejects: an Event is a courtesy. */
  record(subject: EventSubject, note: EventNote, options?: { timeoutMilliseconds?: number }): Promise<void>;
  /** Resolves when what was recorded so far is written or has failed. */
  settled(): Promise<void>;
}

const silence = 10 * 60_000;
/** Bytes; the API server refuses longer notes. */
const messageLimit = 1_024;

export function createEventRecorder(deps: {
  client: KubernetesClient;
  component: string;
  instance: string;
  now: () => Date;
  onFailure(error: unknown): void;
}): EventRecorder {
  const said = new Map<string, number>();
  const underWay = new Set<Promise<void>>();

  function isRepetition(id: string): boolean {
    const now = deps.now().getTime();
    for (const [key, at] of said) {
      if (now - at < silence) break;
      said.delete(key);
    }
    if (said.has(id)) return true;
    said.set(id, now);
    return false;
  }

  const record: EventRecorder['record'] = async (subject, note, options) => {
    const writing = write(subject, note, options);
    underWay.add(writing);
    await writing;
    underWay.delete(writing);
  };

  async function write(
    subject: EventSubject,
    note: EventNote,
    options?: { timeoutMilliseconds?: number },
  ): Promise<void> {
    const id = JSON.stringify([subject.uid, note.reason, note.message]);
    if (isRepetition(id)) return;
    const path = `/api/v1/namespaces/${subject.namespace}/events`;
    try {
      await deps.client.request({ method: 'POST', path, body: body(subject, note), ...options });
    } catch (error) {
      said.delete(id);
      deps.onFailure(error);
    }
  }

  function body(subject: EventSubject, note: EventNote): object {
    const instant = deps
      .now()
      .toISOString()
      .replace(/\.\d+Z$/, 'Z');
    const message = shortened(note.message);
    return {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: {
        name: `${subject.name.slice(0, 200)}.${randomBytes(8).toString('hex')}`,
        namespace: subject.namespace,
      },
      involvedObject: subject,
      type: note.type,
      reason: note.reason,
      message,
      source: { component: deps.component },
      reportingComponent: deps.component,
      reportingInstance: deps.instance,
      firstTimestamp: instant,
      lastTimestamp: instant,
      count: 1,
    };
  }

  return { record, settled: async () => void (await Promise.all(underWay)) };
}

/** Cut between characters, also where they take several bytes. */
function shortened(message: string): string {
  const bytes = Buffer.from(message);
  if (bytes.length <= messageLimit) return message;
  const ellipsis = '…';
  const start = bytes.subarray(0, messageLimit - Buffer.byteLength(ellipsis));
  return `${new TextDecoder().decode(start, { stream: true })}${ellipsis}`;
}
