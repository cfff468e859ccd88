import { pino, type DestinationStream, type Logger } from 'pino';
import pretty from 'pino-pretty';

export type Log = Logger;

/** Event names: constants, so that people can alert on them. docs/log-events.md is generated from them and their meanings. */
export const logEvents = {
  crashed: 'process.crashed',
  controllerStarted: 'controller.started',
  controllerStopping: 'controller.stopping',
  controllerStopped: 'controller.stopped',
  apiServerUnavailable: 'api_server.unavailable',
  leaderElected: 'leader.elected',
  leaderLost: 'leader.lost',
  leaseUnreachable: 'leader.lease_unreachable',
  watchRestarted: 'watch.restarted',
  reconcileFailed: 'reconcile.failed',
  reconcileHung: 'reconcile.hung',
  eventNotWritten: 'event.not_written',
  promoted: 'credential.promoted',
  rolledBack: 'credential.rolled_back',
  restored: 'credential.restored',
  rejected: 'credential.rejected',
  refused: 'credential.refused',
  conflict: 'credential.conflict',
  expiring: 'credential.expiring',
  rotationDue: 'credential.rotation_due',
  unknownRoot: 'credential.unknown_root',
  verified: 'credential.verified',
  unreachable: 'credential.verification_unreachable',
  credentialFolderLoaded: 'credential_folder.loaded',
  credentialFolderRejected: 'credential_folder.rejected',
  apiStarted: 'api.started',
  apiApplePassesOff: 'api.apple_passes_off',
  apiReady: 'api.ready',
  apiNotReady: 'api.not_ready',
  apiStopping: 'api.stopping',
  apiStopped: 'api.stopped',
  apiRequest: 'api.request',
  apiFailed: 'api.failed',
  apiBackgroundFailed: 'api.background_failed',
  apiBootstrapKeyRevoked: 'api.bootstrap_key_revoked',
  appleDeviceComplained: 'apple_device.complained',
  googleCallbackHeeded: 'google_wallet.callback_heeded',
  googleCallbackRefused: 'google_wallet.callback_refused',
  verifyLedgerStarted: 'verify_ledger.run_started',
  verifyLedgerMerchantDone: 'verify_ledger.merchant_done',
  verifyLedgerMerchantFailed: 'verify_ledger.merchant_failed',
  verifyLedgerImbalance: 'verify_ledger.imbalance',
  verifyLedgerFinished: 'verify_ledger.run_finished',
  expirePointsStarted: 'expire_points.run_started',
  expirePointsAbandoned: 'expire_points.run_abandoned',
  expirePointsMerchantDone: 'expire_points.merchant_done',
  expirePointsMerchantFailed: 'expire_points.merchant_failed',
  expirePointsInterrupted: 'expire_points.run_interrupted',
  expirePointsFinished: 'expire_points.run_finished',
  syncWalletsStarted: 'sync_wallets.run_started',
  syncWalletsAbandoned: 'sync_wallets.run_abandoned',
  syncWalletsMerchantDone: 'sync_wallets.merchant_done',
  syncWalletsMerchantFailed: 'sync_wallets.merchant_failed',
  syncWalletsStopped: 'sync_wallets.platform_stopped',
  syncWalletsSkipped: 'sync_wallets.platform_skipped',
  syncWalletsInterrupted: 'sync_wallets.run_interrupted',
  syncWalletsFinished: 'sync_wallets.run_finished',
  restoreStarted: 'restore.run_started',
  restoreMerchantDone: 'restore.merchant_done',
  restoreMerchantFailed: 'restore.merchant_failed',
  restoreInterrupted: 'restore.run_interrupted',
  restoreFinished: 'restore.run_finished',
  jobMetricsNotRead: 'job_metrics.not_read',
} as const;
export type LogEvent = (typeof logEvents)[keyof typeof logEvents];

