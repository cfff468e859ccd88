import assert from 'node:assert/strict';
import { randomBytes, randomInt } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { createReflector } from '../../src/adapters/kubernetes/reflector.ts';
import { decodeWalletCredential, walletCredentialsPath } from '../../src/adapters/kubernetes/wallet-credentials.ts';
import { createCheckThread } from '../../src/adapters/thread/check-thread.ts';
import { sourceReasons } from '../../src/domain/credentials/reasons.ts';
import type { WalletCredential, WalletCredentialStatus } from '../../src/domain/credentials/wallet-credential.ts';
import { appleForms } from '../../src/example-credentials/apple-material.ts';
import { createAppleSource } from '../../src/example-credentials/apple-source.ts';
import { createGoogleSource } from '../../src/example-credentials/google-source.ts';
import { generateRsaKey } from '../../src/example-credentials/key-pair.ts';
import { createPkcs12 } from '../../src/example-credentials/pkcs12.ts';
import { privateKeyPem } from '../../src/example-credentials/private-key-encodings.ts';
import { toBytes, type SourceData } from '../../src/example-credentials/source-data.ts';
import { chanceOf, type Data, mutate, randomNumbers } from '../domain/credentials/checks/mutation.ts';
import type { Namespace } from '../support/cluster.ts';
import { createKeyMaterialSearch } from '../support/key-material.ts';
import { appleSpec, googleSpec, passTypeIdentifier, teamIdentifier } from '../support/sources.ts';
import { type Stage, startStage } from '../support/stage.ts';
import { eventually } from '../support/wait.ts';

const mebibyte = 1024 * 1024;
const inputs = 10_000;
const soak = process.env['SOAK'] === '1';
/** How many of the inputs go through the API server; the others go to the thread that checks, at once. */
const throughServer = soak ? inputs : 500;
const seed = Number(process.env['FUZZ_SEED'] ?? randomInt(2 ** 31));
const passphrase = 'correct-horse-battery-staple';

type Provider = 'apple' | 'google';

