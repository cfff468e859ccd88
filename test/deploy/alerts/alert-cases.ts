import type { MetricName } from '../../../src/metrics.ts';

/** What Prometheus has scraped, and which alerts there are then. */
export interface AlertCase {
  /** Minutes between two samples and two evaluations; 1 when absent. */
  interval?: number;
  /** The series with promtool's notation of their values. */
  series: Record<string, string>;
  checks: AlertCheck[];
}

interface AlertCheck {
  alert: string;
  /** promtool's notation of an instant, such as 1h30m. */
  at: string;
  /** The labels of the alert beside its severity; absent: it is silent. */
  fires?: Record<string, string>;
  /** The value as its description shows it. */
  value?: string;
}

type Labels = Record<string, string>;

/** As the ServiceMonitors of the chart make them. */
const controller = {
  namespace: 'loyalty',
  job: 'loyalty-controller',
  pod: 'loyalty-controller-6d4cf56db6-x2x7p',
  instance: '10.1.0.7:8080',
};
const api = { namespace: 'loyalty', job: 'loyalty-api', pod: 'loyalty-api-7c9d9c-abcde', instance: '10.1.0.8:9090' };
const otherApi = { ...api, pod: 'loyalty-api-7c9d9c-fghij', instance: '10.1.0.9:9090' };
const wallet = { namespace: 'shops', name: 'apple', provider: 'apple' };

function series(name: MetricName | `${MetricName}_${'count' | 'bucket'}`, labels: Labels): string {
  const pairs = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
  return `${name}{${pairs.join(', ')}}`;
}

/** Of the WalletCredential apple in namespace shops; honorLabels keeps its namespace. */
function condition(type: string, status: string, reason: string): string {
  return series('loyalty_wallet_credential_condition', { ...controller, ...wallet, type, status, reason });
}

const leader = (labels: Labels = {}): string => series('loyalty_controller_leader', { ...controller, ...labels });
const revision = series('loyalty_wallet_credential_live_revision', { ...controller, ...wallet });
const ofTask = (name: MetricName, task: string, from: Labels = api): string => series(name, { ...from, task });
const ofPlatform = (name: MetricName, platform: string, from: Labels = api): string =>
  series(name, { ...from, platform });
const inNamespace = { namespace: 'loyalty' };

/** Requests to the API, of which some are answered by 503, each so many a minute. */
function requests(good: number, bad: number, minutes: number): Record<string, string> {
  const count = (status: string): string =>
    series('loyalty_http_request_duration_seconds_count', {
      ...api,
      method: 'POST',
      route: '/cards/{id}/earn',
      status,
    });
  return { [count('200')]: `0+${good}x${minutes}`, [count('503')]: `0+${bad}x${minutes}` };
}

/** Requests of which the given share took between one and two and a half seconds, the others at most 50 ms. */
function durations(perMinute: number, slow: number, minutes: number): Record<string, string> {
  const labels = { ...api, method: 'POST', route: '/cards/{id}/earn', status: '200' };
  const bucket = (le: string): string => series('loyalty_http_request_duration_seconds_bucket', { ...labels, le });
  const fast = perMinute - slow;
  return {
    [bucket('0.05')]: `0+${fast}x${minutes}`,
    [bucket('1')]: `0+${fast}x${minutes}`,
    [bucket('2.5')]: `0+${perMinute}x${minutes}`,
    [bucket('+Inf')]: `0+${perMinute}x${minutes}`,
    [series('loyalty_http_request_duration_seconds_count', labels)]: `0+${perMinute}x${minutes}`,
  };
}

