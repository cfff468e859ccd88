import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { inspect, promisify } from 'node:util';
import type { Worker } from 'node:worker_threads';
import {
  createCheckThread,
  type CheckThread,
  type CheckThreadOptions,
} from '../../../src/adapters/thread/check-thread.ts';
import type { Verdict } from '../../../src/domain/credentials/verdict.ts';
import type { WalletCredentialSpec } from '../../../src/domain/credentials/wallet-credential.ts';
import { appleFlaws, type AppleFlaw } from '../../../src/example-credentials/apple-flaws.ts';
import { appleForms } from '../../../src/example-credentials/apple-material.ts';
import { createAppleSource } from '../../../src/example-credentials/apple-source.ts';
import { googleFlaws, type GoogleFlaw } from '../../../src/example-credentials/google-flaws.ts';
import { createGoogleSource } from '../../../src/example-credentials/google-source.ts';
import { createPkcs12 } from '../../../src/example-credentials/pkcs12.ts';
import { toBytes, type SourceData } from '../../../src/example-credentials/source-data.ts';
import {
  appleData,
  appleSpec,
  authority,
  check,
  googleData,
  googleSpec,
  material,
  now,
  passTypeIdentifier,
  passphrase,
  secretName,
  signerKey,
  teamIdentifier,
} from '../../domain/credentials/checks/check-examples.ts';
import { eventually } from '../../support/wait.ts';

const appleRootsPem = authority.root.certificate.pem;
const open: CheckThread[] = [];

function create(options: Partial<CheckThreadOptions> = {}): CheckThread {
  const thread = createCheckThread({ appleRootsPem, ...options });
  open.push(thread);
  return thread;
}

function threadFile(name: string): URL {
  return new URL(`./threads/${name}.ts`, import.meta.url);
}

function bytesOf(data: SourceData): Record<string, Uint8Array> {
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, toBytes(value)]));
}

function inThread(thread: CheckThread, data: SourceData, spec: WalletCredentialSpec = appleSpec): Promise<Verdict> {
  return thread.check({ name: secretName, spec, data: bytesOf(data), now });
}

/** A verdict with its key material, for comparison. */
function revealed(verdict: Verdict): unknown {
  return verdict.accepted ? { ...verdict, files: verdict.credential.files.reveal() } : verdict;
}

function reasonOf(verdict: Verdict): string {
  return verdict.accepted ? 'accepted' : verdict.reason;
}

afterEach(async () => {
  await Promise.all(open.splice(0).map((thread) => thread.close()));
});

describe('the check thread', () => {
  it('gives the verdicts of checkSource unchanged, for every form and flaw', async () => {
    const thread = create();
    const request = { authority, passTypeIdentifier, teamIdentifier, now, key: signerKey };
    const apple = [
      ...appleForms.map((form) => appleData(form)),
      ...Object.keys(appleFlaws).map((flaw) => createAppleSource({ ...request, flaw: flaw as AppleFlaw }).data),
    ];
    const flawed = (flaw: GoogleFlaw) => createGoogleSource({ privateKey: signerKey.privateKey, flaw }).data;
    const google = [googleData(), ...Object.keys(googleFlaws).map((flaw) => flawed(flaw as GoogleFlaw))];
    for (const [spec, sources] of [
      [appleSpec, apple],
      [googleSpec, google],
    ] as const) {
      for (const data of sources) {
        assert.deepEqual(revealed(await inThread(thread, data, spec)), revealed(check(data, spec)));
      }
    }
  });

  it('redacts key material on the way out', async () => {
    const verdict = await inThread(create(), appleData());
    assert.ok(verdict.accepted);
    assert.match(verdict.credential.files.reveal()['signer.key'] ?? '', /BEGIN PRIVATE KEY/);
    assert.doesNotMatch(inspect(verdict, { depth: 9 }) + JSON.stringify(verdict), /BEGIN PRIVATE KEY/);
  });

  it("leaves the caller's bytes alone, and does not take what the spec does not name", async () => {
    const data = bytesOf({ ...appleData(), 'other.key': 'something else' });
    const before = Object.fromEntries(Object.entries(data).map(([key, bytes]) => [key, Buffer.from(bytes)]));
    const verdict = await create().check({ name: secretName, spec: appleSpec, data, now });
    assert.equal(reasonOf(verdict), 'accepted');
    assert.deepEqual(data, before);
  });

  it('answers many checks at once, each its own, in order', async () => {
    const thread = create();
    const order: number[] = [];
    const sources = [appleData(), {}, googleData(), appleData('pkcs12')];
    const verdicts = await Promise.all(
      Array.from({ length: 40 }, async (_, index) => {
        const verdict = await inThread(thread, sources[index % 4] ?? {}, index % 4 === 2 ? googleSpec : appleSpec);
        order.push(index);
        return reasonOf(verdict);
      }),
    );
    assert.deepEqual(
      verdicts,
      Array.from({ length: 10 }, () => ['accepted', 'DataKeyMissing', 'accepted', 'accepted']).flat(),
    );
    assert.deepEqual(
      order,
      order.toSorted((one, other) => one - other),
    );
  });

  it('lets the event loop run while it works', async () => {
    const { signer, wwdr } = material();
    const work = { iterations: 1, claimedIterations: 600_000, passphrase };
    const file = createPkcs12({ certificates: [signer, wwdr], privateKey: signerKey.privateKey, ...work });
    let done = false;
    // The work takes a second, and several times that on a busy machine: the bound is not what this is about.
    const patient = create({ timeoutMilliseconds: 30_000 });
    const checked = inThread(patient, { 'signer.p12': file, passphrase }).finally(() => (done = true));
    let turns = 0;
    for (; !done; turns += 1) await new Promise((resolve) => setImmediate(resolve));
    assert.equal(reasonOf(await checked), 'WrongPassphrase');
    assert.ok(turns > 2, `${turns} turns of the event loop`);
  });

  it('ends when it is idle, and is there again when it is asked', async () => {
    const workers: Worker[] = [];
    let ended = 0;
    const onWorker = (worker: Worker): void => {
      workers.push(worker.on('exit', () => (ended += 1)));
    };
    process.on('worker', onWorker);
    const thread = create({ idleMilliseconds: 1 });
    for (let turn = 1; turn <= 2; turn += 1) {
      assert.equal(reasonOf(await inThread(thread, appleData())), 'accepted');
      await eventually(() => ended === turn, { describe: 'the idle thread to end' });
    }
    process.off('worker', onWorker);
    assert.equal(workers.length, 2);
  });

  it('does not keep a process alive that has nothing else to do', async () => {
    const source = new URL('../../../src/adapters/thread/check-thread.ts', import.meta.url);
    const script = `
      const { createCheckThread } = await import(${JSON.stringify(source.href)});
      const thread = createCheckThread({ appleRootsPem: '' });
      const spec = { google: { issuerId: '1', key: 'k' } };
      console.log((await thread.check({ name: 'x', spec, data: {}, now: new Date() })).reason);
    `;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script]);
    assert.equal(stdout, 'DataKeyMissing\n');
  });

  it('starts ahead of the check when it is warmed, once', async () => {
    const workers: Worker[] = [];
    const onWorker = (worker: Worker): void => void workers.push(worker);
    process.on('worker', onWorker);
    const thread = create();
    thread.warm();
    thread.warm();
    await eventually(() => workers.length === 1, { describe: 'the thread to start' });
    assert.equal(reasonOf(await inThread(thread, appleData())), 'accepted');
    process.off('worker', onWorker);
    assert.equal(workers.length, 1);
  });
});

