import { html } from 'hono/html';
import type { DatabaseFigures, StaleFigures, TaskFigures } from '../../adapters/postgres/runs/report-metrics.ts';
import type { RunReport } from '../../adapters/postgres/runs/report.ts';
import type { RunTask } from '../../adapters/postgres/runs/run.ts';
import type { FailedSum, StoppedPlatform } from '../../adapters/postgres/wallet/failed-passes.ts';
import { failureAdvice, retryRule } from '../../domain/runs/failure-advice.ts';
import type { CredentialSummary } from '../../domain/credentials/summary/credential-summary.ts';
import type { FolderState } from './folder-state.ts';
import { counted, type Markup, span, time } from './markup.ts';
import { lookAt, type Reach, replaceSource, rerun, rerunFailures, rollBack, status } from './repair.ts';
import { type Runbook, runbookOf } from './runbook.ts';

/** Something that is wrong: what was found, and what to do. */
export interface Attention {
  tone: 'critical' | 'warning' | 'quiet';
  title: string;
  message: Markup | string;
  advice: string;
  command: string | null;
  runbook: Runbook | null;
  /** A page with more about it: path below /console, and its name. */
  more?: { path: string; name: string };
}

/** What a look at everything has found. */
export interface Findings {
  figures: DatabaseFigures;
  /** Of each task the newest run in which something failed. */
  failedRuns: readonly RunReport[];
  failedPasses: readonly FailedSum[];
  stopped: readonly StoppedPlatform[];
  folders: readonly FolderState[];
  /** null: not known. */
  credentials: readonly CredentialSummary[] | null;
  /** End of the last run of sync-wallets; null: there was none. */
  lastSync: Date | null;
  /** Jobs that ought to run. */
  expected: readonly RunTask[];
}

export const platformNames = { google: 'Google', apple: 'Apple' } as const;

/** The worst first. */
export function attentionsOf(findings: Findings, reach: Reach, now: Date): Attention[] {
  const all = [
    ...findings.stopped.map((platform) => ofStopped(platform, findings.credentials ?? [], reach)),
    ...(findings.credentials ?? []).flatMap(ofCredential),
    ...findings.folders.flatMap((folder) => ofFolder(folder, findings.credentials !== null, reach)),
    ...ofLedger(findings, reach),
    ...findings.figures.tasks.flatMap((task) => [
      ...ofFailures(task, findings.failedRuns, reach),
      ...(findings.expected.includes(task.task) ? ofMissed(task, findings, reach, now) : []),
    ]),
    ...findings.figures.stale.flatMap((stale) => ofStale(stale, reach)),
    ...findings.failedPasses.flatMap((sum) => ofFailedPasses(sum, reach)),
  ];
  const order = ['critical', 'warning', 'quiet'];
  return all.toSorted((left, right) => order.indexOf(left.tone) - order.indexOf(right.tone));
}

/** Reasons for which there is to be another credential in the source Secret. */
const renewed = new Set(['Expired', 'WithinWarning', 'WithinCritical', 'IntervalExceeded', 'UnknownRoot']);

export function ofCredential(credential: CredentialSummary): Attention[] {
  const { namespace, name, problems } = credential;
  return problems.map((problem) => ({
    tone: problem.severity === 'info' ? 'quiet' : problem.severity,
    title: `WalletCredential ${namespace}/${name}: ${problem.reason}`,
    message: problem.message,
    advice: problem.advice,
    command: problem.command ?? (renewed.has(problem.reason) ? replaceSource(credential) : lookAt(credential)),
    runbook: runbookOf(problem),
    more: { path: '/credentials', name: 'Credentials' },
  }));
}

/** @param told whether the WalletCredentials are shown, which say themselves that one expires. */
export function ofFolder(folder: FolderState, told: boolean, reach: Reach): Attention[] {
  const { provider, rejected, daysLeft, warnings, replica } = folder;
  const about = { command: status(reach), more: { path: '/credentials', name: 'Credentials' } };
  const found: Attention[] = [];
  if (rejected)
    found.push({
      ...about,
      tone: 'warning',
      title: `${platformNames[provider]}: the credential folder is rejected`,
      message: rejected.problems.join(' '),
      advice: `Replica ${replica} goes on with the credential from before. Put a good credential into the source Secret, or roll back.`,
      runbook: 'WalletSourceRejected',
    });
  if (!told && daysLeft !== null && daysLeft < 30)
    found.push({
      ...about,
      tone: daysLeft < 7 ? 'critical' : 'warning',
      title: `${platformNames[provider]}: the credential ${daysLeft < 0 ? 'has expired' : `expires in ${counted(daysLeft, 'day')}`}`,
      message: folder.expiresAt ? html`The earliest end of its certificates is ${time(folder.expiresAt)}.` : '',
      advice: 'Put a new credential into the source Secret: it is checked, and pods take it up without a restart.',
      runbook:
        daysLeft < 0
          ? 'WalletCredentialExpired'
          : daysLeft < 7
            ? 'WalletCredentialExpiresWithin7Days'
            : 'WalletCredentialExpiresWithin30Days',
    });
  if (warnings.length > 0)
    found.push({
      ...about,
      tone: 'quiet',
      title: `${platformNames[provider]}: the credential is used, with a warning`,
      message: warnings.join(' '),
      advice: 'See what is said of the source.',
      runbook: null,
    });
  return found;
}

