import type { KubernetesClient } from '../adapters/kubernetes/client.ts';
import { createEventRecorder } from '../adapters/kubernetes/event-recorder.ts';
import { alwaysLeading, createLeaderElection } from '../adapters/kubernetes/lease.ts';
import { describePermission, missingPermissions, type Permission } from '../adapters/kubernetes/permissions.ts';
import { isUnavailable } from '../adapters/kubernetes/api-error.ts';
import { backoff, pause } from '../adapters/kubernetes/backoff.ts';
import type { RestartReason } from '../adapters/kubernetes/restart-reason.ts';
import type { CheckThread } from '../adapters/thread/check-thread.ts';
import type { Note } from '../domain/credentials/promotion/notes.ts';
import type { Credential, OnlineVerdict } from '../domain/credentials/verdict.ts';
import type { WalletCredential } from '../domain/credentials/wallet-credential.ts';
import { ConfigurationError, messageOf } from '../errors.ts';
import { type Log, logEvents } from '../log.ts';
import { createNamespaceCache } from './cache.ts';
import { createCollector } from './collector.ts';
import { createGatherer } from './gather.ts';
import { controllerPermissions } from './permissions.ts';
import type { Lane } from './queue.ts';
import { createReconcile } from './reconcile.ts';
import { startHealthServer } from '../health-server.ts';
import { createVerifier } from './verifier.ts';
import { createWorkers } from './workers.ts';
import { createWriter } from './write.ts';

export interface ControllerOptions {
  client: KubernetesClient;
  checks: CheckThread;
  ask(credential: Credential, signal: AbortSignal): Promise<OnlineVerdict>;
  namespaces: readonly string[];
  /** undefined: no election, this process always acts. */
  lease: { namespace: string; name: string } | undefined;
  host: string;
  port: number;
  log: Log;
}

export interface Controller {
  port: number;
  /** Ends gracefully: what is in work ends (within half a second, else it is broken off), the lease is given back. */
  stop(): Promise<void>;
}

/** Milliseconds. With the two seconds until another replica looks at the lease it has to stay below three. */
const stopGrace = 500;

