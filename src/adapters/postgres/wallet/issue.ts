import type { Knex } from 'knex';
import { execute, type Statement } from '../statement.ts';
import type { PassKey } from './pass-content.ts';

/** A pass that this request alone may send. */
export interface Claim extends PassKey {
  /** Another one for each. */
  claim: string;
}

const claim: Statement = {
  name: 'wallet_issue_claim',
  text: `
    UPDATE passes SET claimed_by = $4, claimed_until = clock_timestamp() + interval '60 seconds'
    WHERE merchant_id = $1 AND card_id = $2 AND platform = $3 AND (claimed_until IS NULL OR claimed_until < clock_timestamp())
    RETURNING card_id`,
};

/** Claims a pass whether it is stale or not, as sync-wallets claims those that are. @returns false: somebody else sends it */
export async function claimPass(
  database: Knex,
  { merchantId, cardId, platform, claim: name }: Claim,
): Promise<boolean> {
  return (await execute(database, claim, [merchantId, cardId, platform, name])).length > 0;
}

const record: Statement = {
  name: 'wallet_issue_record',
  text: `
    UPDATE passes SET
      claimed_by = NULL,
      claimed_until = NULL,
      synced_version = greatest($5::bigint, synced_version),
      synced_at = date_trunc('milliseconds', clock_timestamp()),
      stale_since = CASE WHEN wanted_version > $5::bigint THEN stale_since END,
      saved = coalesce($6::boolean, saved),
      attempts = 0,
      next_attempt_at = NULL,
      last_reason = NULL,
      last_error = NULL
    WHERE merchant_id = $1 AND card_id = $2 AND platform = $3 AND claimed_by = $4`,
};

/** The wallet has got this version of a claimed pass. @param saved undefined: the answer does not say */
export async function recordIssued(
  database: Knex,
  { merchantId, cardId, platform, claim: name }: Claim,
  { version, saved }: { version: number; saved: boolean | undefined },
): Promise<void> {
  await execute(database, record, [merchantId, cardId, platform, name, version, saved]);
}

const release: Statement = {
  name: 'wallet_issue_release',
  text: `
    UPDATE passes SET claimed_by = NULL, claimed_until = NULL
    WHERE merchant_id = $1 AND card_id = $2 AND platform = $3 AND claimed_by = $4`,
};

/** Gives a claim back of which nothing can be on its way any more. */
export async function releasePass(database: Knex, { merchantId, cardId, platform, claim: name }: Claim): Promise<void> {
  await execute(database, release, [merchantId, cardId, platform, name]);
}
