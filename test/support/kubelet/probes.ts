import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect } from 'node:net';
import { pause } from '../../../src/adapters/kubernetes/backoff.ts';
import type { ContainerProcess } from './container-process.ts';
import type { Container, Handler, Probe } from './pod-object.ts';

export interface ProbeTarget {
  container: Container;
  podIp: string;
  process: ContainerProcess;
}

/** Undefined when it succeeded, else what went wrong. */
type Outcome = string | undefined;

/** Until its first success a startup or readiness probe looks this often: a suite must not wait for `periodSeconds`. */
const eager = 200;

/**
 * Probes until the signal aborts, and tells when enough successes or failures in a row have come; of the looks that are more
 * frequent than `periodSeconds`, failures count once a period.
 */
export async function runProbe(
  probe: Probe,
  target: ProbeTarget,
  options: { eager: boolean; signal: AbortSignal; onHealth: (healthy: boolean, message: string) => void },
): Promise<void> {
  const { initialDelaySeconds = 0, periodSeconds = 10, successThreshold = 1, failureThreshold = 3 } = probe;
  const { signal } = options;
  const period = periodSeconds * 1_000;
  let [successes, failures, counted] = [0, 0, -Infinity];
  let healthy = false;
  await pause(initialDelaySeconds * 1_000, signal);
  while (!signal.aborted) {
    const outcome = await handle(probe, target, (probe.timeoutSeconds ?? 1) * 1_000);
    if (signal.aborted) return;
    successes = outcome === undefined ? successes + 1 : 0;
    if (outcome === undefined) failures = 0;
    else if (Date.now() - counted >= period - eager / 2) [failures, counted] = [failures + 1, Date.now()];
    if (successes >= successThreshold) healthy = true;
    if (failures >= failureThreshold) healthy = false;
    if (healthy || failures >= failureThreshold) options.onHealth(healthy, outcome ?? '');
    await pause(options.eager && !healthy ? Math.min(eager, period) : period, signal);
  }
}

/** Does what a probe or a preStop hook asks for, once. */
export async function handle(handler: Handler, target: ProbeTarget, timeout: number): Promise<Outcome> {
  const { httpGet, tcpSocket, exec } = handler;
  if (httpGet) return get(httpGet, target, timeout);
  if (tcpSocket) return dial(tcpSocket.host ?? target.podIp, portOf(tcpSocket.port, target), timeout);
  if (!exec?.command) return undefined;
  const { succeeded, output } = await target.process.execute(exec.command, timeout);
  return succeeded ? undefined : output || 'the command failed';
}

function portOf(port: number | string, { container }: ProbeTarget): number {
  return container.ports?.find(({ name }) => name === port)?.containerPort ?? Number(port);
}

function get(action: NonNullable<Handler['httpGet']>, target: ProbeTarget, timeout: number): Promise<Outcome> {
  const { path = '/', host = target.podIp, scheme = 'HTTP', httpHeaders = [] } = action;
  const headers = Object.fromEntries(httpHeaders.map(({ name, value }) => [name, value]));
  const options = {
    host,
    port: portOf(action.port, target),
    path,
    agent: false as const,
    headers: { 'user-agent': 'kube-probe/1.36', ...headers },
  };
  return new Promise((resolve) => {
    const answered = (statusCode = 0): void =>
      resolve(statusCode >= 200 && statusCode < 400 ? undefined : `HTTP probe failed with statuscode: ${statusCode}`);
    const request = scheme === 'HTTPS' ? httpsRequest({ ...options, rejectUnauthorized: false }) : httpRequest(options);
    const limit = setTimeout(() => request.destroy(new Error(`no answer within ${timeout} ms`)), timeout);
    request.once('response', (response) => {
      answered(response.statusCode);
      response.destroy();
    });
    request.once('error', (error) => resolve(error.message));
    request.once('close', () => clearTimeout(limit));
    request.end();
  });
}

function dial(host: string, port: number, timeout: number): Promise<Outcome> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout });
    socket.once('connect', () => resolve(undefined));
    socket.once('timeout', () => resolve(`no connection within ${timeout} ms`));
    socket.once('error', (error) => resolve(error.message));
    for (const event of ['connect', 'timeout'] as const) socket.once(event, () => socket.destroy());
  });
}
