import assert from 'node:assert/strict';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { deployPath } from '../../deploy/manifests.ts';
import { freePort } from '../control-plane/ports.ts';
import { type Program, startProgram, untilReady } from '../control-plane/program.ts';
import { startWatchdog } from '../control-plane/watchdog.ts';
import { eventually } from '../wait.ts';

/** An alert as Alertmanager has it. */
export interface ReceivedAlert {
  labels: Record<string, string>;
  annotations: Record<string, string>;
  receivers: { name: string }[];
  startsAt: string;
}

/** A real Prometheus with a real Alertmanager. */
export interface Monitoring {
  /** What has fired and is not resolved. */
  alerts(): Promise<ReceivedAlert[]>;
  whenFiring(alert: string, labels: Record<string, string>, deadlineSeconds?: number): Promise<ReceivedAlert>;
  whenResolved(alert: string, labels: Record<string, string>, deadlineSeconds?: number): Promise<void>;
  /** The number of series that a query has now. @throws Error with what Prometheus says of it. */
  query(expression: string): Promise<number>;
  stop(): Promise<void>;
}

export interface MonitoringOptions {
  rules: object;
  /** Of Prometheus' configuration. */
  scrapes: object[];
}

const second = '1s';

/** Starts Debian's Prometheus and Alertmanager: scrapes and evaluates every second, and routes as deploy/monitoring says. */
export async function startMonitoring({ rules, scrapes }: MonitoringOptions): Promise<Monitoring> {
  const directory = await mkdtemp(join(tmpdir(), 'monitoring-'));
  const watchdog = startWatchdog({ remove: directory });
  const running = new Set<Program>();
  const start = (name: string, variable: string, ...flags: string[]): Program =>
    startProgram({ name, command: process.env[variable] ?? name, arguments: flags, directory, watchdog, running });
  const stop = async (): Promise<void> => {
    for (const program of [...running].toReversed()) await program.kill('SIGTERM');
    await watchdog.release();
  };
  try {
    const alertmanager = `127.0.0.1:${await freePort()}`;
    const prometheus = `127.0.0.1:${await freePort()}`;
    await writeFile(join(directory, 'rules.yaml'), stringify(rules));
    const config = {
      global: { scrape_interval: second, scrape_timeout: second, evaluation_interval: second },
      rule_files: ['rules.yaml'],
      alerting: { alertmanagers: [{ static_configs: [{ targets: [alertmanager] }] }] },
      scrape_configs: scrapes,
    };
    await writeFile(join(directory, 'prometheus.yaml'), stringify(config));
    const one = start(
      'prometheus-alertmanager',
      'ALERTMANAGER',
      `--config.file=${deployPath('monitoring/alertmanager.yaml')}`,
      `--web.listen-address=${alertmanager}`,
      '--cluster.listen-address=',
    );
    const other = start(
      'prometheus',
      'PROMETHEUS',
      '--config.file=prometheus.yaml',
      `--web.listen-address=${prometheus}`,
      '--storage.tsdb.path=data',
      // An alert goes on for that long after a restart, and an unchanged one is sent again so often.
      '--rules.alert.resend-delay=2s',
    );
    await untilReady(one, async () => (await fetch(`http://${alertmanager}/-/ready`)).ok);
    await untilReady(other, async () => (await fetch(`http://${prometheus}/-/ready`)).ok);
    return { ...reading(prometheus, alertmanager), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function reading(prometheus: string, alertmanager: string): Omit<Monitoring, 'stop'> {
  async function alerts(): Promise<ReceivedAlert[]> {
    const response = await fetch(`http://${alertmanager}/api/v2/alerts`);
    assert.equal(response.status, 200);
    return (await response.json()) as ReceivedAlert[];
  }

  async function find(alert: string, labels: Record<string, string>): Promise<ReceivedAlert | undefined> {
    const wanted = Object.entries({ alertname: alert, ...labels });
    return (await alerts()).find((one) => wanted.every(([label, value]) => one.labels[label] === value));
  }

  return {
    alerts,
    whenFiring: (alert, labels, deadlineSeconds = 40) =>
      eventually(async () => (await find(alert, labels)) ?? null, {
        describe: `${alert} of ${JSON.stringify(labels)} to fire`,
        deadlineSeconds,
        intervalMilliseconds: 200,
      }),
    whenResolved: (alert, labels, deadlineSeconds = 40) =>
      eventually(async () => assert.equal(await find(alert, labels), undefined), {
        describe: `${alert} of ${JSON.stringify(labels)} to be resolved`,
        deadlineSeconds,
        intervalMilliseconds: 200,
      }),
    async query(expression) {
      const body = new URLSearchParams({ query: expression });
      const response = await fetch(`http://${prometheus}/api/v1/query`, { method: 'POST', body });
      const { status, error, data } = (await response.json()) as {
        status: string;
        error?: string;
        data?: { result: unknown[] };
      };
      if (status !== 'success') throw new Error(`${expression}: ${error}`);
      return data?.result.length ?? 0;
    },
  };
}
