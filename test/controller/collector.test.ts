import assert from 'node:assert/strict';
import { createNamespaceCache, type NamespaceCache } from '../../src/controller/cache.ts';
import { type Collector, createCollector } from '../../src/controller/collector.ts';
import { createQueue } from '../../src/controller/queue.ts';
import type { Note } from '../../src/domain/credentials/promotion/notes.ts';
import type { WalletCredential, WalletCredentialStatus } from '../../src/domain/credentials/wallet-credential.ts';
import { metrics } from '../../src/metrics.ts';

const client = {
  request: () => Promise.reject(new Error('no call is made')),
  stream: () => Promise.reject(new Error('no call is made')),
  close: async () => {},
};

const conditions = ['Ready', 'SourceAccepted', 'ExpiringSoon', 'RotationDue', 'Verified'].map((type) => ({
  type: type as 'Ready',
  status: 'True' as const,
  reason: 'Fine',
  message: 'Fine.',
  lastTransitionTime: '2026-01-01T00:00:00Z',
}));

function certificate(role: 'signer' | 'wwdr', notAfter: string) {
  const names = { subject: 'CN=x', issuer: 'CN=y', serialNumber: '01', fingerprint: 'f0' };
  return { role, notBefore: '2026-01-01T00:00:00Z', notAfter, ...names };
}

const live = {
  revision: 3,
  fingerprint: 'f',
  since: '2026-01-02T00:00:00Z',
  secretName: 'x-live',
  resourceVersion: '9',
};

const fullStatus: WalletCredentialStatus = {
  live,
  certificates: [certificate('signer', '2027-01-01T00:00:00Z'), certificate('wwdr', '2030-01-01T00:00:00Z')],
  expiresAt: '2027-01-01T00:00:00Z',
  rotateBy: '2026-06-01T00:00:00Z',
  conditions,
};

let version = 0;

function resource(name: string, status: WalletCredentialStatus | undefined): object {
  const metadata = {
    namespace: 'loyalty',
    name,
    uid: name,
    resourceVersion: String(++version),
    generation: 1,
    creationTimestamp: '2026-01-01T00:00:00Z',
  };
  const apple = { passTypeIdentifier: 'pass.com.example', teamIdentifier: 'ABCDE12345' };
  return { metadata, spec: { secretRef: { name: 'source' }, apple }, status };
}

interface Scene {
  cache: NamespaceCache;
  collector: Collector;
  inProgress: Map<string, number>;
  leading: boolean;
  note: (name: string, kind: Note['kind'], reason: string) => void;
  /** The lines of a scrape that are about resources, without the prefix that they share. */
  series: () => Promise<string[]>;
}

function scene(): Scene {
  const cache = createNamespaceCache({ client, namespace: 'loyalty', onChange() {}, onRestart() {} });
  const inProgress = new Map<string, number>();
  const queue = createQueue({ now: () => 0, onReady() {} });
  const created: Scene = {
    cache,
    inProgress,
    leading: true,
    collector: createCollector({
      caches: [cache],
      workers: { queue, inProgress: () => inProgress },
      leading: () => created.leading,
    }),
    note(name, kind, reason) {
      const about = cache.credentials.get(`loyalty/${name}`) as WalletCredential;
      created.collector.onNote(about, { kind, type: 'Warning', reason, message: '' });
    },
    async series() {
      const text = await created.collector.registry.metrics();
      const prefix = 'loyalty_wallet_credential_';
      return text
        .split('\n')
        .filter((line) => line.startsWith(prefix))
        .map((line) => line.slice(prefix.length));
    },
  };
  return created;
}

const shared = 'namespace="loyalty",name="apple",provider="apple"';