export const alertCases: Record<string, AlertCase> = {
  'an expired credential': {
    series: {
      [condition('ExpiringSoon', 'True', 'Expired')]: '_x4 1x20 _x30',
      [condition('Ready', 'False', 'Expired')]: '_x4 1x20 _x30',
    },
    checks: [
      { alert: 'WalletCredentialExpired', at: '3m' },
      { alert: 'WalletCredentialExpired', at: '4m', fires: wallet },
      // One alert says it.
      { alert: 'WalletCredentialNotReady', at: '20m' },
      { alert: 'WalletCredentialExpired', at: '45m' },
    ],
  },
  'an expired credential while one leader takes over from another': {
    series: { [condition('ExpiringSoon', 'True', 'Expired')]: '1x5 stale _x3 1x20' },
    checks: [{ alert: 'WalletCredentialExpired', at: '8m', fires: wallet }],
  },
  'a credential that is not ready': {
    series: { [condition('Ready', 'False', 'NoLiveCredential')]: '1x20' },
    checks: [
      { alert: 'WalletCredentialNotReady', at: '4m' },
      { alert: 'WalletCredentialNotReady', at: '6m', fires: { ...wallet, reason: 'NoLiveCredential' } },
      { alert: 'WalletCredentialExpired', at: '6m' },
    ],
  },
  'a credential that is well': {
    series: {
      [condition('Ready', 'True', 'Live')]: '1x60',
      [condition('SourceAccepted', 'True', 'Promoted')]: '1x60',
      [condition('ExpiringSoon', 'False', 'NotExpiring')]: '1x60',
      [condition('RotationDue', 'False', 'Fresh')]: '1x60',
      [revision]: '3x60',
    },
    checks: [
      { alert: 'WalletCredentialExpired', at: '1h' },
      { alert: 'WalletCredentialNotReady', at: '1h' },
      { alert: 'WalletCredentialExpiresWithin7Days', at: '1h' },
      { alert: 'WalletCredentialExpiresWithin30Days', at: '1h' },
      { alert: 'RotationDue', at: '1h' },
      { alert: 'WalletSourceRejected', at: '1h' },
    ],
  },
  'a credential within its critical days': {
    series: { [condition('ExpiringSoon', 'True', 'WithinCritical')]: '1x10' },
    checks: [
      { alert: 'WalletCredentialExpiresWithin7Days', at: '1m', fires: wallet },
      { alert: 'WalletCredentialExpiresWithin30Days', at: '1m' },
      { alert: 'WalletCredentialExpired', at: '1m' },
    ],
  },
  'a credential within its warning days': {
    series: { [condition('ExpiringSoon', 'True', 'WithinWarning')]: '1x10' },
    checks: [
      { alert: 'WalletCredentialExpiresWithin30Days', at: '1m', fires: wallet },
      { alert: 'WalletCredentialExpiresWithin7Days', at: '1m' },
    ],
  },
  'a key that is to be rotated': {
    series: { [condition('RotationDue', 'True', 'IntervalExceeded')]: '1x10' },
    checks: [{ alert: 'RotationDue', at: '1m', fires: wallet }],
  },
  'a source that is refused while an old credential is live': {
    series: { [condition('SourceAccepted', 'False', 'KeyMismatch')]: '1x20', [revision]: '3x20' },
    checks: [
      { alert: 'WalletSourceRejected', at: '4m' },
      { alert: 'WalletSourceRejected', at: '6m', fires: { ...wallet, reason: 'KeyMismatch' } },
    ],
  },
  'a source that is refused while nothing is live': {
    series: { [condition('SourceAccepted', 'False', 'KeyMismatch')]: '1x20' },
    checks: [{ alert: 'WalletSourceRejected', at: '15m' }],
  },
  'a source that is not followed because somebody wants it so': {
    series: { [condition('SourceAccepted', 'False', 'Pinned')]: '1x20', [revision]: '3x20' },
    checks: [{ alert: 'WalletSourceRejected', at: '15m' }],
  },
  'a controller of which one replica leads': {
    series: { [leader()]: '1x20', [leader({ pod: 'standby' })]: '0x20' },
    checks: [{ alert: 'ControllerDown', at: '15m' }],
  },
  'two controllers of which none leads': {
    series: { [leader()]: '1x5 0x20', [leader({ pod: 'standby' })]: '0x25' },
    checks: [
      { alert: 'ControllerDown', at: '7m' },
      { alert: 'ControllerDown', at: '8m', fires: inNamespace },
    ],
  },
  'no controller at all, or one in another namespace': {
    series: { [leader({ namespace: 'staging' })]: '1x20' },
    checks: [
      { alert: 'ControllerDown', at: '1m' },
      { alert: 'ControllerDown', at: '2m', fires: inNamespace },
    ],
  },
  'a reconcile that hangs': {
    series: {
      [series('loyalty_wallet_credential_reconcile_in_progress_since_timestamp_seconds', { ...controller, ...wallet })]:
        '0x20',
    },
    checks: [
      { alert: 'ControllerReconcileStuck', at: '2m' },
      {
        alert: 'ControllerReconcileStuck',
        at: '3m',
        fires: { namespace: 'shops', name: 'apple' },
        value: '3m 0s',
      },
    ],
  },
  'a queue that nobody works on': {
    series: { [series('loyalty_controller_queue_oldest_age_seconds', controller)]: '0+60x20' },
    checks: [
      { alert: 'ControllerReconcileStuck', at: '5m' },
      {
        alert: 'ControllerReconcileStuck',
        at: '6m',
        fires: { ...inNamespace, name: '(one that waits)' },
        value: '6m 0s',
      },
    ],
  },
  'a watch that is silent': {
    series: {
      [series('loyalty_controller_watch_last_activity_timestamp_seconds', { ...controller, resource: 'secrets' })]:
        '0x30',
    },
    checks: [
      { alert: 'WatchSilent', at: '11m' },
      { alert: 'WatchSilent', at: '12m', fires: { ...controller, resource: 'secrets' }, value: '12m 0s' },
    ],
  },
  'an API that is there': {
    series: {
      [series('loyalty_http_requests_in_flight', api)]: '0x30',
      [series('loyalty_http_requests_in_flight', otherApi)]: '0x10 stale _x20',
    },
    checks: [{ alert: 'LoyaltyApiDown', at: '30m' }],
  },
  'an API that is gone': {
    series: { [series('loyalty_http_requests_in_flight', api)]: '0x10 stale _x20' },
    checks: [
      { alert: 'LoyaltyApiDown', at: '12m' },
      { alert: 'LoyaltyApiDown', at: '13m', fires: inNamespace },
    ],
  },
  'an API of which two requests in a hundred fail': {
    series: requests(98, 2, 480),
    checks: [
      {
        alert: 'LoyaltyApiErrorBudgetBurnsFast',
        at: '1h30m',
        fires: { ...inNamespace, window: '1h' },
        value: '2%',
      },
      {
        alert: 'LoyaltyApiErrorBudgetBurnsSlowly',
        at: '7h',
        fires: { ...inNamespace, window: '6h' },
        value: '2%',
      },
    ],
  },
  'an API of which one request in a hundred fails': {
    series: requests(99, 1, 480),
    checks: [
      { alert: 'LoyaltyApiErrorBudgetBurnsFast', at: '7h' },
      {
        alert: 'LoyaltyApiErrorBudgetBurnsSlowly',
        at: '7h',
        fires: { ...inNamespace, window: '6h' },
        value: '1%',
      },
    ],
  },
  'an API of which one request in a thousand fails': {
    series: requests(999, 1, 480),
    checks: [
      { alert: 'LoyaltyApiErrorBudgetBurnsFast', at: '7h' },
      { alert: 'LoyaltyApiErrorBudgetBurnsSlowly', at: '7h' },
    ],
  },
  'an API that has recovered': {
    series: {
      [series('loyalty_http_request_duration_seconds_count', { ...api, status: '200' })]: '0+90x60 5400+100x60',
      [series('loyalty_http_request_duration_seconds_count', { ...api, status: '500' })]: '0+10x60 600+0x60',
    },
    checks: [
      { alert: 'LoyaltyApiErrorBudgetBurnsFast', at: '1h', fires: { ...inNamespace, window: '1h' }, value: '10%' },
      { alert: 'LoyaltyApiErrorBudgetBurnsFast', at: '1h15m' },
    ],
  },
  'an API of which one of a few requests fails': {
    series: {
      [series('loyalty_http_request_duration_seconds_count', { ...api, status: '200' })]: '0+1x480',
      [series('loyalty_http_request_duration_seconds_count', { ...api, status: '500' })]: '0x400 1x80',
    },
    checks: [
      { alert: 'LoyaltyApiErrorBudgetBurnsFast', at: '6h42m' },
      { alert: 'LoyaltyApiErrorBudgetBurnsSlowly', at: '6h42m' },
    ],
  },
  'an API of which two requests in a hundred are slow': {
    series: durations(100, 2, 60),
    checks: [
      { alert: 'LoyaltyApiSlow', at: '10m' },
      { alert: 'LoyaltyApiSlow', at: '30m', fires: inNamespace, value: '1.75s' },
    ],
  },
  'an API of which one request in two hundred is slow': {
    series: durations(200, 1, 60),
    checks: [{ alert: 'LoyaltyApiSlow', at: '30m' }],
  },
  'a slow API that is hardly asked': {
    series: durations(1, 1, 60),
    checks: [{ alert: 'LoyaltyApiSlow', at: '30m' }],
  },
  'a ledger with two cards that do not add up': {
    series: {
      [series('loyalty_ledger_imbalanced_cards', api)]: '0x5 2x10',
      [series('loyalty_ledger_imbalanced_cards', otherApi)]: '0x6 2x9',
    },
    checks: [
      { alert: 'LedgerImbalanced', at: '5m' },
      { alert: 'LedgerImbalanced', at: '6m', fires: inNamespace, value: '2' },
    ],
  },
  'a ledger that was last verified two days ago': {
    interval: 15,
    series: {
      [series('loyalty_ledger_last_verified_timestamp_seconds', api)]: '0x200',
      [series('loyalty_ledger_last_verified_timestamp_seconds', otherApi)]: '0x200',
    },
    checks: [
      { alert: 'LedgerNotVerified', at: '48h' },
      { alert: 'LedgerNotVerified', at: '48h15m', fires: inNamespace, value: '2d 0h 15m 0s' },
    ],
  },
  'expire-points with three merchants that failed': {
    series: {
      [ofTask('loyalty_job_failed_merchants', 'expire-points')]: '0x5 3x10',
      [ofTask('loyalty_job_failed_merchants', 'expire-points', otherApi)]: '0x5 3x10',
      [ofTask('loyalty_job_failed_merchants', 'sync-wallets')]: '0x15',
    },
    checks: [
      { alert: 'ExpirePointsFailed', at: '5m' },
      { alert: 'ExpirePointsFailed', at: '6m', fires: inNamespace, value: '3' },
      { alert: 'WalletCardsFailed', at: '6m' },
    ],
  },
  'expire-points that succeeded a day ago, and not since': {
    interval: 15,
    series: {
      [ofTask('loyalty_job_last_success_timestamp_seconds', 'expire-points')]: '0x200',
      [ofTask('loyalty_job_expected_since_timestamp_seconds', 'expire-points')]: '-8640000x200',
    },
    checks: [
      { alert: 'ExpirePointsMissed', at: '26h' },
      {
        alert: 'ExpirePointsMissed',
        at: '26h15m',
        fires: { ...inNamespace, task: 'expire-points' },
        value: '1d 2h 15m 0s',
      },
    ],
  },
  'expire-points that has never succeeded': {
    interval: 15,
    series: { [ofTask('loyalty_job_expected_since_timestamp_seconds', 'expire-points')]: '0x200' },
    checks: [
      { alert: 'ExpirePointsMissed', at: '26h' },
      {
        alert: 'ExpirePointsMissed',
        at: '27h',
        fires: { ...inNamespace, task: 'expire-points' },
        value: '1d 3h 0m 0s',
      },
    ],
  },
  'sync-wallets whose last run, with failures, is an hour ago': {
    series: {
      [ofTask('loyalty_job_last_run_timestamp_seconds', 'sync-wallets')]: '0x200',
      [ofTask('loyalty_job_expected_since_timestamp_seconds', 'sync-wallets')]: '-8640000x200',
    },
    checks: [
      { alert: 'SyncWalletsMissed', at: '1h15m' },
      {
        alert: 'SyncWalletsMissed',
        at: '1h16m',
        fires: { ...inNamespace, task: 'sync-wallets' },
        value: '1h 16m 0s',
      },
    ],
  },
  'sync-wallets that has never run although a wallet is configured': {
    series: { [ofTask('loyalty_job_expected_since_timestamp_seconds', 'sync-wallets')]: '0x200' },
    checks: [
      {
        alert: 'SyncWalletsMissed',
        at: '2h',
        fires: { ...inNamespace, task: 'sync-wallets' },
        value: '2h 0m 0s',
      },
    ],
  },
  'sync-wallets that is not wanted any more': {
    series: { [ofTask('loyalty_job_last_run_timestamp_seconds', 'sync-wallets')]: '0x200' },
    checks: [{ alert: 'SyncWalletsMissed', at: '3h' }],
  },
  'passes that are stale for ever longer': {
    series: {
      [ofPlatform('loyalty_oldest_stale_pass_age_seconds', 'apple')]: '0+60x100',
      [ofPlatform('loyalty_oldest_stale_pass_age_seconds', 'google')]: '0x100',
    },
    checks: [
      { alert: 'PassesStale', at: '1h' },
      { alert: 'PassesStale', at: '1h1m', fires: { ...inNamespace, platform: 'apple' }, value: '1h 1m 0s' },
    ],
  },
  'sync-wallets with cards that failed': {
    series: { [ofTask('loyalty_job_failed_merchants', 'sync-wallets')]: '0x5 2x10' },
    checks: [
      { alert: 'WalletCardsFailed', at: '5m' },
      { alert: 'WalletCardsFailed', at: '6m', fires: inNamespace, value: '2' },
      { alert: 'ExpirePointsFailed', at: '6m' },
    ],
  },
  'a platform that refuses our credential': {
    series: {
      [ofPlatform('loyalty_wallet_platform_stopped', 'google')]: '0x5 1x10',
      [ofPlatform('loyalty_wallet_platform_stopped', 'google', otherApi)]: '0x6 1x9',
      [ofPlatform('loyalty_wallet_platform_stopped', 'apple')]: '0x15',
    },
    checks: [
      { alert: 'WalletPlatformStopped', at: '5m' },
      { alert: 'WalletPlatformStopped', at: '6m', fires: { ...inNamespace, platform: 'google' } },
    ],
  },
  'passes that are dead': {
    series: {
      [ofPlatform('loyalty_dead_passes', 'google')]: '0x5 4x10',
      [ofPlatform('loyalty_dead_passes', 'apple')]: '0x15',
    },
    checks: [
      { alert: 'DeadPasses', at: '5m' },
      { alert: 'DeadPasses', at: '6m', fires: { ...inNamespace, platform: 'google' }, value: '4' },
    ],
  },
  'iPhones that complain': {
    interval: 15,
    series: {
      [series('loyalty_apple_device_complaints_total', { ...api, class: 'signature' })]: '0x4 20x120',
      [series('loyalty_apple_device_complaints_total', { ...otherApi, class: 'signature' })]: '0x124',
      [series('loyalty_apple_device_complaints_total', { ...api, class: 'other' })]: '0x4 10x120',
    },
    checks: [
      { alert: 'AppleDeviceComplaints', at: '1h' },
      { alert: 'AppleDeviceComplaints', at: '24h', fires: { ...inNamespace, class: 'signature' }, value: '20' },
      { alert: 'AppleDeviceComplaints', at: '26h' },
    ],
  },
};
