/** Grafana's model of a dashboard, as far as ours use it. */
interface Dashboard {
  uid: string;
  title: string;
  [field: string]: unknown;
}

type Unit = 'short' | 's' | 'reqps' | 'percentunit' | 'dateTimeFromNow';

/** A panel: its queries, each with the legend of its series. */
interface Panel {
  title: string;
  description?: string;
  type: 'timeseries' | 'stat' | 'table';
  unit: Unit;
  /** Of the 24 columns. */
  width: 6 | 8 | 12 | 24;
  queries: [expression: string, legend: string][];
}

const height = 8;
const source = { type: 'prometheus', uid: '${datasource}' };

/** The three dashboards, by the file that each makes. Their queries read what docs/metrics.md lists. */
export const dashboards: Record<string, () => Dashboard> = {
  'wallet-credentials.json': () =>
    dashboard('orion-wallet-credentials', 'Wallet credentials', 'loyalty_wallet_credential_condition', credentials),
  'loyalty-jobs.json': () => dashboard('orion-loyalty-jobs', 'Loyalty jobs', 'loyalty_job_metrics_age_seconds', jobs),
  'api.json': () => dashboard('orion-loyalty-api', 'Loyalty API', 'loyalty_http_requests_in_flight', api),
};

const credential = '{{namespace}}/{{name}}';

const credentials: Panel[] = [
  {
    title: 'Not ready',
    type: 'stat',
    unit: 'short',
    width: 6,
    queries: [
      [
        'count(max by (namespace, name) (loyalty_wallet_credential_condition{namespace=~"$namespace", type="Ready", status!="True"})) or vector(0)',
        'credentials',
      ],
    ],
  },
  {
    title: 'Sources refused',
    description: 'Of a credential whose source is refused, the last good one stays live.',
    type: 'stat',
    unit: 'short',
    width: 6,
    queries: [
      [
        'count(max by (namespace, name) (loyalty_wallet_credential_condition{namespace=~"$namespace", type="SourceAccepted", status="False"})) or vector(0)',
        'credentials',
      ],
    ],
  },
  {
    title: 'Live revision',
    type: 'stat',
    unit: 'short',
    width: 6,
    queries: [
      ['max by (namespace, name) (loyalty_wallet_credential_live_revision{namespace=~"$namespace"})', credential],
    ],
  },
  {
    title: 'Replicas that lead',
    type: 'stat',
    unit: 'short',
    width: 6,
    queries: [['sum(loyalty_controller_leader)', 'leaders']],
  },
  {
    title: 'Time left of certificates and keys',
    type: 'timeseries',
    unit: 's',
    width: 12,
    queries: [
      [
        'min by (namespace, name, role) (loyalty_wallet_credential_expiration_timestamp_seconds{namespace=~"$namespace"}) - time()',
        `${credential} {{role}}`,
      ],
    ],
  },
  {
    title: 'Time left until keys are to be rotated',
    type: 'timeseries',
    unit: 's',
    width: 12,
    queries: [
      [
        'min by (namespace, name) (loyalty_wallet_credential_rotation_due_timestamp_seconds{namespace=~"$namespace"}) - time()',
        credential,
      ],
    ],
  },
  {
    title: 'Conditions',
    type: 'table',
    unit: 'short',
    width: 12,
    queries: [
      [
        'max by (namespace, name, type, status, reason) (loyalty_wallet_credential_condition{namespace=~"$namespace"})',
        `${credential} {{type}} {{status}} {{reason}}`,
      ],
    ],
  },
  {
    title: 'Rejections and rollbacks',
    type: 'timeseries',
    unit: 'short',
    width: 12,
    queries: [
      [
        'sum by (namespace, name, reason) (increase(loyalty_wallet_credential_rejections_total{namespace=~"$namespace"}[$__rate_interval]))',
        `${credential} {{reason}}`,
      ],
      [
        'sum by (namespace, name) (increase(loyalty_wallet_credential_rollbacks_total{namespace=~"$namespace"}[$__rate_interval]))',
        `${credential} rolled back`,
      ],
    ],
  },
  {
    title: 'Since the last promotion',
    type: 'timeseries',
    unit: 's',
    width: 8,
    queries: [
      [
        'time() - max by (namespace, name) (loyalty_wallet_credential_last_promotion_timestamp_seconds{namespace=~"$namespace"})',
        credential,
      ],
    ],
  },
  {
    title: 'Reconciles',
    type: 'timeseries',
    unit: 'reqps',
    width: 8,
    queries: [['sum by (result) (rate(loyalty_controller_reconcile_total[$__rate_interval]))', '{{result}}']],
  },
  {
    title: 'Reconcile duration, 99 of 100',
    type: 'timeseries',
    unit: 's',
    width: 8,
    queries: [
      [
        'histogram_quantile(0.99, sum by (le) (rate(loyalty_controller_reconcile_duration_seconds_bucket[$__rate_interval])))',
        'p99',
      ],
    ],
  },
  {
    title: 'Queue: oldest',
    type: 'timeseries',
    unit: 's',
    width: 12,
    queries: [['max by (namespace) (loyalty_controller_queue_oldest_age_seconds)', '{{namespace}}']],
  },
  {
    title: 'Watches: since anything arrived',
    type: 'timeseries',
    unit: 's',
    width: 12,
    queries: [
      [
        'time() - min by (namespace, resource) (loyalty_controller_watch_last_activity_timestamp_seconds)',
        '{{resource}}',
      ],
    ],
  },
];

