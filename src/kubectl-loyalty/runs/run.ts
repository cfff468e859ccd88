import { ExitError, exitCodes } from '../../errors.ts';
import type { LoyaltyApi } from '../api/loyalty-api.ts';

export const runTasks = ['expire-points', 'sync-wallets', 'verify-ledger', 'restore'] as const;
export const runStates = ['running', 'done', 'partial', 'failed', 'abandoned'] as const;

/** A run as GET /runs answers it (docs/openapi.json has every field). */
export interface Run {
  id: string;
  task: (typeof runTasks)[number];
  key: string;
  name: string | null;
  state: (typeof runStates)[number];
  as_of: string;
  full_run: boolean;
  actor: string;
  started_at: string;
  finished_at: string | null;
  merchants: { total: number; pending: number; done: number; failed: number; skipped: number };
  totals: { cards: number; lots: number; points: number };
}

/** A merchant of a run. */
export interface RunMerchant {
  merchant_id: string;
  merchant_name: string;
  state: 'pending' | 'done' | 'failed' | 'skipped';
  reason: string | null;
  message: string | null;
  advice: string | null;
  cards: number;
  lots: number;
  points: number;
}

/** What failed in a run: a merchant as a whole, or one card. */
export interface RunFailure {
  id: string;
  merchant_id: string;
  merchant_name: string;
  card_id: string | null;
  platform: 'google' | 'apple' | null;
  reason: string;
  message: string;
  advice: string | null;
  occurred_at: string;
}

interface Page<T> {
  items: T[];
  next_cursor: string | null;
}

const largestPage = 100;

/** At most `limit` of a list that comes in pages, and whether there are more. */
export async function readList<T>(
  api: LoyaltyApi,
  path: string,
  query: Readonly<Record<string, string | undefined>>,
  limit: number,
): Promise<{ items: T[]; more: boolean }> {
  const items: T[] = [];
  let cursor: string | undefined;
  do {
    const size = Math.min(largestPage, limit - items.length);
    const page = await api.get<Page<T>>(path, { ...query, limit: size, cursor });
    items.push(...page.items);
    cursor = page.next_cursor ?? undefined;
  } while (cursor !== undefined && items.length < limit);
  return { items, more: cursor !== undefined };
}

const uuid = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;

/**
 * The id of a run that is called by its id, or by the name or uid of its Job.
 * @throws ExitError (64) when none of the newest runs is called so.
 */
export async function findRunId(api: LoyaltyApi, called: string): Promise<string> {
  const newest = 500;
  const { items } = await readList<Run>(api, '/runs', {}, newest);
  const found = items.find(({ id, name, key }) => [id, name, key].includes(called));
  if (found) return found.id;
  // An older one.
  if (uuid.test(called)) return called.toLowerCase();
  throw new ExitError(
    exitCodes.usage,
    `None of the newest ${newest} runs has the name ${called}. A Job has no run before it has begun, and none in a dry run.`,
  );
}