function ofStopped(
  { platform, reason, message, stoppedAt }: StoppedPlatform,
  credentials: readonly CredentialSummary[],
  reach: Reach,
): Attention {
  const own = credentials.filter(({ provider }) => provider === platform);
  const [only] = own.length === 1 && reason === 'CredentialRefused' ? own : [];
  return {
    tone: 'critical',
    title: `${platformNames[platform]}: sending has stopped${reason === null ? '' : `: ${reason}`}`,
    message: html`${message ?? 'The platform refuses us as a whole.'} Since ${time(stoppedAt)}.`,
    advice:
      (reason === null ? null : failureAdvice(reason)) ?? 'No pass is updated until the platform takes something.',
    command: only ? rollBack(only) : rerun('sync-wallets', reach),
    runbook: 'wallet-sync',
    more: { path: '/cards', name: 'Failed cards' },
  };
}

function ofLedger({ figures: { ledger } }: Findings, reach: Reach): Attention[] {
  if (ledger.imbalancedCards === 0) return [];
  return [
    {
      tone: 'critical',
      title: `The ledger of ${counted(ledger.imbalancedCards, 'card')} is out of balance`,
      message: 'A balance is not the sum of the entries or of what remains in the lots.',
      advice: failureAdvice('LedgerImbalanced') ?? '',
      command: rerun('verify-ledger', reach),
      runbook: 'LedgerImbalanced',
    },
  ];
}

const failedRunbooks: Partial<Record<RunTask, Runbook>> = {
  'expire-points': 'ExpirePointsFailed',
  'verify-ledger': 'LedgerImbalanced',
  'sync-wallets': 'WalletCardsFailed',
};

function ofFailures({ task, failedMerchants }: TaskFigures, runs: readonly RunReport[], reach: Reach): Attention[] {
  const run = runs.find((each) => each.task === task);
  // What failed of a wallet is told by the cards themselves, and a ledger by its balance.
  if (failedMerchants === 0 || run === undefined || task === 'sync-wallets' || task === 'verify-ledger') return [];
  return [
    {
      tone: 'warning',
      title: `${task}: ${counted(failedMerchants, 'merchant')} failed`,
      message: html`Their latest outcome, whichever run it was, is a failure. The last run with one began
      ${time(run.startedAt)}.`,
      advice: 'See why each failed, and what to do about it. To run again what failed:',
      command: rerunFailures({ id: run.id, task, restored: restoredBy(run) }, reach),
      runbook: failedRunbooks[task] ?? null,
      more: { path: `/runs/${run.id}`, name: 'The run' },
    },
  ];
}

/** The run whose points a restore brings back. */
export function restoredBy({ parameters }: Pick<RunReport, 'parameters'>): string | undefined {
  const restored = parameters['restored_run'];
  return typeof restored === 'string' ? restored : undefined;
}

/** Hours after which a job without a success was missed, as the alerts have it. */
const missed: Partial<Record<RunTask, { hours: number; runbook: Runbook }>> = {
  'expire-points': { hours: 26, runbook: 'ExpirePointsMissed' },
  'verify-ledger': { hours: 48, runbook: 'LedgerNotVerified' },
  'sync-wallets': { hours: 1, runbook: 'SyncWalletsMissed' },
};

function ofMissed(figures: TaskFigures, { lastSync }: Findings, reach: Reach, now: Date): Attention[] {
  const { task, since } = figures;
  const limit = missed[task];
  // Of wallets a run in which single cards failed counts: of these is told apart.
  const last = task === 'sync-wallets' ? lastSync && lastSync.getTime() / 1_000 : figures.lastSuccess;
  const from = last ?? since;
  if (limit === undefined || from === null || task === 'restore') return [];
  const age = now.getTime() - from * 1_000;
  if (age <= limit.hours * 3_600_000) return [];
  const never = `There has been none; there could have been for ${span(age)}.`;
  return [
    {
      tone: 'warning',
      title: `${task} is overdue`,
      message: last === null ? never : `Its last run of all merchants without a failure ended ${span(age)} ago.`,
      advice: 'See whether the CronJob is suspended, or its Jobs fail. To run it now:',
      command: rerun(task, reach),
      runbook: limit.runbook,
      more: { path: '/runs', name: 'Runs' },
    },
  ];
}

function ofStale({ platform, passes, age }: StaleFigures, reach: Reach): Attention[] {
  if (age <= 3_600) return [];
  return [
    {
      tone: 'warning',
      title: `${platformNames[platform]}: ${counted(passes, 'pass', 'passes')} stale, the first for ${span(age * 1_000)}`,
      message: 'Customers see an old balance in their wallet.',
      advice: 'See whether sync-wallets runs and what the cards that failed say. To send what is due now:',
      command: rerun('sync-wallets', reach),
      runbook: 'PassesStale',
      more: { path: '/cards', name: 'Failed cards' },
    },
  ];
}

function ofFailedPasses({ platform, reason, passes, dead }: FailedSum, reach: Reach): Attention[] {
  const rule = retryRule(reason);
  // Where the platform stopped, that is said; where it throttles, the next runs catch up.
  if (rule !== undefined && rule.counts !== 'failed') return [];
  const given = dead === 0 ? '' : ` ${counted(dead, 'pass', 'passes')} failed ten times in a row: tried once a day.`;
  return [
    {
      tone: dead > 0 || rule?.lasting !== 'transient' ? 'warning' : 'quiet',
      title: `${platformNames[platform]}: ${counted(passes, 'card')} failed: ${reason}`,
      message: `${rule ? `Answer of the wallet: ${rule.answers}.` : 'The reason is not a known one.'}${given}`,
      advice: rule?.advice ?? 'See the message of each card.',
      command: rerun('sync-wallets', reach),
      runbook: 'WalletCardsFailed',
      more: { path: `/cards?reason=${encodeURIComponent(reason)}`, name: 'The cards' },
    },
  ];
}