describe('the check thread under load that is not honest', () => {
  it('is ended after its time, and serves the next from a new one', async () => {
    const thread = create({ threadFile: threadFile('endless'), timeoutMilliseconds: 50 });
    const endless = thread.check({ name: 'endless', spec: appleSpec, data: {}, now });
    const next = thread.check({ name: 'quick', spec: appleSpec, data: {}, now });
    assert.deepEqual(await endless, {
      accepted: false,
      reason: 'TooExpensive',
      message:
        'Reading Secret endless took more than 0.05 s or 128 MB and was ended; a credential takes a few milliseconds. Export the certificate and key again with usual settings, with fewer than 600,000 iterations for example.',
    });
    assert.deepEqual(await next, { accepted: false, reason: 'MalformedJson', message: 'quick' });
  });

  it('counts time from when the work starts, not while it waits', async () => {
    const thread = create({ threadFile: threadFile('endless'), timeoutMilliseconds: 300 });
    const names = ['one', 'two', 'quick', 'three', 'quick'];
    const verdicts = await Promise.all(names.map((name) => thread.check({ name, spec: appleSpec, data: {}, now })));
    assert.deepEqual(verdicts.map(reasonOf), [
      'TooExpensive',
      'TooExpensive',
      'MalformedJson',
      'TooExpensive',
      'MalformedJson',
    ]);
  });

  it('is ended when it takes too much memory', async () => {
    const thread = create({ threadFile: threadFile('greedy'), memoryMegabytes: 32, timeoutMilliseconds: 25_000 });
    const verdict = await thread.check({ name: 'greedy', spec: appleSpec, data: {}, now });
    assert.equal(reasonOf(verdict), 'TooExpensive');
  });

  it('answers for a thread that crashed or went away', async () => {
    const thread = create({ threadFile: threadFile('ending') });
    for (const name of ['throw', 'exit', 'throw']) {
      const verdict = await thread.check({ name, spec: appleSpec, data: {}, now });
      assert.equal(reasonOf(verdict), 'TooExpensive');
      assert.doesNotMatch(JSON.stringify(verdict), /PRIVATE KEY/);
    }
  });

  it('rejects when no thread starts, and does not call that expensive', async () => {
    const thread = create({ threadFile: threadFile('broken') });
    for (let turn = 0; turn < 2; turn += 1) {
      await assert.rejects(inThread(thread, appleData()), /the thread that checks credentials did not start \(Error\)/);
    }
  });

  it('rejects on a defect of ours, with the place', async () => {
    const thread = create({ threadFile: threadFile('defective') });
    await assert.rejects(inThread(thread, appleData()), /checking a credential failed: TypeError\n {4}at checkSource/);
  });
});

describe('closing the check thread', () => {
  it('rejects what is not done and what comes later', async () => {
    const thread = create({ threadFile: threadFile('endless') });
    const checks = ['one', 'two'].map((name) => thread.check({ name, spec: appleSpec, data: {}, now }));
    const ended = Promise.allSettled(checks);
    await thread.close();
    assert.deepEqual(
      (await ended).map(({ status }) => status),
      ['rejected', 'rejected'],
    );
    await assert.rejects(inThread(thread, appleData()), /the thread that checks credentials is closed/);
    thread.warm();
    await thread.close();
  });
});
