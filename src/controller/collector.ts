import { collectDefaultMetrics, Counter, Histogram, type Registry } from 'prom-client';
import { keyOf } from '../adapters/kubernetes/reflected-items.ts';
import type { Note } from '../domain/credentials/promotion/notes.ts';
import { providerOf, type WalletCredential } from '../domain/credentials/wallet-credential.ts';
import { type MetricName, metrics } from '../metrics.ts';
import type { NamespaceCache } from './cache.ts';
import { renderLabels, renderSample, ResourceRegistry, type Sample } from './exposition.ts';
import type { ReconcileResult, Workers } from './workers.ts';

export interface Collector {
  registry: Registry;
  onResult(result: ReconcileResult, seconds: number): void;
  onNote(resource: WalletCredential, note: Note): void;
  forget(key: string): void;
}

type Samples = (resource: WalletCredential) => readonly Sample[];

/** Lines of the text format, without the last line end; empty where the resource has no such series. */
function render(name: MetricName, resource: WalletCredential, samples: Samples): string {
  const found = samples(resource);
  if (found.length === 0) return '';
  const { namespace, name: credential } = resource.metadata;
  const shared = renderLabels({ namespace, name: credential, provider: providerOf(resource.spec) });
  return found.map((sample) => renderSample(name, shared, sample)).join('\n');
}

/** Counted in this process, for one resource. */
interface Counts {
  rejections: Map<string, number>;
  rollbacks: number;
}

const notShown = [
  ...['min', 'max', 'mean', 'stddev', 'p50', 'p90', 'p99'].map((figure) => `nodejs_eventloop_lag_${figure}_seconds`),
  // Gauges whose names end like counters: promtool objects.
  ...['handles', 'requests', 'resources'].map((what) => `nodejs_active_${what}_total`),
];

/** A source that fails in ever new ways must not fill the database of Prometheus: its latest reasons take what is left of these. */
const mostSeries = 14;
const reasonsKept = 5;

/**
 * Metrics computed at scrape from what is known at that moment: a deleted resource is gone at the next scrape, an unknown instant
 * emits no series. Series of resources come from the leader only, so that two replicas never contradict each other.
 */
export function createCollector(deps: {
  caches: readonly NamespaceCache[];
  workers: Pick<Workers, 'queue' | 'inProgress'>;
  leading: () => boolean;
}): Collector {
  const registry = new ResourceRegistry();
  const counts = new Map<string, Counts>();
  // A changed resource is another object, so what is rendered of one stays true.
  const rendered = new WeakMap<WalletCredential, Map<MetricName, string>>();

  // A histogram of the event loop's lag wakes the process a hundred times a second for nothing: once a second, and not shown.
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: 1_000 });
  for (const name of notShown) registry.removeSingleMetric(name);

  function computed(name: MetricName, samples: () => Iterable<Sample>): void {
    const lines = (): string[] => [...samples()].map((sample) => renderSample(name, '', sample));
    registry.registerRendered({ name, ...metrics[name], lines });
  }

  function resources(): WalletCredential[] {
    return deps.leading() ? deps.caches.flatMap((cache) => [...cache.credentials.values()]) : [];
  }

  /** From the resource alone: rendered once for each version of it. */
  function perResource(name: MetricName, samples: Samples): void {
    function linesOf(resource: WalletCredential): string {
      const known = rendered.get(resource) ?? new Map<MetricName, string>();
      const text = known.get(name) ?? render(name, resource, samples);
      rendered.set(resource, known.set(name, text));
      return text;
    }
    const lines = (): string[] => resources().map(linesOf).filter(Boolean);
    registry.registerRendered({ name, ...metrics[name], lines });
  }

  /** From what this process counts: rendered at each scrape. */
  function perProcess(name: MetricName, samples: Samples): void {
    const lines = (): string[] =>
      resources()
        .map((resource) => render(name, resource, samples))
        .filter(Boolean);
    registry.registerRendered({ name, ...metrics[name], lines });
  }

  for (const [name, samples] of fromStatus) perResource(name, samples);
  perProcess('loyalty_wallet_credential_rejections_total', (resource) => {
    const { rejections = new Map<string, number>(), rollbacks = 0 } = counts.get(keyOf(resource.metadata)) ?? {};
    if (rejections.size === 0) return [];
    const taken = fromStatus.reduce((sum, [, samples]) => sum + samples(resource).length, 0);
    // One for the reconcile in progress, whether or not one is.
    const left = Math.max(1, mostSeries - taken - 1 - (rollbacks > 0 ? 1 : 0));
    return [...rejections].slice(-left).map(([reason, value]) => ({ labels: { reason }, value }));
  });
  perProcess('loyalty_wallet_credential_rollbacks_total', ({ metadata }) => {
    const rollbacks = counts.get(keyOf(metadata))?.rollbacks ?? 0;
    return rollbacks > 0 ? [{ value: rollbacks }] : [];
  });
  perProcess('loyalty_wallet_credential_reconcile_in_progress_since_timestamp_seconds', ({ metadata }) => {
    const since = deps.workers.inProgress().get(keyOf(metadata));
    return since === undefined ? [] : [{ value: since / 1_000 }];
  });

  const results = new Counter({
    name: 'loyalty_controller_reconcile_total' satisfies MetricName,
    help: metrics.loyalty_controller_reconcile_total.help,
    labelNames: ['result'],
    registers: [registry],
  });
  const durations = new Histogram({
    name: 'loyalty_controller_reconcile_duration_seconds' satisfies MetricName,
    help: metrics.loyalty_controller_reconcile_duration_seconds.help,
    buckets: [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    registers: [registry],
  });
  computed('loyalty_controller_queue_depth', () => [{ value: deps.workers.queue.depth() }]);
  computed('loyalty_controller_queue_oldest_age_seconds', () => [{ value: deps.workers.queue.oldestAge() / 1_000 }]);
  computed('loyalty_controller_leader', () => [{ value: deps.leading() ? 1 : 0 }]);
  computed('loyalty_controller_watch_last_activity_timestamp_seconds', () =>
    watches(deps.caches).flatMap(lastActivity),
  );
  computed('loyalty_controller_watch_restarts_total', () => watches(deps.caches).flatMap(restarts));

  function countsOf(key: string): Counts {
    const known = counts.get(key) ?? { rejections: new Map<string, number>(), rollbacks: 0 };
    counts.set(key, known);
    return known;
  }

  function onNote(resource: WalletCredential, note: Note): void {
    const known = countsOf(keyOf(resource.metadata));
    if (note.kind === 'rolled_back') known.rollbacks += 1;
    if (note.kind !== 'rejected' && note.kind !== 'refused') return;
    const count = (known.rejections.get(note.reason) ?? 0) + 1;
    known.rejections.delete(note.reason);
    known.rejections.set(note.reason, count);
    for (const reason of [...known.rejections.keys()].slice(0, -reasonsKept)) known.rejections.delete(reason);
  }

  return {
    registry,
    onResult(result, seconds) {
      results.inc({ result });
      durations.observe(seconds);
    },
    onNote,
    forget: (key) => void counts.delete(key),
  };
}