describe('garbage in source Secrets', () => {
  let stage: Stage;
  let namespace: Namespace;
  let watch: ReturnType<typeof watchControllers>;
  const key = generateRsaKey();
  const search = createKeyMaterialSearch();

  before(async () => {
    stage = await startStage();
    ({ namespace } = stage);
    await stage.start({ LOG_LEVEL: 'trace' });
    watch = watchControllers(stage);
    search.addKey(key.privateKey);
    search.addText(passphrase);
  });
  after(async () => {
    watch?.end();
    await stage?.stop();
  });

  const apple = (form?: (typeof appleForms)[number]): SourceData => stage.sources.apple({ key, ...(form && { form }) });
  const google = (): SourceData => createGoogleSource({ privateKey: key.privateKey }).data;

  function pkcs12(work: { iterations: number; claimedIterations?: number }): SourceData {
    const request = { authority: stage.sources.authority, passTypeIdentifier, teamIdentifier, now: new Date(), key };
    const { signer, wwdr, signerKey: privateKey } = createAppleSource(request).material;
    return {
      'signer.p12': createPkcs12({ certificates: [signer, wwdr], privateKey, passphrase, ...work }),
      passphrase,
    };
  }

  describe('is told for what it is', () => {
    const other = privateKeyPem(generateRsaKey().privateKey);
    const wide = (count: number): string =>
      JSON.stringify(Object.fromEntries(Array.from({ length: count }, (_, n) => [`f${n}`, n])));
    const cases: Record<string, [provider: Provider, data: () => SourceData, reason: string]> = {
      'no data at all (apple)': ['apple', () => ({}), 'DataKeyMissing'],
      'no data at all (google)': ['google', () => ({}), 'DataKeyMissing'],
      '1 MiB of zeros': ['apple', () => ({ 'signer.pem': Buffer.alloc(mebibyte) }), 'DataKeyMissing'],
      '1 MiB less the rest, of zeros': [
        'apple',
        () => ({ ...apple(), 'signer.pem': Buffer.alloc(mebibyte - 8_192) }),
        'TooLarge',
      ],
      '1 MiB of zeros for a service account': [
        'google',
        () => ({ 'google-wallet-sa.json': Buffer.alloc(mebibyte) }),
        'TooLarge',
      ],
      '1 MiB of zeros as PKCS#12': ['apple', () => ({ 'signer.p12': Buffer.alloc(mebibyte) }), 'TooLarge'],
      '64 KiB of zeros': ['apple', () => ({ ...apple(), 'signer.pem': Buffer.alloc(65_536) }), 'MalformedCertificate'],
      'random bytes as certificate': [
        'apple',
        () => ({ ...apple(), 'signer.pem': randomBytes(50_000) }),
        'MalformedCertificate',
      ],
      'random bytes as key': [
        'apple',
        () => ({ ...apple(), 'signer.key': randomBytes(50_000) }),
        'MalformedPrivateKey',
      ],
      'random bytes as PKCS#12': [
        'apple',
        () => ({ 'signer.p12': randomBytes(50_000), passphrase }),
        'MalformedPkcs12',
      ],
      'random bytes as service account': [
        'google',
        () => ({ 'google-wallet-sa.json': Buffer.concat([Buffer.of(0xfe), randomBytes(50_000)]) }),
        'MalformedJson',
      ],
      'a JSON bomb, deep': ['google', () => ({ 'google-wallet-sa.json': '{"a":'.repeat(13_000) }), 'TooExpensive'],
      'a JSON bomb, wide': ['google', () => ({ 'google-wallet-sa.json': wide(5_000) }), 'NotServiceAccount'],
      'a JSON bomb, too wide': ['google', () => ({ 'google-wallet-sa.json': wide(60_000) }), 'TooLarge'],
      'PEM with two keys': [
        'apple',
        () => ({ ...apple(), 'signer.key': `${other}${privateKeyPem(key.privateKey)}` }),
        'MalformedPrivateKey',
      ],
      'PKCS#12 that claims 10,000,000 iterations': [
        'apple',
        () => pkcs12({ iterations: 1, claimedIterations: 10_000_000 }),
        'TooExpensive',
      ],
    };
    for (const [what, [provider, data, reason]] of Object.entries(cases)) {
      it(`${what}: ${reason}`, async () => {
        const name = what
          .toLowerCase()
          .replaceAll(/[^a-z0-9]+/g, '-')
          .replace(/-$/, '');
        await namespace.putSecret(`${name}-source`, data());
        await namespace.putCredential(name, (provider === 'apple' ? appleSpec : googleSpec)(`${name}-source`));
        await namespace.whenCondition(name, 'SourceAccepted', 'False', reason);
        assert.equal(await namespace.secret(`${name}-live`), undefined);
      });
    }

    it('and PKCS#12 with the most work that is allowed is taken', async () => {
      await namespace.putSecret('slow-source', pkcs12({ iterations: 600_000 }));
      await namespace.putCredential('slow', appleSpec('slow-source'));
      await namespace.whenCondition('slow', 'Ready', 'True');
    });

    it('and such work with the wrong passphrase is refused, ten times at once', async () => {
      const names = Array.from({ length: 10 }, (_, index) => `work-${index}`);
      // All of the work is done before it turns out that the passphrase is another.
      const data = pkcs12({ iterations: 1, claimedIterations: 600_000 });
      for (const name of names) {
        await namespace.putSecret(`${name}-source`, data);
        await namespace.putCredential(name, appleSpec(`${name}-source`));
      }
      for (const name of names) {
        const { status } = await namespace.whenCredential(
          name,
          (found) => found.status?.source?.accepted === false,
          'a reason',
          60,
        );
        assert.match(status?.source?.reason ?? '', /^(WrongPassphrase|TooExpensive)$/);
      }
    });
  });

  describe('damaged at random', () => {
    it(`gets a reason ${inputs} times (FUZZ_SEED=${seed}; ${throughServer} through the API server)`, async function () {
      this.timeout(30 * 60_000);
      const chance = chanceOf(randomNumbers(seed));
      const originals: { provider: Provider; data: Data }[] = [
        ...appleForms.map((form) => ({ provider: 'apple' as const, data: bytesOf(apple(form)) })),
        { provider: 'google', data: bytesOf(google()) },
      ];
      for (const { data } of originals) if (data['passphrase']) search.addText(data['passphrase'].toString());
      const next = (): { provider: Provider; data: Data } => {
        const { provider, data } = chance.pick(originals);
        return { provider, data: mutate(data, chance) };
      };
      const counts: Record<string, number> = {};
      const count = (reason: string): void => {
        assert.ok(reason === 'accepted' || reason in sourceReasons, reason);
        counts[reason] = (counts[reason] ?? 0) + 1;
      };

      const writers = await startWriters(stage);
      await writers.run(throughServer, next, count);
      writers.end();
      const checks = createCheckThread({ appleRootsPem: stage.sources.rootPem });
      for (let left = inputs - throughServer; left > 0; left--) {
        const { provider, data } = next();
        const verdict = await checks.check({ name: 'source', spec: specs[provider], data, now: new Date() });
        if (!verdict.accepted) assert.equal(search.find(verdict.message), undefined);
        count(verdict.accepted ? 'accepted' : verdict.reason);
      }
      await checks.close();
      assert.equal(
        Object.values(counts).reduce((sum, number) => sum + number, 0),
        inputs,
      );
      assert.ok(Object.keys(counts).length >= 8, JSON.stringify(counts));
    });

    it('never ends the controller, nor makes a reconcile fail', () => {
      const { controller } = stage;
      assert.equal(controller.process.exitCode, null);
      const failed = controller.lines().filter(({ event = '' }) => /^(reconcile|process|leader\.l)/.test(event));
      assert.deepEqual(failed, []);
      assert.equal(controller.lines().filter(({ event }) => event === 'leader.elected').length, 1);
    });

    it('keeps neither the Lease nor /healthz waiting', async () => {
      const { longestRenewal, slowestAnswer, renewals, answers } = watch.figures();
      assert.ok(renewals > 5 && answers > 50, `${renewals} renewals and ${answers} answers were seen`);
      assert.ok(longestRenewal <= 4_000, `a renewal of the Lease came ${longestRenewal} ms after the one before`);
      assert.ok(slowestAnswer <= 1_000, `/healthz took ${slowestAnswer} ms`);
    });

    it('shows no piece of a key or a passphrase in log, status, Event or metric', async () => {
      const { client } = stage.cluster;
      const told = {
        log: stage.controller.text(),
        status: JSON.stringify(await client.request({ method: 'GET', path: walletCredentialsPath(namespace.name) })),
        events: JSON.stringify(
          await client.request({ method: 'GET', path: `/api/v1/namespaces/${namespace.name}/events` }),
        ),
        metrics: (await stage.controller.get('/metrics')).body,
      };
      for (const [where, text] of Object.entries(told)) {
        assert.ok(text.length > 10_000, `${where}: ${text.length} characters`);
        assert.equal(search.find(text), undefined, where);
      }
      // The search is no use when it does not find what is there.
      const live = await namespace.secrets();
      assert.notEqual(search.find(JSON.stringify(live)), undefined);
    });
  });
});

