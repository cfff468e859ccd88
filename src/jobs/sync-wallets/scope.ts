import type { Knex } from 'knex';
import type { CardKey } from '../../adapters/postgres/wallet/claims.ts';
import {
  dueNowOfCards,
  dueNowOfMerchants,
  failedCardsOf,
  findCardsById,
} from '../../adapters/postgres/wallet/due-now.ts';
import { findRun } from '../../adapters/postgres/runs/run.ts';
import type { Platform } from '../../domain/wallet/pass-content.ts';
import { ExitError, exitCodes } from '../../errors.ts';
import { requireMerchants } from '../run-merchants.ts';

/** Of which passes a run is. */
export interface SyncScope {
  /** undefined: of all merchants. */
  merchants: readonly string[] | undefined;
  /** undefined: of all cards of these merchants. */
  cards: readonly CardKey[] | undefined;
}

/** What was asked for. */
export interface AskedScope {
  merchants: readonly string[] | undefined;
  cards: readonly string[] | undefined;
  /** Id or RUN_UID of a run. */
  failuresOf: string | undefined;
  platform: Platform | undefined;
}

/** @throws ExitError (64) naming what is not there, or that of all that was asked for nothing is left. */
export async function readScope(database: Knex, asked: AskedScope): Promise<SyncScope> {
  const { merchants, cards: ids, failuresOf, platform } = asked;
  await requireMerchants(database, merchants ?? []);
  if (ids === undefined && failuresOf === undefined) return { merchants, cards: undefined };
  const named = ids && (await requireCards(database, ids));
  const failed = failuresOf === undefined ? undefined : await failuresOfRun(database, failuresOf, platform);
  const both = failed && named ? failed.filter(({ cardId }) => ids?.includes(cardId)) : (failed ?? named ?? []);
  const cards = merchants === undefined ? both : both.filter(({ merchantId }) => merchants.includes(merchantId));
  if (named && cards.length < named.length && failed === undefined) {
    throw usage('Some of the cards (--card, CARD_IDS) belong to other merchants than those of --merchant.');
  }
  return { merchants, cards };
}

async function requireCards(database: Knex, ids: readonly string[]): Promise<CardKey[]> {
  const found = await findCardsById(database, ids);
  const known = new Set(found.map(({ cardId }) => cardId));
  const unknown = ids.filter((id) => !known.has(id));
  if (unknown.length === 0) return found;
  throw usage(`There ${unknown.length === 1 ? 'is no card' : 'are no cards'} ${unknown.join(', ')}.`);
}

async function failuresOfRun(database: Knex, idOrKey: string, platform: Platform | undefined): Promise<CardKey[]> {
  const run = await findRun(database, 'sync-wallets', idOrKey);
  if (run !== undefined) return failedCardsOf(database, run.id, platform);
  throw usage(
    `There is no run ${idOrKey} of sync-wallets (--failures-of, FAILURES_OF). GET /api/v1/admin/loyalty/runs lists them.`,
  );
}

function usage(message: string): ExitError {
  return new ExitError(exitCodes.usage, `${message} Nothing was done.`);
}

/** What a person asks for by name does not wait for its next turn. */
export async function makeDue(database: Knex, platform: Platform, { merchants, cards }: SyncScope): Promise<void> {
  if (cards !== undefined) await dueNowOfCards(database, platform, cards);
  else if (merchants !== undefined) await dueNowOfMerchants(database, platform, merchants);
}
