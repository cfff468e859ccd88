import type { Container, Probe } from './pod-object.ts';
import { type ProbeTarget, runProbe } from './probes.ts';

export interface HealthListener {
  onStarted: () => void;
  onReady: (ready: boolean) => void;
  /** A startup or liveness probe has failed: the container must be restarted. */
  onDead: (because: string, graceSeconds: number | undefined) => void;
  onFailure: (message: string) => void;
}

/** Probes a running container until the signal aborts: liveness and readiness once it has started. */
export function watchHealth(
  container: Container,
  target: ProbeTarget,
  signal: AbortSignal,
  listener: HealthListener,
): void {
  const { startupProbe, livenessProbe, readinessProbe } = container;
  const dead = (kind: string, { terminationGracePeriodSeconds }: Probe, message: string): void => {
    listener.onFailure(`${kind} probe failed: ${message}`);
    listener.onDead(`failed ${kind.toLowerCase()} probe`, terminationGracePeriodSeconds);
  };

  function started(): void {
    listener.onStarted();
    if (!readinessProbe) listener.onReady(true);
    else void runProbe(readinessProbe, target, { eager: true, signal, onHealth: readiness });
    if (livenessProbe)
      void runProbe(livenessProbe, target, { eager: false, signal, onHealth: liveness(livenessProbe) });
  }

  function readiness(ready: boolean, message: string): void {
    if (!ready) listener.onFailure(`Readiness probe failed: ${message}`);
    listener.onReady(ready);
  }

  function liveness(probe: Probe): (alive: boolean, message: string) => void {
    return (alive, message) => (alive ? undefined : dead('Liveness', probe, message));
  }

  if (!startupProbe) return started();
  const starting = new AbortController();
  const onHealth = (up: boolean, message: string): void => {
    starting.abort();
    if (up) started();
    else dead('Startup', startupProbe, message);
  };
  void runProbe(startupProbe, target, { eager: true, signal: AbortSignal.any([signal, starting.signal]), onHealth });
}
