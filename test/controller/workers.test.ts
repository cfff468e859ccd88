import assert from 'node:assert/strict';
import { ApiError, UnavailableError } from '../../src/adapters/kubernetes/api-error.ts';
import {
  createWorkers,
  type ReconcileResult,
  type Workers,
  type WorkersOptions,
} from '../../src/controller/workers.ts';
import { NotLeadingError } from '../../src/controller/write.ts';
import { eventually } from '../support/wait.ts';

const conflict = new ApiError('PUT x', 409, { reason: 'Conflict' });
const unavailable = new UnavailableError('GET x', new Error('ECONNREFUSED'));

interface Scene {
  workers: Workers;
  results: [key: string, result: ReconcileResult][];
  /** How often each key was begun. */
  begun: Map<string, number>;
}

type Reconcile = WorkersOptions['reconcile'];

function scene(reconcile: Reconcile, options: Partial<WorkersOptions> = {}): Scene {
  const results: Scene['results'] = [];
  const begun: Scene['begun'] = new Map();
  const workers = createWorkers({
    reconcile(key, signal) {
      begun.set(key, (begun.get(key) ?? 0) + 1);
      return reconcile(key, signal);
    },
    onResult: (key, result) => void results.push([key, result]),
    ...options,
  });
  return { workers, results, begun };
}

function hang(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
}

describe('workers', () => {
  let current: Workers | undefined;

  afterEach(async () => {
    await current?.stop(0);
    current?.queue.stop();
  });

  function run(reconcile: Reconcile, options: Partial<WorkersOptions> = {}): Scene {
    const created = scene(reconcile, options);
    current = created.workers;
    return created;
  }

  it('works on what is queued before and after it starts', async () => {
    const { workers, results } = run(async () => ({}));
    workers.queue.add('before');
    workers.start();
    workers.queue.add('after');
    await eventually(() => assert.equal(results.length, 2), { describe: 'two results' });
    assert.deepEqual(results, [
      ['before', 'success'],
      ['after', 'success'],
    ]);
  });

  it('never works on one key twice at a time, and works on others meanwhile', async () => {
    const working = new Map<string, number>();
    let most = 0;
    const { workers, begun, results } = run(async (key) => {
      const now = (working.get(key) ?? 0) + 1;
      working.set(key, now);
      assert.equal(now, 1, `${key} is worked on twice`);
      most = Math.max(most, [...working.values()].filter((count) => count > 0).length);
      await new Promise((resolve) => setImmediate(resolve));
      if ((begun.get(key) ?? 0) < 3) workers.queue.add(key);
      working.set(key, 0);
      return {};
    });
    workers.start();
    for (let round = 0; round < 50; round++) for (const key of ['a', 'b', 'c']) workers.queue.add(key);
    await eventually(() => results.length === 9 && workers.inProgress().size === 0, {
      describe: 'three keys to be worked on three times',
    });
    assert.ok(results.every(([, result]) => result === 'success'));
    assert.equal(most, 3);
  });

  it('calls again at the instant that a reconcile asked for', async () => {
    let wakes = 3;
    const { workers, begun } = run(async () => (wakes-- > 0 ? { wakeAt: new Date(Date.now() + 5) } : {}));
    workers.start();
    workers.queue.add('a');
    await eventually(() => assert.equal(begun.get('a'), 4), { describe: 'three wakes' });
  });

  it('lets the instant of the latest reconcile count', async () => {
    const { workers, begun } = run(async (key) =>
      key === 'a' && begun.get('a') === 1 ? { wakeAt: new Date(Date.now() + 40) } : {},
    );
    workers.start();
    workers.queue.add('a');
    await eventually(() => begun.get('a') === 1 && workers.inProgress().size === 0, { describe: 'the first' });
    workers.queue.add('a');
    workers.queue.addAt('later', new Date(Date.now() + 80));
    await eventually(() => begun.has('later'), { describe: 'an instant after the first one' });
    assert.equal(begun.get('a'), 2);
  });

  it('tries a conflict again soon', async () => {
    let conflicts = 3;
    const { workers, results } = run(async () => {
      if (conflicts-- > 0) throw conflict;
      return {};
    });
    workers.start();
    workers.queue.add('a');
    await eventually(() => assert.equal(results.length, 4), { describe: 'success after three conflicts' });
    assert.deepEqual(
      results.map(([, result]) => result),
      ['conflict', 'conflict', 'conflict', 'success'],
    );
  });

  it('lets other keys go on while one fails again and again', async () => {
    const { workers, results } = run(
      async (key) => {
        if (key === 'bad') throw new Error('a defect');
        return {};
      },
      { concurrency: 1 },
    );
    workers.start();
    workers.queue.add('bad');
    for (let index = 0; index < 20; index++) workers.queue.add(`good-${index}`);
    await eventually(() => assert.equal(results.length, 21), { describe: 'every key' });
    assert.deepEqual(results[0], ['bad', 'error']);
  });

  it('holds the keys while the API server is away, and forgets none', async () => {
    let away = true;
    const { workers, begun, results } = run(
      async () => {
        if (away) throw unavailable;
        return {};
      },
      { random: () => 0 },
    );
    workers.start();
    for (const key of ['a', 'b', 'c']) workers.queue.add(key);
    await eventually(() => assert.equal(results.length, 3), { describe: 'each key to be tried' });
    assert.ok(
      [...begun.values()].every((count) => count === 1),
      'it pauses between two tries',
    );
    away = false;
    await eventually(() => assert.equal(results.filter(([, result]) => result === 'success').length, 3), {
      describe: 'each key to succeed within a second or so, not minutes',
      deadlineSeconds: 5,
    });
  });

  for (const [what, error] of [
    ['no answer', unavailable],
    ['429', new ApiError('GET x', 429, {})],
    ['500', new ApiError('GET x', 500, {})],
    ['401', new ApiError('GET x', 401, {})],
    ['a lost lease', new NotLeadingError()],
  ] as const) {
    it(`takes ${what} for an API server that is away`, async () => {
      const { workers, results } = run(async () => Promise.reject(error));
      workers.start();
      workers.queue.add('a');
      await eventually(() => results.length === 1, { describe: 'the result' });
      assert.deepEqual(results, [['a', 'unavailable']]);
    });
  }

  it('waits for as long as the API server asks', async () => {
    const begun: number[] = [];
    const throttled = new ApiError('GET x', 429, {}, 1);
    const { workers } = run(
      async () => {
        if (begun.push(performance.now()) === 1) throw throttled;
        return {};
      },
      { random: () => 0 },
    );
    workers.start();
    workers.queue.add('a');
    await eventually(() => begun.length === 2, { describe: 'the second try' });
    assert.ok((begun[1] ?? 0) - (begun[0] ?? 0) >= 990, 'a second');
  });

  it('aborts a reconcile at its deadline, reports it, and does others meanwhile', async () => {
    const { workers, results } = run(async (key, signal) => (key === 'hung' ? hang(signal) : {}), {
      deadlineMilliseconds: 30,
      concurrency: 2,
    });
    workers.start();
    workers.queue.add('hung');
    await eventually(() => assert.deepEqual([...workers.inProgress().keys()], ['hung']), {
      describe: 'it to be in work',
    });
    workers.queue.add('other');
    await eventually(() => assert.equal(results.length, 2), { describe: 'both' });
    assert.deepEqual(results, [
      ['other', 'success'],
      ['hung', 'deadline'],
    ]);
  });

  it('shows since when each key is in work', async () => {
    const { workers } = run((_, signal) => hang(signal));
    const before = Date.now();
    workers.start();
    workers.queue.add('a');
    await eventually(() => workers.inProgress().has('a'), { describe: 'it to be in work' });
    const since = workers.inProgress().get('a') ?? 0;
    assert.ok(since >= before && since <= Date.now());
    await workers.stop(0);
    assert.equal(workers.inProgress().size, 0);
  });
});