const jobs: Panel[] = [
  {
    title: 'Since the last success',
    description: 'Of runs of all merchants in which none failed.',
    type: 'stat',
    unit: 's',
    width: 8,
    queries: [
      ['time() - max by (task) (loyalty_job_last_success_timestamp_seconds{namespace=~"$namespace"})', '{{task}}'],
    ],
  },
  {
    title: 'Since the last run',
    type: 'stat',
    unit: 's',
    width: 8,
    queries: [['time() - max by (task) (loyalty_job_last_run_timestamp_seconds{namespace=~"$namespace"})', '{{task}}']],
  },
  {
    title: 'Merchants that failed',
    type: 'stat',
    unit: 'short',
    width: 8,
    queries: [['max by (task) (loyalty_job_failed_merchants{namespace=~"$namespace"})', '{{task}}']],
  },
  {
    title: 'Duration of the last run',
    type: 'timeseries',
    unit: 's',
    width: 12,
    queries: [['max by (task) (loyalty_job_last_run_duration_seconds{namespace=~"$namespace"})', '{{task}}']],
  },
  {
    title: 'Points expired in a day',
    type: 'timeseries',
    unit: 'short',
    width: 12,
    queries: [['max(increase(loyalty_expired_points_total{namespace=~"$namespace"}[1d]))', 'points']],
  },
  {
    title: 'Stale passes',
    type: 'timeseries',
    unit: 'short',
    width: 8,
    queries: [['max by (platform) (loyalty_stale_passes{namespace=~"$namespace"})', '{{platform}}']],
  },
  {
    title: 'Age of the oldest stale pass',
    type: 'timeseries',
    unit: 's',
    width: 8,
    queries: [['max by (platform) (loyalty_oldest_stale_pass_age_seconds{namespace=~"$namespace"})', '{{platform}}']],
  },
  {
    title: 'Imbalanced cards',
    type: 'stat',
    unit: 'short',
    width: 8,
    queries: [['max(loyalty_ledger_imbalanced_cards{namespace=~"$namespace"})', 'cards']],
  },
  {
    title: 'Since the ledger was verified',
    description: 'Of the merchant who was not for longest.',
    type: 'stat',
    unit: 's',
    width: 12,
    queries: [['time() - max(loyalty_ledger_last_verified_timestamp_seconds{namespace=~"$namespace"})', 'ledger']],
  },
  {
    title: 'Age of these figures',
    type: 'timeseries',
    unit: 's',
    width: 12,
    queries: [['max by (pod) (loyalty_job_metrics_age_seconds{namespace=~"$namespace"})', '{{pod}}']],
  },
];

const requests = 'loyalty_http_request_duration_seconds';

