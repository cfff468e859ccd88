import type { Knex } from 'knex';
import { execute, type Statement } from '../statement.ts';
import type { PassKey } from './pass-content.ts';

/** A pass as it is kept. */
export interface Pass extends PassKey {
  /** Google: `issuerId.suffix` of the object; Apple: the serial number. Never changes. */
  objectId: string;
  wantedVersion: number;
  syncedVersion: number | null;
  staleSince: Date | null;
  /** A customer has it in a wallet: Google said so, or a device has registered for it. */
  saved: boolean;
  voidedAt: Date | null;
  /** HTTP's Last-Modified of the wanted version; whole seconds. */
  modifiedAt: Date;
}

const columns = `merchant_id AS "merchantId", card_id AS "cardId", platform, object_id AS "objectId", wanted_version AS "wantedVersion",
  synced_version AS "syncedVersion", stale_since AS "staleSince", saved, voided_at AS "voidedAt", modified_at AS "modifiedAt"`;

// Two statements: whoever finds the row of another transaction sees it in the second only.
const insert: Statement = {
  name: 'wallet_pass_insert',
  text: `INSERT INTO passes (merchant_id, card_id, platform, object_id, wanted_version)
    SELECT merchant_id, id, $3, $4, version FROM cards WHERE merchant_id = $1 AND id = $2
    ON CONFLICT (merchant_id, card_id, platform) DO NOTHING`,
};

const read: Statement = {
  name: 'wallet_pass_read',
  text: `SELECT ${columns} FROM passes WHERE merchant_id = $1 AND card_id = $2 AND platform = $3`,
};

/** The pass of a card in a wallet; undefined: it was never asked for. */
export async function readPass(database: Knex, { merchantId, cardId, platform }: PassKey): Promise<Pass | undefined> {
  return (await execute<Pass>(database, read, [merchantId, cardId, platform]))[0];
}

/**
 * Makes the pass of a card in a wallet, or answers the one that is there, whose object id may be another one.
 * @returns undefined: this merchant has no such card
 */
export async function ensurePass(database: Knex, pass: PassKey & { objectId: string }): Promise<Pass | undefined> {
  await execute(database, insert, [pass.merchantId, pass.cardId, pass.platform, pass.objectId]);
  return readPass(database, pass);
}

const readByObject: Statement = {
  name: 'wallet_pass_by_object',
  text: `SELECT ${columns} FROM passes WHERE object_id = $1 AND platform = $2`,
};

/** The pass of an object id or serial number, whosever it is; undefined: there is none. */
export async function findPassByObject(
  database: Knex,
  platform: PassKey['platform'],
  objectId: string,
): Promise<Pass | undefined> {
  return (await execute<Pass>(database, readByObject, [objectId, platform]))[0];
}
