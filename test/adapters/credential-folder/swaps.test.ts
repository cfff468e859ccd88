import assert from 'node:assert/strict';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { readSnapshot } from '../../../src/adapters/credential-folder/snapshot.ts';
import { openCredentialFolder } from '../../../src/adapters/credential-folder/credential-folder.ts';
import { createLog } from '../../../src/log.ts';
import { createSources } from '../../support/sources.ts';
import { appleFiles, type Files, temporaryDirectory, withMetadata } from './folders.ts';
import type { SwappingData } from './swapping-thread.ts';

const swaps = process.env['SOAK'] === undefined ? 2_000 : 50_000;

describe('a credential folder whose Secret is swapped without a pause', function () {
  // Two cores' worth of work: a busy machine takes its time.
  this.timeout(600_000);
  let parent: string;
  let worker: Worker;
  let directory: string;
  let one: Files;
  let two: Files;
  const counters = new Int32Array(new SharedArrayBuffer(8));
  const swapped = (): number => Atomics.load(counters, 0);

  before(async () => {
    parent = temporaryDirectory();
    const sources = createSources();
    one = withMetadata(appleFiles(sources), { revision: 1 });
    two = withMetadata(appleFiles(sources, { validDays: 20 }), { revision: 2, rotateBy: '2026-12-24T00:00:00Z' });
    const workerData: SwappingData = { parent, contents: [two, one], counters };
    worker = new Worker(new URL('./swapping-thread.ts', import.meta.url), { workerData });
    [directory] = (await once(worker, 'message')) as [string];
  });

  after(async () => {
    Atomics.store(counters, 1, 1);
    await once(worker, 'exit');
    rmSync(parent, { recursive: true });
  });

  it(`is read whole every time during ${swaps} swaps: never a mixed pair, never an error`, () => {
    const seen = new Map<string, number>();
    const until = swapped() + swaps;
    while (swapped() < until) {
      const snapshot = readSnapshot('apple', directory);
      assert.ok('files' in snapshot, 'problems' in snapshot ? snapshot.problems.join('\n') : '');
      const texts = Object.entries(snapshot.files.reveal()).map(([name, bytes]) => [name, bytes.toString()] as const);
      const revision = texts.find(([name]) => name === 'metadata.json')?.[1].includes('"revision":1') ? one : two;
      assert.deepEqual(Object.fromEntries(texts), revision);
      seen.set(String(revision === one), (seen.get(String(revision === one)) ?? 0) + 1);
    }
    assert.equal(seen.size, 2, 'both contents were met');
  });

  it('is checked and taken whole every time, too', () => {
    const log = createLog({ level: 'silent', format: 'json' });
    const opening = openCredentialFolder({ provider: 'apple', directory, log, pollMilliseconds: 0 });
    assert.ok('folder' in opening);
    const { folder } = opening;
    const revisions = new Set<number | undefined>();
    const until = swapped() + 300;
    for (let count = 0; count < 100 || swapped() < until || revisions.size < 2; count += 1) {
      const { metadata, fingerprint, warnings } = folder.refresh();
      assert.equal(folder.rejected(), undefined);
      assert.equal(metadata?.fingerprint, fingerprint);
      assert.equal(warnings.length, 1, 'that the root is unknown, and nothing else');
      revisions.add(metadata.revision);
    }
  });
});
