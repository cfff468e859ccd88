import { type Rendered, renderChart, requiredValues } from '../../support/helm.ts';
import type { ServiceMonitor } from '../../support/prometheus/service-targets.ts';

export type Severity = 'P0' | 'P1' | 'P2';

/** An alerting rule of the chart. */
export interface Alert {
  alert: string;
  expr: string;
  for?: string;
  labels: { severity: Severity } & Record<string, string>;
  annotations: { summary: string; description: string; runbook_url: string };
}

export interface Recording {
  record: string;
  expr: string;
  labels?: Record<string, string>;
}

/** What the spec of a PrometheusRule and a file of rules have alike. */
export interface Rules {
  groups: { name: string; rules: (Alert | Recording)[] }[];
}

/** What the chart renders for Prometheus, with some settings in place of the defaults. */
export interface RenderedMonitoring {
  rules: Rules;
  serviceMonitors: ServiceMonitor[];
  /** The ConfigMaps with the dashboards. */
  dashboards: (Rendered & { data: Record<string, string> })[];
}

export async function renderMonitoring(settings: Record<string, string | number> = {}): Promise<RenderedMonitoring> {
  const enabled = true;
  const monitoring = { prometheusRule: { enabled, settings }, serviceMonitors: { enabled }, dashboards: { enabled } };
  const objects = await renderChart({ ...requiredValues, monitoring });
  const of = (kind: string): unknown[] => objects.filter((object) => object.kind === kind);
  const [rule] = of('PrometheusRule') as { spec: Rules }[];
  if (rule === undefined) throw new Error('the chart renders no PrometheusRule');
  const dashboards = of('ConfigMap') as RenderedMonitoring['dashboards'];
  return {
    rules: rule.spec,
    serviceMonitors: of('ServiceMonitor') as ServiceMonitor[],
    dashboards: dashboards.filter(({ metadata }) => metadata.labels['grafana_dashboard'] === '1'),
  };
}

export function isAlert(rule: Alert | Recording): rule is Alert {
  return 'alert' in rule;
}

export function alertsOf({ groups }: Rules): Alert[] {
  return groups.flatMap(({ rules }) => rules.filter(isAlert));
}
