import assert from 'node:assert/strict';
import type { RenderedMonitoring } from '../../deploy/alerts/rules.ts';
import type { Monitoring } from '../../support/prometheus/prometheus.ts';
import { eventually } from '../../support/wait.ts';

interface DashboardModel {
  panels: { title: string; targets: { expr: string }[] }[];
}

/** The queries of a dashboard of the chart, as Grafana sends them for all namespaces. */
export function queriesOf({ dashboards }: RenderedMonitoring, file: string): { title: string; query: string }[] {
  const texts = dashboards.flatMap(({ data }) => (data[file] === undefined ? [] : [data[file]]));
  assert.equal(texts.length, 1, `one ConfigMap has ${file}`);
  const { panels } = JSON.parse(texts[0] ?? '') as DashboardModel;
  return panels.flatMap(({ title, targets }) =>
    targets.map(({ expr }) => {
      const query = expr.replaceAll('$namespace', '.*').replaceAll('$__rate_interval', '2m');
      assert.doesNotMatch(query, /\$/, `${title} has a variable that is not known here`);
      return { title, query };
    }),
  );
}

/** Every query has data. */
export async function assertData(monitoring: Monitoring, queries: ReturnType<typeof queriesOf>): Promise<void> {
  for (const { title, query } of queries) {
    const hasData = async (): Promise<void> => assert.ok((await monitoring.query(query)) > 0, query);
    await eventually(hasData, { describe: `data in the panel ${title}`, intervalMilliseconds: 500 });
  }
}