describe('workers: stopping', () => {
  it('lets what is in work end within the grace, and takes nothing new', async () => {
    let finish = (): void => {};
    const { workers, begun, results } = scene(async () => {
      await new Promise<void>((resolve) => (finish = resolve));
      return { wakeAt: new Date() };
    });
    workers.start();
    workers.queue.add('a');
    await eventually(() => begun.has('a'), { describe: 'it to be in work' });
    const stopped = workers.stop(10_000);
    workers.queue.add('b');
    finish();
    await stopped;
    assert.deepEqual([results, begun.has('b')], [[['a', 'success']], false]);
  });

  it('aborts what does not end within the grace', async () => {
    const { workers, begun, results } = scene((_, signal) => hang(signal));
    workers.start();
    workers.queue.add('a');
    await eventually(() => begun.has('a'), { describe: 'it to be in work' });
    await workers.stop(20);
    assert.deepEqual(results, []);
    assert.equal(workers.inProgress().size, 0);
  });

  it('ends also when a reconcile does not heed its signal', async () => {
    const { workers, begun } = scene(() => new Promise(() => {}));
    workers.start();
    workers.queue.add('a');
    await eventually(() => begun.has('a'), { describe: 'it to be in work' });
    await workers.stop(20);
    assert.deepEqual([...workers.inProgress().keys()], ['a'], 'and goes on showing it');
  });

  it('leaves no key in the queue of one that does not lead any more', async () => {
    let finish = (): void => {};
    const { workers, begun } = scene(async () => {
      await new Promise<void>((resolve) => (finish = resolve));
      return { wakeAt: new Date(Date.now() - 1) };
    });
    workers.start();
    workers.queue.add('a');
    await eventually(() => begun.has('a'), { describe: 'it to be in work' });
    workers.queue.clear();
    const stopped = workers.stop(0);
    finish();
    await stopped;
    workers.queue.addAt('later', new Date());
    await eventually(() => workers.queue.depth() > 0, { describe: 'a later instant' });
    assert.equal(workers.queue.take(), 'later');
  });

  it('starts again, with every key that comes', async () => {
    const { workers, results } = scene(async () => ({}));
    for (let round = 1; round <= 3; round++) {
      workers.start();
      workers.queue.add('a');
      await eventually(() => assert.equal(results.length, round), { describe: 'the result' });
      await workers.stop(0);
    }
  });
});
