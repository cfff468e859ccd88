/** A metric: docs/metrics.md is generated from these tables, and the collectors take their help texts from them. */
export interface MetricDefinition {
  type: 'gauge' | 'counter' | 'histogram';
  help: string;
  labels: readonly string[];
}

const credential = ['namespace', 'name', 'provider'] as const;

/** Served by the controller. Series of resources come from the leader only. */
export const controllerMetrics = {
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
} as const satisfies Record<string, MetricDefinition>;

/** Served by each replica of the API about itself. */
export const requestMetrics = {
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
  loyalty_apple_device_complaints_total: {
    type: 'counter',
    help: 'What iPhones wrote to /v1/log, by class: unregistered_serial_listed, ignored_if_modified_since, unchanged_pass_listed, missing_last_modified, spurious_push, missing_or_unchanged_tag, other. Anyone can write there.',
    labels: ['class'],
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
    help: 'How late the event loop was since the last scrape (percentiles of the delay of a timer; 100 is the longest).',
    labels: ['percentile'],
  },
} as const satisfies Record<string, MetricDefinition>;

const task = ['task'] as const;
const platform = ['platform'] as const;

/** Served by every replica of the API alike: what jobs have left in the database. */
export const jobMetrics = {
  loyalty_job_last_success_timestamp_seconds: {
    type: 'gauge',
    help: 'When the last run of all merchants ended in which none failed, in seconds of the epoch. Dry runs and runs of some merchants do not count. No series before the first.',
    labels: task,
  },
  loyalty_job_last_run_timestamp_seconds: {
    type: 'gauge',
    help: 'When the last run of all merchants ended, whether or not merchants failed in it, in seconds of the epoch. Dry runs, runs of some merchants and abandoned ones do not count. No series before the first.',
    labels: task,
  },
  loyalty_job_expected_since_timestamp_seconds: {
    type: 'gauge',
    help: 'Since when runs of the job are to be expected, so that one that never succeeded is missed too: since the database can record them, in seconds of the epoch. sync-wallets only where a wallet is configured.',
    labels: task,
  },
  loyalty_job_failed_merchants: {
    type: 'gauge',
    help: 'Merchants whose latest outcome is that they failed, whichever run it was.',
    labels: task,
  },
  loyalty_job_last_run_duration_seconds: {
    type: 'gauge',
    help: 'How long the last run of all merchants took, from its begin to its end; when it was resumed, the pause included.',
    labels: task,
  },
  loyalty_expired_points_total: {
    type: 'counter',
    help: 'Points that runs of expire-points have taken, ever; what was restored is not subtracted.',
    labels: [],
  },
  loyalty_stale_passes: {
    type: 'gauge',
    help: 'Passes that customers have and whose latest content has not reached the platform.',
    labels: platform,
  },
  loyalty_oldest_stale_pass_age_seconds: {
    type: 'gauge',
    help: 'Since when the first of them is stale; 0 when none is. Without those that only look otherwise and are due later, that wait for a change of their card, or are dead.',
    labels: platform,
  },
  loyalty_dead_passes: {
    type: 'gauge',
    help: 'Passes that failed ten times in a row: they are tried once a day, and at once when the card changes or a new credential goes live.',
    labels: platform,
  },
  loyalty_wallet_platform_stopped: {
    type: 'gauge',
    help: 'Whether sync-wallets was stopped because the platform refuses us as a whole (credential, issuer, topic), and nothing was taken since. No series before anything was sent.',
    labels: platform,
  },
  loyalty_wallet_requests_total: {
    type: 'counter',
    help: 'What came of what was sent to the platform: objects and classes of Google, pushes of Apple, by outcome (the retry table in the runbook of the wallet sync).',
    labels: ['platform', 'outcome'],
  },
  loyalty_ledger_imbalanced_cards: {
    type: 'gauge',
    help: 'Cards whose balance is not the sum of their entries or of their lots, by the latest verification of each merchant.',
    labels: [],
  },
  loyalty_ledger_last_verified_timestamp_seconds: {
    type: 'gauge',
    help: 'When the ledger of the merchant was last verified who was not for longest, in seconds of the epoch; of one that never was, when the merchant was made. No series without a merchant.',
    labels: [],
  },
  loyalty_job_metrics_age_seconds: {
    type: 'gauge',
    help: 'When the metrics of jobs, passes and the ledger were read from the database, in seconds before the scrape. It grows beyond 30 or twice the scrape interval while they cannot be read.',
    labels: [],
  },
} as const satisfies Record<string, MetricDefinition>;

/** Every metric of every process. */
export const metrics = { ...controllerMetrics, ...requestMetrics, ...jobMetrics } as const;

export type MetricName = keyof typeof metrics;