function instant(timestamp: string | undefined, labels?: Record<string, string>): Sample[] {
  if (timestamp === undefined) return [];
  const value = Date.parse(timestamp) / 1_000;
  return Number.isNaN(value) ? [] : [{ value, ...(labels && { labels }) }];
}

/** The series that a resource's status makes. */
const fromStatus: readonly [MetricName, (resource: WalletCredential) => Sample[]][] = [
  ['loyalty_wallet_credential_expiration_timestamp_seconds', expirations],
  ['loyalty_wallet_credential_not_before_timestamp_seconds', beginnings],
  ['loyalty_wallet_credential_rotation_due_timestamp_seconds', ({ status }) => instant(status?.rotateBy)],
  [
    'loyalty_wallet_credential_condition',
    ({ status }) =>
      (status?.conditions ?? []).map(({ type, status, reason }) => ({ labels: { type, status, reason }, value: 1 })),
  ],
  ['loyalty_wallet_credential_live_revision', ({ status }) => (status?.live ? [{ value: status.live.revision }] : [])],
  ['loyalty_wallet_credential_last_promotion_timestamp_seconds', ({ status }) => instant(status?.live?.since)],
];

/** Of the signer certificate: the WWDR is Apple's, and its age tells nobody anything. */
function beginnings({ status }: WalletCredential): Sample[] {
  const signers = (status?.certificates ?? []).filter(({ role }) => role === 'signer');
  return signers.flatMap(({ role, notBefore }) => instant(notBefore, { role }));
}

/** One series a certificate; a key that an organisation gave an end has the role `key`. */
function expirations({ status }: WalletCredential): Sample[] {
  const certificates = (status?.certificates ?? []).flatMap(({ role, notAfter }) => instant(notAfter, { role }));
  return certificates.length > 0 ? certificates : instant(status?.expiresAt, { role: 'key' });
}

interface WatchFigures {
  resource: string;
  reflectors: { lastActivity(): number | undefined; restarts(): ReadonlyMap<string, number> }[];
}

function watches(caches: readonly NamespaceCache[]): WatchFigures[] {
  return [
    { resource: 'walletcredentials', reflectors: caches.map((cache) => cache.credentials) },
    { resource: 'secrets', reflectors: caches.map((cache) => cache.secrets) },
  ];
}

function lastActivity({ resource, reflectors }: WatchFigures): Sample[] {
  const known = reflectors.map((reflector) => reflector.lastActivity()).filter((at) => at !== undefined);
  return known.length === 0 ? [] : [{ labels: { resource }, value: Math.min(...known) / 1_000 }];
}

function restarts({ resource, reflectors }: WatchFigures): Sample[] {
  const sums = new Map<string, number>();
  for (const reflector of reflectors) {
    for (const [reason, count] of reflector.restarts()) sums.set(reason, (sums.get(reason) ?? 0) + count);
  }
  return [...sums].map(([reason, value]) => ({ labels: { resource, reason }, value }));
}
