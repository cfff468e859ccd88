import type { RunTask } from '../../adapters/postgres/runs/run.ts';
import type { CredentialSummary } from '../../domain/credentials/summary/credential-summary.ts';

/** What the commands that a page shows need to reach this installation. */
export interface Reach {
  /** Namespace of the installation; undefined: not known, and the context's is taken. */
  namespace: string | undefined;
  /** Under which the browser reached this page, as in https://loyalty.example.com. */
  url: string;
}

/** `-n loyalty`, behind a space. */
function flags({ namespace }: Reach): string {
  return namespace === undefined ? '' : ` -n ${namespace}`;
}

/** Runs a job now. */
export function rerun(task: Exclude<RunTask, 'restore'>, reach: Reach): string {
  return `kubectl loyalty rerun ${task}${flags(reach)} --wait`;
}

/** Has done what failed in a run, or is left of it. */
export function rerunFailures(run: { id: string; task: RunTask; restored?: string | undefined }, reach: Reach): string {
  const { id, task, restored } = run;
  if (task === 'restore') return restoreRun(restored ?? 'RUN', reach);
  if (task === 'verify-ledger') return rerun(task, reach);
  return `kubectl loyalty rerun ${task} --failures-of ${id}${flags(reach)} --wait`;
}

/** Runs a job for one merchant. */
export function rerunMerchant(task: RunTask, merchantId: string, reason: string | null, reach: Reach): string {
  const forced = reason === 'SuspiciousVolume' ? ` --force-merchant ${merchantId}` : '';
  return `kubectl loyalty rerun ${task} --merchant ${merchantId}${forced}${flags(reach)} --wait`;
}

/** Sends the passes of one card again. */
export function syncCard(cardId: string, reach: Reach): string {
  return `kubectl loyalty rerun sync-wallets --card ${cardId}${flags(reach)} --wait`;
}

/** Shows what failed, all of it. */
export function failures(runId: string, reach: Reach): string {
  return `kubectl loyalty failures ${runId}${flags(reach)} --limit 1000`;
}

export function status(reach: Reach): string {
  return `kubectl loyalty status${flags(reach)}`;
}

/** Shows a WalletCredential with what is wrong with it. */
export function lookAt({ namespace, name }: { namespace: string; name: string }): string {
  return `kubectl loyalty status ${name} -n ${namespace}`;
}

const files = {
  google: ['google-wallet-sa.json'],
  apple: ['signer.pem', 'signer.key', 'wwdr.pem'],
} as const;

/** Puts a new credential, whose files are here, into the source Secret. */
export function replaceSource(credential: Pick<CredentialSummary, 'namespace' | 'provider' | 'source'>): string {
  const { namespace, provider, source } = credential;
  const from = files[provider].map((file) => `--from-file=${file}`).join(' ');
  const made = `kubectl create secret generic ${source.secretName} -n ${namespace} ${from} --dry-run=client -o yaml`;
  return `${made} | kubectl apply -f -`;
}

/** Makes the revision before the one that is live live again. */
export function rollBack({ namespace, name }: { namespace: string; name: string }): string {
  return `kubectl loyalty rollback ${name} -n ${namespace}`;
}

function restoreRun(runId: string, reach: Reach): string {
  return post(`/runs/${runId}/restore`, JSON.stringify({ reason: 'WHY' }), reach);
}

function post(path: string, body: string, { url }: Reach): string {
  const key = '"Authorization: Bearer $(cat "$LOYALTY_ADMIN_KEY_FILE")"';
  return `curl -sS ${url}/api/v1/admin/loyalty${path} -H ${key} -H 'Content-Type: application/json' -d '${body}'`;
}