export const logEventMeanings: Record<LogEvent, string> = {
  'process.crashed': 'A defect: the process ends with 70 and is started again. Please report it with this line.',
  'controller.started': 'The server of /healthz, /readyz and /metrics listens on `port`.',
  'controller.stopping': 'SIGTERM or SIGINT arrived.',
  'controller.stopped': 'What was in work has ended and the Lease was given back.',
  'api_server.unavailable': 'The API server does not answer at the start; it is tried again.',
  'leader.elected': 'This replica holds the Lease and acts.',
  'leader.lost': 'The Lease could not be renewed in time: this replica writes nothing until it holds it again.',
  'leader.lease_unreachable': 'A renewal of the Lease, or a look at it, got no good answer; it is tried again.',
  'watch.restarted': 'A watch ended otherwise than by its timeout (`resource`, `reason`) and goes on where it was.',
  'reconcile.failed': 'A reconcile of `credential` failed; it is tried again with growing intervals.',
  'reconcile.hung': 'A reconcile of `credential` reached its deadline and was given up; others went on.',
  'event.not_written': 'A Kubernetes Event could not be written. Nothing else is affected.',
  'credential.promoted': 'A source passed and is live as a new revision.',
  'credential.rolled_back': 'An earlier revision is live again.',
  'credential.restored': 'The live Secret was changed or deleted by another hand and was put back.',
  'credential.rejected': 'A source failed a check (`reason`); what was live stays live.',
  'credential.refused': 'The provider refuses a credential (`reason`).',
  'credential.conflict': 'The live Secret exists and is not ours; it is not touched.',
  'credential.expiring':
    'The live credential is within the warning or critical days of its end, or past it (`reason`).',
  'credential.rotation_due': 'The live key is older than the rotation interval.',
  'credential.unknown_root': 'The WWDR certificate does not chain to an Apple root: iPhones would not take its passes.',
  'credential.verified': 'The provider takes the credential.',
  'credential.verification_unreachable': 'The provider could not be asked; it is asked again soon.',
  'credential_folder.loaded':
    'The credential of a folder (GOOGLE_CREDENTIAL_DIR, APPLE_CREDENTIAL_DIR) is in use: `fingerprint`, `revision`, `expiresAt`, `warnings`.',
  'credential_folder.rejected':
    'What a credential folder holds now is not used (`problems`); the credential from before (`fingerprint`) stays in use.',
  'api.started':
    'The API listens on `port`, and /metrics on `metrics_port`. It is ready once the schema of the database fits.',
  'api.apple_passes_off':
    'The Apple credential is there, but passes cannot be made without the settings that `reasons` name: requests for them get 409 `wallet-not-configured`.',
  'api.ready': 'The schema of the database fits: requests are answered.',
  'api.not_ready': 'The database cannot be reached or lacks migrations (`reason`); it is looked at again every second.',
  'api.stopping': 'SIGTERM or SIGINT arrived: nothing new is accepted, and requests in work finish.',
  'api.stopped': 'What was in work has ended.',
  'api.request':
    'A request was answered: `method`, `route`, `status`, `duration_ms`, `request_id`, `key_id`, the `problem`, if any, and the `reason` of a 503.',
  'api.failed': 'A defect: a request was answered with 500. Please report it with this line.',
  'api.background_failed': 'Housekeeping (`task`) failed; it is tried again at its next turn.',
  'api.bootstrap_key_revoked':
    'BOOTSTRAP_ADMIN_KEY was revoked, or replaced by another one before: it does not work. Generate a new one.',
  'apple_device.complained':
    'An iPhone wrote to /v1/log (`class`, `device_message` without tokens, at most 500 characters). At most 60 lines a minute are logged; the metric counts all. Anyone can write there.',
  'google_wallet.callback_heeded':
    'Google says that a customer saved or deleted a pass (`event_type`: save, del; `card_id`, null: not one of ours). `again`: it was heeded before.',
  'google_wallet.callback_refused':
    'What came as a callback of Google is not one for this issuer (`reason`). Anyone can send there; if all are refused, compare the issuer of the credential with that of the classes.',
  'verify_ledger.run_started':
    'The ledgers of `merchants` merchants are going to be verified in the run `run_id`, one after the other.',
  'verify_ledger.merchant_done':
    'A merchant (`merchant_id`) was verified and recorded: `cards`, `imbalanced_cards`, `duration_ms`.',
  'verify_ledger.merchant_failed': 'A merchant (`merchant_id`) could not be verified (`error`); the others were.',
  'verify_ledger.imbalance':
    'The balance of `imbalanced_cards` cards is not the sum of their entries or of their lots; the first 20 are in `examples`. Page somebody.',
  'verify_ledger.run_finished':
    'The run ended with `exit_code`: `merchants`, `failed_merchants`, `left` (not come to), `cards`, `imbalanced_cards`, `duration_ms`.',
  'expire_points.run_started':
    'This process works on the run `run_id` (`run_name`), `as_of` an instant: `pending` merchants have something due. `joined`: the run was there already.',
  'expire_points.run_abandoned':
    'The earlier run `run_id` was not finished, and nobody works on it any more. What it left is done by this one.',
  'expire_points.merchant_done':
    'All that was due of a merchant (`merchant_id`) has expired: `cards`, `lots` and `points` in this process, `duration_ms`.',
  'expire_points.merchant_failed':
    'A merchant (`merchant_id`) failed (`reason`, `reason_message`); the others are not affected. docs/reasons.md says what to do.',
  'expire_points.run_interrupted':
    'This process ends before the run is finished (`reason`). The run goes on when it is started again with its RUN_UID, or with --resume.',
  'expire_points.run_finished':
    'The run is closed (`state`, `exit_code`): merchants by state, `cards`, `lots` and `points` that expired in it, `failed_merchants` (the first 100).',
  'sync_wallets.run_started':
    'This process works on the run `run_id` (`run_name`) and sends to `platforms`. `joined`: the run was there already.',
  'sync_wallets.run_abandoned':
    'The earlier run `run_id` was not finished, and nobody works on it any more. What it left is done by this one.',
  'sync_wallets.merchant_done':
    'Passes of a merchant (`merchant_id`) on a `platform` were brought up to date by this process: `cards`.',
  'sync_wallets.merchant_failed':
    'Of a merchant (`merchant_id`), `failed_cards` passes on a `platform` failed; `cards` were brought up to date. The last line of the run names the cards.',
  'sync_wallets.platform_stopped':
    'A `platform` refuses us as a whole (`reason`, `reason_message`): nothing more is sent to it in this run. Page somebody.',
  'sync_wallets.platform_skipped': 'A `platform` has no credential folder (`setting`): its passes are left alone.',
  'sync_wallets.run_interrupted':
    'This process ends before the run is finished (`reason`). What is left the next run does, or this one when it is started again with its RUN_UID.',
  'sync_wallets.run_finished':
    'The run is closed (`state`, `exit_code`): `cards` brought up to date, `outcomes` by platform, `failed_card_ids` (the first 100), `reasons` with their `advice`, platforms `stopped`, and those on which something is `left` since the time was over.',
  'restore.run_started':
    'This replica of the API works on the restore `run_id`, which brings back what the run `restored_run` has expired.',
  'restore.merchant_done':
    'What had expired of a merchant (`merchant_id`) is back: `cards`, `lots` and `points` by this replica, `duration_ms`.',
  'restore.merchant_failed':
    'A merchant (`merchant_id`) failed (`reason`, `reason_message`); the others are not affected. docs/reasons.md says what to do.',
  'restore.run_interrupted':
    'This replica leaves the restore `run_id` before it is finished (`reason`). Another one, or the next that starts, goes on with it.',
  'restore.run_finished':
    'The restore `run_id` is closed (`state`): merchants by state, `cards`, `lots` and `points` that came back in it. Each replica that worked on it says so.',
  'job_metrics.not_read':
    'The metrics that come from the database could not be read (`reason`): /metrics goes on with the last values. Said once until they are read again.',
};

export interface LogSettings {
  level: string;
  format: 'json' | 'pretty';
  /** Whether lines may be written a moment later, several at once; all are when the process ends by itself. For many lines a second. */
  buffered?: boolean;
}

/**
 * A logger that writes one JSON object a line (or readable lines on a terminal) to standard error, so that standard
 * output stays for results. Key material travels as {@link Redacted}, which prints as `[redacted]` here as everywhere.
 */
export function createLog(settings: LogSettings, destination?: DestinationStream): Log {
  const options = {
    level: settings.level,
    base: null,
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  if (settings.format === 'json')
    return pino(options, destination ?? pino.destination({ dest: 2, sync: settings.buffered !== true }));
  const readable = pretty({
    colorize: process.stderr.isTTY,
    sync: true,
    destination: destination ?? 2,
    ignore: 'pid,hostname',
  });
  return pino(options, readable);
}