describe('collector', () => {
  it('has the series of the design page for a resource', async () => {
    const { cache, inProgress, note, series } = scene();
    cache.credentials.observe(resource('apple', fullStatus));
    inProgress.set('loyalty/apple', 1_767_225_600_500);
    note('apple', 'rolled_back', 'RolledBack');
    note('apple', 'rejected', 'Expired');
    assert.deepEqual(await series(), [
      `expiration_timestamp_seconds{${shared},role="signer"} 1798761600`,
      `expiration_timestamp_seconds{${shared},role="wwdr"} 1893456000`,
      `not_before_timestamp_seconds{${shared},role="signer"} 1767225600`,
      `rotation_due_timestamp_seconds{${shared}} 1780272000`,
      ...conditions.map(({ type }) => `condition{${shared},type="${type}",status="True",reason="Fine"} 1`),
      `live_revision{${shared}} 3`,
      `last_promotion_timestamp_seconds{${shared}} 1767312000`,
      `rejections_total{${shared},reason="Expired"} 1`,
      `rollbacks_total{${shared}} 1`,
      `reconcile_in_progress_since_timestamp_seconds{${shared}} 1767225600.5`,
    ]);
  });

  it('has at most 14 series for a resource, whatever happens to it: the latest rejections have the room that is left', async () => {
    const { cache, inProgress, note, series } = scene();
    cache.credentials.observe(resource('apple', fullStatus));
    inProgress.set('loyalty/apple', 1);
    const reasons = ['KeyMismatch', 'Expired', 'WeakKey', 'TooLarge', 'CertificateRevoked', 'Expired'];
    for (const reason of reasons) note('apple', 'rejected', reason);
    assert.equal((await series()).length, 14);
    note('apple', 'rolled_back', 'RolledBack');
    const full = await series();
    assert.equal(full.length, 14);
    assert.ok(full.includes(`rejections_total{${shared},reason="Expired"} 2`));
  });

  it('shows several reasons where there is room', async () => {
    const { cache, note, series } = scene();
    const { rotateBy: _, ...status } = fullStatus;
    cache.credentials.observe(resource('apple', status));
    note('apple', 'rejected', 'KeyMismatch');
    note('apple', 'refused', 'CertificateRevoked');
    const rejections = (await series()).filter((line) => line.startsWith('rejections_total'));
    assert.deepEqual(rejections, [
      `rejections_total{${shared},reason="KeyMismatch"} 1`,
      `rejections_total{${shared},reason="CertificateRevoked"} 1`,
    ]);
  });

  it('has no series for an unknown instant, never 0', async () => {
    const { cache, series } = scene();
    cache.credentials.observe(resource('apple', undefined));
    assert.deepEqual(await series(), []);
    cache.credentials.observe(resource('apple', { live, certificates: [], conditions: [] }));
    assert.deepEqual(await series(), [
      `live_revision{${shared}} 3`,
      `last_promotion_timestamp_seconds{${shared}} 1767312000`,
    ]);
  });

  it('gives the end of a Google key the role key', async () => {
    const { cache, series } = scene();
    cache.credentials.observe(resource('apple', { certificates: [], expiresAt: '2027-01-01T00:00:00Z' }));
    assert.deepEqual(await series(), [`expiration_timestamp_seconds{${shared},role="key"} 1798761600`]);
  });

  it('shows what a resource has become at the next scrape, and nothing once it is deleted', async () => {
    const { cache, series } = scene();
    cache.credentials.observe(resource('apple', { live }));
    assert.ok((await series()).includes(`live_revision{${shared}} 3`));
    cache.credentials.observe(resource('apple', { live: { ...live, revision: 4 } }));
    assert.ok((await series()).includes(`live_revision{${shared}} 4`));
    cache.credentials.forget('loyalty/apple', String(++version));
    assert.deepEqual(await series(), []);
  });

  it('has no series of resources on a standby', async () => {
    const created = scene();
    created.cache.credentials.observe(resource('apple', fullStatus));
    created.leading = false;
    assert.deepEqual(await created.series(), []);
    assert.match(await created.collector.registry.metrics(), /^loyalty_controller_leader 0$/m);
  });

  it('forgets what it counted of a resource that is gone', async () => {
    const { cache, collector, note, series } = scene();
    cache.credentials.observe(resource('apple', undefined));
    note('apple', 'rejected', 'Expired');
    collector.forget('loyalty/apple');
    assert.deepEqual(await series(), []);
  });

  it('counts neither promotions nor restored Secrets as rejections', async () => {
    const { cache, note, series } = scene();
    cache.credentials.observe(resource('apple', undefined));
    for (const kind of ['promoted', 'restored', 'conflict', 'expiring', 'rotation_due', 'unknown_root'] as const)
      note('apple', kind, 'Whatever');
    assert.deepEqual(await series(), []);
  });

  it('counts reconciles by result and shows how long they take', async () => {
    const { collector } = scene();
    collector.onResult('success', 0.004);
    collector.onResult('success', 2);
    collector.onResult('conflict', 0.1);
    const text = await collector.registry.metrics();
    assert.match(text, /^loyalty_controller_reconcile_total\{result="success"\} 2$/m);
    assert.match(text, /^loyalty_controller_reconcile_total\{result="conflict"\} 1$/m);
    assert.match(text, /^loyalty_controller_reconcile_duration_seconds_bucket\{le="0.005"\} 1$/m);
    assert.match(text, /^loyalty_controller_reconcile_duration_seconds_count 3$/m);
  });

  it('says of every metric of ours what the reference says', async () => {
    const text = await scene().collector.registry.metrics();
    const own = Object.entries(metrics).filter(([name]) => /^loyalty_(wallet_credential|controller)_/.test(name));
    for (const [name, { help, type }] of own) {
      assert.ok(text.includes(`# HELP ${name} ${help}\n# TYPE ${name} ${type}`), name);
    }
  });

  it('escapes what a label may hold', async () => {
    const { cache, note, series } = scene();
    cache.credentials.observe(resource('apple', undefined));
    note('apple', 'rejected', 'a"b\\c\nd');
    assert.deepEqual(await series(), [`rejections_total{${shared},reason="a\\"b\\\\c\\nd"} 1`]);
  });
});