const api: Panel[] = [
  {
    title: 'Requests',
    type: 'timeseries',
    unit: 'reqps',
    width: 8,
    queries: [[`sum by (route) (rate(${requests}_count{namespace=~"$namespace"}[$__rate_interval]))`, '{{route}}']],
  },
  {
    title: 'Errors',
    type: 'timeseries',
    unit: 'reqps',
    width: 8,
    queries: [
      [
        `sum by (route, status) (rate(${requests}_count{namespace=~"$namespace", status=~"[45].."}[$__rate_interval]))`,
        '{{route}} {{status}}',
      ],
    ],
  },
  {
    title: 'Duration',
    type: 'timeseries',
    unit: 's',
    width: 8,
    queries: (['0.5', '0.99'] as const).map((share) => [
      `histogram_quantile(${share}, sum by (le) (rate(${requests}_bucket{namespace=~"$namespace"}[$__rate_interval])))`,
      `p${Number(share) * 100}`,
    ]),
  },
  {
    title: 'Share of errors, by the windows of the alerts',
    description:
      'With an objective of 99.9 %, 1.44 % over the fast windows page, 0.6 % over the slow ones are for today.',
    type: 'timeseries',
    unit: 'percentunit',
    width: 12,
    queries: [['max by (window) (loyalty:http_error_ratio{namespace=~"$namespace"})', '{{window}}']],
  },
  {
    title: 'Share of the error budget that is left of 30 days',
    description: 'Of an objective of 99.9 %.',
    type: 'stat',
    unit: 'percentunit',
    width: 12,
    queries: [
      [
        `1 - (sum(increase(${requests}_count{namespace=~"$namespace", status=~"5.."}[30d])) or vector(0)) / sum(increase(${requests}_count{namespace=~"$namespace"}[30d])) / 0.001`,
        'left',
      ],
    ],
  },
  {
    title: 'In flight',
    type: 'timeseries',
    unit: 'short',
    width: 6,
    queries: [['sum by (pod) (loyalty_http_requests_in_flight{namespace=~"$namespace"})', '{{pod}}']],
  },
  {
    title: 'Connections of the pool',
    type: 'timeseries',
    unit: 'short',
    width: 6,
    queries: [
      ['sum by (state) (loyalty_database_pool_connections{namespace=~"$namespace"})', '{{state}}'],
      ['sum(loyalty_database_pool_size{namespace=~"$namespace"})', 'size'],
      ['sum(loyalty_database_pool_waiting{namespace=~"$namespace"})', 'waiting'],
    ],
  },
  {
    title: 'Lag of the event loop, 99 of 100',
    type: 'timeseries',
    unit: 's',
    width: 6,
    queries: [['max by (pod) (loyalty_event_loop_lag_seconds{namespace=~"$namespace", percentile="99"})', '{{pod}}']],
  },
  {
    title: 'What was no HTTP request',
    type: 'timeseries',
    unit: 'reqps',
    width: 6,
    queries: [
      [
        'sum by (status) (rate(loyalty_http_unparsable_requests_total{namespace=~"$namespace"}[$__rate_interval]))',
        '{{status}}',
      ],
    ],
  },
];

/** @param shown a metric whose namespaces are offered to choose from */
function dashboard(uid: string, title: string, shown: string, panels: Panel[]): Dashboard {
  return {
    uid,
    title: `Orion Loyalty: ${title}`,
    tags: ['orion-loyalty'],
    schemaVersion: 39,
    editable: false,
    timezone: 'utc',
    time: { from: 'now-24h', to: 'now' },
    refresh: '1m',
    templating: { list: [sourceVariable, namespaceVariable(shown)] },
    panels: placed(panels),
  };
}

const sourceVariable = { name: 'datasource', label: 'Data source', type: 'datasource', query: 'prometheus' };

function namespaceVariable(metric: string): object {
  const query = { query: `label_values(${metric}, namespace)`, refId: 'namespaces' };
  const all = { includeAll: true, multi: true, allValue: '.*', current: { text: 'All', value: '$__all' } };
  return { name: 'namespace', label: 'Namespace', type: 'query', datasource: source, query, refresh: 2, ...all };
}

/** From left to right, and on below where a row is full. */
function placed(panels: Panel[]): object[] {
  let [x, y] = [0, 0];
  return panels.map((panel, index) => {
    if (x + panel.width > 24) [x, y] = [0, y + height];
    const gridPos = { x, y, w: panel.width, h: height };
    x += panel.width;
    return panelObject(panel, index + 1, gridPos);
  });
}

function panelObject({ title, description, type, unit, queries }: Panel, id: number, gridPos: object): object {
  const targets = queries.map(([expr, legendFormat], index) => ({
    refId: String.fromCodePoint(65 + index),
    datasource: source,
    expr,
    legendFormat,
    ...(type === 'timeseries' ? {} : { instant: true, range: false }),
    ...(type === 'table' && { format: 'table' }),
  }));
  const fieldConfig = { defaults: { unit }, overrides: [] };
  return { id, title, ...(description && { description }), type, datasource: source, gridPos, fieldConfig, targets };
}