/** How the controller is wired, on one screen: caches → queue → reconcile (gather, decide, write), under an election. */
export async function startController(options: ControllerOptions): Promise<Controller> {
  const { client, checks, log, namespaces, lease } = options;
  const stopping = new AbortController();
  const electing = new AbortController();
  const lastErrors = new Map<string, string>();
  let leading = false;
  let terms = 0;
  let permitted = false;
  const now = (): Date => new Date();

  const caches = namespaces.map((namespace) =>
    createNamespaceCache({
      client,
      namespace,
      onChange: (key) => leading && workers.queue.add(key, laneOf(key)),
      onRestart: (resource, reason, error) => noteRestart(namespace, resource, reason, error),
    }),
  );
  const cacheOf = (key: string) => caches.find((cache) => key.startsWith(`${cache.namespace}/`));
  /** What is live is rotated before what is new is promoted: a thousand new credentials must not delay a rotation. */
  const laneOf = (key: string): Lane => (cacheOf(key)?.credentials.get(key)?.status?.live ? 'change' : 'resync');
  const verifier = createVerifier({
    client,
    checks,
    ask: (credential, signal) => options.ask(credential, signal),
    now,
    onAnswer(key, { outcome, reason, message, fingerprint }) {
      const event = { verified: logEvents.verified, refused: logEvents.refused, unreachable: logEvents.unreachable }[
        outcome
      ];
      log[outcome === 'verified' ? 'info' : 'warn'](
        { event, credential: key, reason, fingerprint: fingerprint.slice(0, 12) },
        message,
      );
      workers.queue.add(key);
    },
  });
  const gatherer = createGatherer({ client, checks, verifications: (key) => verifier.of(key) });
  const election = lease
    ? createLeaderElection({ client, ...lease, onElected: lead, onLost: follow, onUnreachable: leaseUnreachable })
    : { ...alwaysLeading, run: async () => lead() };
  const writer = createWriter({ client, remaining: () => election.remaining() });
  const events = createEventRecorder({
    client,
    component: 'loyalty-controller',
    instance: lease?.name ?? 'loyalty-controller',
    now,
    onFailure: (error) => log.warn({ event: logEvents.eventNotWritten }, messageOf(error)),
  });
  const reconcile = createReconcile({ cacheOf, gatherer, writer, verifier, events, onNote, onGone: forget, now });
  const workers = createWorkers({
    reconcile,
    onResult(key, result, seconds, error) {
      collector.onResult(result, seconds);
      if (result === 'deadline')
        log.error({ event: logEvents.reconcileHung, credential: key, seconds }, messageOf(error));
      else if (result === 'error') log.error({ event: logEvents.reconcileFailed, credential: key }, messageOf(error));
      else if (error) log.debug({ event: logEvents.reconcileFailed, credential: key, result }, messageOf(error));
    },
  });
  const collector = createCollector({ caches, workers, leading: () => leading });

  function forget(key: string): void {
    gatherer.forget(key);
    verifier.forget(key);
    collector.forget(key);
  }

  function lead(): void {
    // The answer to the last call for the lease came while we stop: it is given back at once.
    if (electing.signal.aborted) return;
    leading = true;
    const term = ++terms;
    log.info({ event: logEvents.leaderElected }, 'leading');
    void whenSynced().then(() => {
      if (!leading || term !== terms || electing.signal.aborted) return;
      for (const cache of caches) {
        for (const { metadata } of cache.credentials.values())
          workers.queue.add(`${metadata.namespace}/${metadata.name}`, 'resync');
      }
      workers.start();
    });
  }

  function follow(): void {
    leading = false;
    verifier.stop();
    workers.queue.clear();
    void workers.stop(0);
    log.warn({ event: logEvents.leaderLost }, 'not leading any more; going on as a standby');
  }

  function leaseUnreachable(error: unknown): void {
    log.warn({ event: logEvents.leaseUnreachable }, messageOf(error));
  }

  function noteRestart(namespace: string, resource: string, reason: RestartReason, error: unknown): void {
    lastErrors.set(`${resource} in namespace ${namespace}`, messageOf(error));
    const level = reason === 'refused' ? 'error' : 'info';
    log[level]({ event: logEvents.watchRestarted, resource, namespace, reason }, messageOf(error));
  }

  function onNote(resource: WalletCredential, note: Note): void {
    collector.onNote(resource, note);
    const { namespace, name } = resource.metadata;
    const fields = { event: noteEvents[note.kind], credential: `${namespace}/${name}`, reason: note.reason };
    log[note.type === 'Warning' ? 'warn' : 'info'](fields, note.message);
  }

  function notReady(): string[] {
    if (!permitted) return ['waiting for the API server, to see whether the permissions suffice'];
    const waiting = caches.flatMap(({ namespace, credentials, secrets }) => [
      ...(credentials.synced() ? [] : [`walletcredentials in namespace ${namespace}`]),
      ...(secrets.synced() ? [] : [`secrets in namespace ${namespace}`]),
    ]);
    return waiting.map(
      (what) => `waiting for the first list of ${what}${lastErrors.has(what) ? `: ${lastErrors.get(what)}` : ''}`,
    );
  }

  async function whenSynced(): Promise<void> {
    while (notReady().length > 0 && !stopping.signal.aborted) await new Promise((resolve) => setTimeout(resolve, 20));
  }

  const server = await startHealthServer({
    host: options.host,
    port: options.port,
    registry: collector.registry,
    notReady,
  });
  await requirePermissions(options, stopping.signal).catch(async (error: unknown) => {
    await server.close();
    throw error;
  });
  permitted = true;
  const reflecting = caches.flatMap((cache) => [
    cache.credentials.run(stopping.signal),
    cache.secrets.run(stopping.signal),
  ]);
  const elected = election.run(electing.signal);
  log.info(
    { event: logEvents.controllerStarted, namespaces, port: server.port },
    `serving /metrics on port ${server.port}`,
  );

  async function stop(): Promise<void> {
    log.info({ event: logEvents.controllerStopping }, 'stopping');
    await workers.stop(stopGrace);
    verifier.stop();
    workers.queue.stop();
    electing.abort();
    await elected;
    leading = false;
    await Promise.race([events.settled(), pause(stopGrace, new AbortController().signal)]);
    stopping.abort(new Error('stopping'));
    await Promise.all([...reflecting, server.close(), checks.close()]);
    await client.close();
    log.info({ event: logEvents.controllerStopped }, 'stopped');
  }

  return { port: server.port, stop };
}

const noteEvents: Record<Note['kind'], string> = {
  promoted: logEvents.promoted,
  rolled_back: logEvents.rolledBack,
  restored: logEvents.restored,
  rejected: logEvents.rejected,
  refused: logEvents.refused,
  conflict: logEvents.conflict,
  expiring: logEvents.expiring,
  rotation_due: logEvents.rotationDue,
  unknown_root: logEvents.unknownRoot,
};

/** Milliseconds for which an API server that has just started may not have read its roles yet, and refuses everything. */
const roleless = 10_000;

/** Asked before anything else, and until the API server answers: a missing permission would otherwise show hours later. */
async function requirePermissions(
  { client, namespaces, lease, log }: ControllerOptions,
  signal: AbortSignal,
): Promise<void> {
  let awayAt = -Infinity;
  for (let attempt = 0; !signal.aborted; attempt++) {
    try {
      const missing = await missingPermissions(client, controllerPermissions(namespaces, lease));
      if (missing.length > 0) throw new ConfigurationError(missing.map(describeMissing));
      return;
    } catch (error) {
      const away = isUnavailable(error);
      if (away) awayAt = performance.now();
      else if (!(error instanceof ConfigurationError) || performance.now() - awayAt > roleless) throw error;
      log.warn({ event: logEvents.apiServerUnavailable }, messageOf(error));
      await pause(backoff(attempt, 200, 2_000, Math.random), signal);
    }
  }
}

function describeMissing(permission: Permission): string {
  return `Permission missing: ${describePermission(permission)}. Grant it in the Role (see deploy/manifests/controller.yaml).`;
}
