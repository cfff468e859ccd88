import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { metrics } from '../../src/metrics.ts';
import { readRunbook } from '../support/runbook/runbook.ts';
import { runbookPath } from '../support/runbook/run-blocks.ts';
import { type Alert, alertsOf, isAlert, renderMonitoring } from './alerts/rules.ts';
import { retryRows } from './alerts/retry-rows.ts';

const { rules, dashboards } = await renderMonitoring();
const alerts = alertsOf(rules);
const page = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const runbooks = readdirSync(new URL('../../runbooks', import.meta.url)).map((file) => file.replace(/\.md$/, ''));
const procedures = ['wallet-certificates', 'point-expiration', 'wallet-sync'];

/** Metrics and labels that a text names: of a metric with a selector, the labels in it. */
function namedIn(text: string): { metric: string; labels: string[] }[] {
  return [...text.matchAll(/\b(loyalty[_:][a-z0-9_:]*[a-z0-9])\b(?:\{([^}]*)\})?/g)].map(
    ([, metric = '', selector = '']) => ({
      metric,
      labels: [...selector.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g)].map(([, label = '']) => label),
    }),
  );
}

const scraped = ['namespace', 'pod', 'job', 'instance', 'le'];

/** What a metric or a recorded series has; undefined: there is none of that name. */
function labelsOf(name: string): readonly string[] | undefined {
  const recorded = rules.groups.flatMap((group) => group.rules).find((rule) => !isAlert(rule) && rule.record === name);
  if (recorded) return ['window'];
  const base = name.replace(/_(bucket|sum|count)$/, '') as keyof typeof metrics;
  const definition =
    metrics[name as keyof typeof metrics] ?? (metrics[base]?.type === 'histogram' ? metrics[base] : undefined);
  return definition?.labels;
}

function assertKnown(text: string, where: string): void {
  for (const { metric, labels } of namedIn(text)) {
    const known = labelsOf(metric);
    assert.ok(known, `${where} names the metric ${metric}, which nothing serves`);
    for (const label of labels) assert.ok([...known, ...scraped].includes(label), `${where}: ${metric} has no label ${label}`); // prettier-ignore
  }
}

describe('alerts, dashboards and runbooks', () => {
  for (const rule of rules.groups.flatMap((group) => group.rules)) {
    const name = isAlert(rule) ? rule.alert : rule.record;
    it(`name metrics and labels that are served: ${name}`, () => assertKnown(rule.expr, name));
  }

  for (const { metadata, data } of dashboards) {
    it(`name metrics and labels that are served: ${metadata.name}`, () => {
      const { panels } = JSON.parse(Object.values(data)[0] ?? '') as { panels: { targets: { expr: string }[] }[] };
      const queries = panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));
      assert.ok(queries.length > 5);
      for (const query of queries) assertKnown(query, metadata.name);
    });
  }

  for (const runbook of runbooks) {
    it(`name metrics and labels that are served: runbooks/${runbook}.md`, () =>
      assertKnown(page(`runbooks/${runbook}.md`), runbook));
  }

  it('are checked by something that finds what is not served', () => {
    assert.throws(() => assertKnown('rate(loyalty_no_such_total[5m])', 'this'), /loyalty_no_such_total/);
    assert.throws(() => assertKnown('loyalty_stale_passes{color="red"}', 'this'), /no label color/);
  });

  const whole = (alert: Alert): boolean =>
    /^P[012]$/.test(alert.labels.severity) && Object.values(alert.annotations).every((text) => text.length > 0);
  for (const alert of alerts) {
    it(`say of ${alert.alert} how severe it is, what it means and where its page is`, () => {
      assert.ok(whole(alert), JSON.stringify(alert));
      assert.ok(alert.annotations.runbook_url.endsWith(`/runbooks/${alert.alert}.md`), alert.annotations.runbook_url);
      const { title, sections, blocks } = readRunbook(runbookPath(alert.alert));
      assert.equal(title, alert.alert);
      assert.deepEqual(sections, ['Meaning', 'Impact', 'Diagnosis', 'Mitigation']);
      assert.ok(blocks.some(({ section }) => section === 'Diagnosis'), 'it has commands'); // prettier-ignore
    });
  }

  it('have no page for nothing', () => {
    const wanted = [...alerts.map(({ alert }) => alert), ...procedures, 'README'];
    assert.deepEqual(runbooks.toSorted(), wanted.toSorted());
  });

  it('are listed in docs/monitoring.md', () => {
    const rows = alerts.map(({ alert, labels, annotations }) => {
      return `| ${labels.severity} | [${alert}](../runbooks/${alert}.md) | ${annotations.summary} |`;
    });
    const listed = page('docs/monitoring.md').split('\n').filter((line) => /^\| P\d /.test(line)); // prettier-ignore
    assert.deepEqual(listed, rows.toSorted());
  });

  it('are routed in docs/monitoring.md as in deploy/monitoring/alertmanager.yaml', () => {
    assert.ok(page('docs/monitoring.md').includes(page('deploy/monitoring/alertmanager.yaml')));
  });

  it('tell of retries what the code does', () => {
    const rows = page('runbooks/wallet-sync.md').split('\n').filter((line) => line.startsWith('| `')); // prettier-ignore
    assert.deepEqual(rows, retryRows());
  });
});
