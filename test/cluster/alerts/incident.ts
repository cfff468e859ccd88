import assert from 'node:assert/strict';
import { type Severity } from '../../deploy/alerts/rules.ts';
import type { Monitoring, ReceivedAlert } from '../../support/prometheus/prometheus.ts';
import { runBlocks, type Situation } from '../../support/runbook/run-blocks.ts';
import type { OperatedCluster } from './operated-cluster.ts';

/** Something that goes wrong, of which an alert tells, and that its runbook sets right. */
export interface Incident {
  alert: string;
  severity: Severity;
  /** Labels of the alert beside its severity. */
  labels: Record<string, string>;
  /** Makes it happen. */
  begin: () => Promise<unknown>;
  /** What the reader has at hand. */
  reader?: () => Partial<Pick<Situation, 'calls' | 'files' | 'before'>>;
  /** What the page leaves to somebody else. */
  end?: () => Promise<unknown>;
}

const receivers: Record<Severity, string> = {
  P0: 'orion-loyalty-pager',
  P1: 'orion-loyalty-day',
  P2: 'orion-loyalty-week',
};

/** How an incident went: it resolves when all is as it should be. */
export type Outcomes = Map<string, Promise<void>>;

interface Deps {
  cluster: OperatedCluster;
  monitoring: Monitoring;
}

/** Makes them happen together; when all alerts are there, does what the page of each says, one after the other; all are resolved in the end. */
export async function live(incidents: readonly Incident[], { cluster, monitoring }: Deps): Promise<void> {
  await Promise.all(incidents.map(({ begin }) => begin()));
  await Promise.all(
    incidents.map(async ({ alert, labels, severity }) =>
      assertReceived(await monitoring.whenFiring(alert, labels), severity),
    ),
  );
  for (const { alert, labels, reader, end } of incidents) {
    const environment = { ...cluster.reader.environment, ...(labels['name'] && { NAME: labels['name'] }) };
    await runBlocks(alert, { ...cluster.reader, ...reader?.(), environment });
    await end?.();
  }
  await Promise.all(incidents.map(({ alert, labels }) => monitoring.whenResolved(alert, labels)));
}

function assertReceived({ labels, annotations, receivers: by }: ReceivedAlert, severity: Severity): void {
  const { alertname = '' } = labels;
  assert.equal(labels['severity'], severity, alertname);
  assert.deepEqual(by.map(({ name }) => name), [receivers[severity]], alertname); // prettier-ignore
  assert.match(annotations['runbook_url'] ?? '', new RegExp(`/runbooks/${alertname}\\.md$`));
  for (const text of Object.values(annotations)) assert.doesNotMatch(text, /no value|\{\{|\$\{/, alertname);
}
