/**
 * Every metric of every process: name, type, labels and meaning. docs/metrics.md is generated from this table, and the
 * collectors take their help texts from it.
 */
export interface MetricDefinition {
  type: 'gauge' | 'counter' | 'histogram';
  help: string;
  labels: readonly string[];
}

const credential = ['namespace', 'name', 'provider'] as const;

export const metrics = {
  loyalty_wallet_credential_expiration_timestamp_seconds: {
    type: 'gauge',
    help: 'When a certificate or key of the live credential ends, in seconds of the epoch. No series where there is no date.',
    labels: [...credential, 'role'],
  },
  loyalty_wallet_credential_not_before_timestamp_seconds: {
    type: 'gauge',
    help: 'When the signer certificate of the live credential became valid, in seconds of the epoch.',
    labels: [...credential, 'role'],
  },
  loyalty_wallet_credential_rotation_due_timestamp_seconds: {
    type: 'gauge',
    help: 'When the live key is to be replaced by, in seconds of the epoch. No series without a rotation interval.',
    labels: credential,
  },
  loyalty_wallet_credential_condition: {
    type: 'gauge',
    help: 'The conditions of a WalletCredential: 1 for the status and reason that each type has now.',
    labels: [...credential, 'type', 'status', 'reason'],
  },
  loyalty_wallet_credential_live_revision: {
    type: 'gauge',
    help: 'Number of the revision that is live. No series while nothing is.',
    labels: credential,
  },
  loyalty_wallet_credential_last_promotion_timestamp_seconds: {
    type: 'gauge',
    help: 'Since when the live revision is live, in seconds of the epoch.',
    labels: credential,
  },
  loyalty_wallet_credential_rejections_total: {
    type: 'counter',
    help: 'Sources that were rejected since this process started, by reason (the latest ones, within 14 series a resource).',
    labels: [...credential, 'reason'],
  },
  loyalty_wallet_credential_rollbacks_total: {
    type: 'counter',
    help: 'Rollbacks to an earlier revision since this process started.',
    labels: credential,
  },
  loyalty_wallet_credential_reconcile_in_progress_since_timestamp_seconds: {
    type: 'gauge',
    help: 'Since when the reconcile at hand runs, in seconds of the epoch. No series while none runs.',
    labels: credential,
  },
  loyalty_controller_reconcile_total: {
    type: 'counter',
    help: 'Reconciles by result: success, conflict (looked again), unavailable (no API server), error (backs off), deadline.',
    labels: ['result'],
  },
  loyalty_controller_reconcile_duration_seconds: { type: 'histogram', help: 'How long a reconcile takes.', labels: [] },
  loyalty_controller_queue_depth: { type: 'gauge', help: 'WalletCredentials that wait for a reconcile.', labels: [] },
  loyalty_controller_queue_oldest_age_seconds: {
    type: 'gauge',
    help: 'How long the first of them has waited.',
    labels: [],
  },
  loyalty_controller_watch_last_activity_timestamp_seconds: {
    type: 'gauge',
    help: 'When anything last arrived on the watch (the oldest of several namespaces), in seconds of the epoch.',
    labels: ['resource'],
  },
  loyalty_controller_watch_restarts_total: {
    type: 'counter',
    help: 'How often the watch was opened again, by reason.',
    labels: ['resource', 'reason'],
  },
  loyalty_controller_leader: { type: 'gauge', help: 'Whether this replica holds the Lease.', labels: [] },
  loyalty_http_request_duration_seconds: {
    type: 'histogram',
    help: 'How long the API took to answer, by route template; `none` where no route fits.',
    labels: ['method', 'route', 'status'],
  },
  loyalty_http_requests_in_flight: { type: 'gauge', help: 'Requests that are being answered.', labels: [] },
  loyalty_http_unparsable_requests_total: {
    type: 'counter',
    help: 'What arrived and was no HTTP request, was too large in its headers or too slow, by status of the answer.',
    labels: ['status'],
  },
  loyalty_database_pool_connections: {
    type: 'gauge',
    help: 'Connections of the pool to PostgreSQL: used, idle, or being opened.',
    labels: ['state'],
  },
  loyalty_database_pool_waiting: {
    type: 'gauge',
    help: 'Requests that wait for a connection of the pool.',
    labels: [],
  },
  loyalty_database_pool_size: { type: 'gauge', help: 'DATABASE_POOL_SIZE.', labels: [] },
  loyalty_event_loop_lag_seconds: {
    type: 'gauge',
    help: 'How late the event loop was since the last scrape (quantiles of the delay of a timer).',
    labels: ['quantile'],
  },
} as const satisfies Record<string, MetricDefinition>;

export type MetricName = keyof typeof metrics;