const specs = {
  apple: decodeWalletCredential({ metadata: {}, spec: appleSpec('source') }).spec,
  google: decodeWalletCredential({ metadata: {}, spec: googleSpec('source') }).spec,
};

function bytesOf(data: SourceData): Data {
  return Object.fromEntries(Object.entries(data).map(([name, value]) => [name, toBytes(value)]));
}

/** Looks at the Lease and at /healthz all the time. */
function watchControllers({ cluster, namespace, controller }: Stage) {
  const path = `/apis/coordination.k8s.io/v1/namespaces/${namespace.name}/leases/loyalty-controller`;
  const renewals = new Set<number>();
  const answers: number[] = [];
  const ending = new AbortController();

  async function look(): Promise<void> {
    const { spec } = await cluster.client.request<{ spec: { renewTime: string } }>({ method: 'GET', path });
    renewals.add(Date.parse(spec.renewTime));
    const begun = performance.now();
    assert.equal((await controller.get('/healthz')).status, 200);
    answers.push(performance.now() - begun);
  }
  void (async () => {
    while (!ending.signal.aborted) {
      await look().catch(() => answers.push(Number.POSITIVE_INFINITY));
      await sleep(100);
    }
  })();

  return {
    end: () => ending.abort(),
    figures() {
      const instants = [...renewals, Date.now()];
      const gaps = instants.slice(1).map((instant, index) => instant - (instants[index] ?? 0));
      return {
        renewals: renewals.size,
        longestRenewal: Math.max(...gaps),
        answers: answers.length,
        slowestAnswer: Math.max(...answers),
      };
    },
  };
}

/** WalletCredentials whose source is written over and over; what the controller says of each is seen by a watch. */
async function startWriters({ cluster, namespace }: Stage) {
  const names: Record<Provider, string[]> = { apple: [], google: [] };
  for (const [provider, count] of [
    ['apple', 8],
    ['google', 4],
  ] as const) {
    for (let index = 0; index < count; index++) {
      const name = `fuzz-${provider}-${index}`;
      names[provider].push(name);
      await namespace.putCredential(name, (provider === 'apple' ? appleSpec : googleSpec)(`${name}-source`));
    }
  }
  const ending = new AbortController();
  const waiting = new Map<string, () => void>();
  const credentials = createReflector<WalletCredential>({
    client: cluster.client,
    path: walletCredentialsPath(namespace.name),
    pageSize: 500,
    decode: decodeWalletCredential,
    onChange: (name) => waiting.get(name)?.(),
  });
  void credentials.run(ending.signal);

  async function verdictOn(name: string, data: Data): Promise<string> {
    const { metadata } = await namespace.putSecret(`${name}-source`, data);
    const id = `${namespace.name}/${name}`;
    const done = (): WalletCredentialStatus | null => {
      const status = credentials.get(id)?.status;
      return status?.source?.resourceVersion === metadata.resourceVersion ? status : null;
    };
    const status: WalletCredentialStatus = await eventually(
      async () => {
        if (!done()) await new Promise<void>((resolve) => waiting.set(id, resolve));
        return done();
      },
      { describe: `a verdict on ${name}`, deadlineSeconds: 30 },
    );
    return status.source?.accepted ? 'accepted' : (status.source?.reason ?? 'none');
  }

  /** So many inputs, each to a WalletCredential that waits for none. */
  async function run(
    count: number,
    next: () => { provider: Provider; data: Data },
    onReason: (reason: string) => void,
  ): Promise<void> {
    const free = { apple: [...names.apple], google: [...names.google] };
    const working = new Set<Promise<void>>();
    for (let left = count; left > 0; left--) {
      const { provider, data } = next();
      while (free[provider].length === 0) await Promise.race(working);
      const name = free[provider].pop() ?? '';
      const work: Promise<void> = verdictOn(name, data).then((reason) => {
        free[provider].push(name);
        working.delete(work);
        onReason(reason);
      });
      working.add(work);
    }
    await Promise.all(working);
  }

  return { run, end: () => ending.abort() };
}
