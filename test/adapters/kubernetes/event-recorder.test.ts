import assert from 'node:assert/strict';
import type { ApiRequest } from '../../../src/adapters/kubernetes/client.ts';
import {
  createEventRecorder,
  type EventNote,
  type EventRecorder,
} from '../../../src/adapters/kubernetes/event-recorder.ts';

const subject = {
  apiVersion: 'loyalty.orion.dev/v1alpha1',
  kind: 'WalletCredential',
  namespace: 'loyalty',
  name: 'apple',
  uid: 'u1',
  resourceVersion: '7',
};
const note: EventNote = { type: 'Warning', reason: 'Expired', message: 'It expired.' };
const minute = 60_000;

interface Body {
  metadata: { name: string; namespace: string };
  message: string;
  [field: string]: unknown;
}

interface Scene {
  recorder: EventRecorder;
  written: Body[];
  failures: unknown[];
  pass: (milliseconds: number) => void;
  refuse: (refused: boolean) => void;
}

function scene(): Scene {
  const written: Body[] = [];
  const failures: unknown[] = [];
  let now = new Date('2026-01-01T10:20:30.456Z');
  let refused = false;
  async function request<T>({ method, path, body }: ApiRequest): Promise<T> {
    assert.deepEqual([method, path], ['POST', '/api/v1/namespaces/loyalty/events']);
    if (refused) throw new Error('forbidden');
    written.push(body as Body);
    return {} as T;
  }
  const client = { request, stream: () => Promise.reject(new Error('not watched')), close: async () => {} };
  return {
    recorder: createEventRecorder({
      client,
      component: 'loyalty-controller',
      instance: 'pod-1',
      now: () => now,
      onFailure: (error) => void failures.push(error),
    }),
    written,
    failures,
    pass: (milliseconds) => (now = new Date(now.getTime() + milliseconds)),
    refuse: (value) => (refused = value),
  };
}

describe('event recorder', () => {
  it('writes an Event about the object', async () => {
    const { recorder, written } = scene();
    await recorder.record(subject, note);
    const { metadata, ...rest } = written[0] ?? assert.fail('nothing written');
    assert.match(metadata.name, /^apple\.[0-9a-f]{16}$/);
    assert.deepEqual(rest, {
      apiVersion: 'v1',
      kind: 'Event',
      involvedObject: subject,
      type: 'Warning',
      reason: 'Expired',
      message: 'It expired.',
      source: { component: 'loyalty-controller' },
      reportingComponent: 'loyalty-controller',
      reportingInstance: 'pod-1',
      firstTimestamp: '2026-01-01T10:20:30Z',
      lastTimestamp: '2026-01-01T10:20:30Z',
      count: 1,
    });
  });

  it('says the same of the same object once in ten minutes', async () => {
    const { recorder, written, pass } = scene();
    await recorder.record(subject, note);
    pass(10 * minute - 1);
    await recorder.record(subject, note);
    assert.equal(written.length, 1);
    pass(1);
    await recorder.record(subject, note);
    assert.equal(written.length, 2);
  });

  it('holds another object, reason or message for something else', async () => {
    const { recorder, written } = scene();
    await recorder.record(subject, note);
    await recorder.record({ ...subject, uid: 'u2' }, note);
    await recorder.record(subject, { ...note, reason: 'WithinCritical' });
    await recorder.record(subject, { ...note, message: 'Another.' });
    assert.equal(written.length, 4);
    assert.equal(new Set(written.map(({ metadata }) => metadata.name)).size, 4);
  });

  it('says it again when it could not be written', async () => {
    const { recorder, written, failures, refuse } = scene();
    refuse(true);
    await recorder.record(subject, note);
    assert.equal(failures.length, 1);
    refuse(false);
    await recorder.record(subject, note);
    assert.equal(written.length, 1);
  });

  it('cuts a long message to 1,024 bytes, between characters', async () => {
    const { recorder, written } = scene();
    for (const [index, text] of [
      'x'.repeat(1_024),
      'x'.repeat(1_025),
      'ü'.repeat(600),
      `${'x'.repeat(1_019)}😀😀`,
    ].entries())
      await recorder.record(subject, { ...note, reason: `R${index}`, message: text });
    const messages = written.map(({ message }) => message);
    assert.deepEqual(messages, [
      'x'.repeat(1_024),
      `${'x'.repeat(1_021)}…`,
      `${'ü'.repeat(510)}…`,
      `${'x'.repeat(1_019)}…`,
    ]);
    assert.ok(messages.every((message) => Buffer.byteLength(message) <= 1_024));
  });
});
