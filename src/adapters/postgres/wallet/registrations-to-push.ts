import type { Knex } from 'knex';
import { execute, type Statement } from '../statement.ts';
import type { CardKey } from './claims.ts';

/** A device that has a pass and has not been told of its newest version. */
export interface Registration extends CardKey {
  deviceId: string;
  passType: string;
  pushToken: string;
  registeredAt: Date;
}

const read: Statement = {
  name: 'wallet_registrations_to_push',
  text: `
    SELECT registrations.merchant_id AS "merchantId", registrations.card_id AS "cardId", device_id AS "deviceId",
      registrations.pass_type AS "passType", push_token AS "pushToken", registered_at AS "registeredAt"
    FROM unnest($1::uuid[], $2::uuid[], $3::bigint[]) AS wanted (merchant_id, card_id, version)
      JOIN registrations ON registrations.merchant_id = wanted.merchant_id AND registrations.card_id = wanted.card_id
      JOIN devices ON devices.id = device_id AND devices.pass_type = registrations.pass_type
    WHERE gone_at IS NULL AND coalesce(pushed_version, -1) < version`,
};

export interface VersionedCard extends CardKey {
  version: number;
}

/** The registrations of passes that have not got these versions, and are not gone. */
export async function registrationsToPush(database: Knex, passes: readonly VersionedCard[]): Promise<Registration[]> {
  const columns = (['merchantId', 'cardId', 'version'] as const).map((name) => passes.map((pass) => pass[name]));
  return execute<Registration>(database, read, columns);
}

const versions: Statement = {
  name: 'wallet_versions',
  text: `
    SELECT passes.merchant_id AS "merchantId", passes.card_id AS "cardId", wanted_version AS version
    FROM unnest($1::uuid[], $2::uuid[]) AS wanted (merchant_id, card_id)
      JOIN passes ON passes.merchant_id = wanted.merchant_id AND passes.card_id = wanted.card_id AND platform = 'apple'`,
};

/** The versions that passes are to have now. */
export async function readVersions(database: Knex, cards: readonly CardKey[]): Promise<VersionedCard[]> {
  const ids = [cards.map(({ merchantId }) => merchantId), cards.map(({ cardId }) => cardId)];
  return execute<VersionedCard>(database, versions, ids);
}

/** What came of a push to a registration. */
export interface PushRecord extends Registration {
  version: number;
  taken: boolean;
  /** APNs has known since then that the device has no such pass; null: it did not say so. */
  goneSince: Date | null;
  reason: string | null;
  message: string | null;
}

// A device that registered, or gave another push token, after what APNs speaks of has the pass.
const record: Statement = {
  name: 'wallet_registrations_record',
  text: `
    WITH pushes AS MATERIALIZED (
      SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::bigint[], $6::boolean[], $7::timestamptz[], $8::text[], $9::text[])
        AS push (merchant_id, card_id, device_id, pass_type, version, taken, gone_since, reason, message)
    ), changed AS (
      UPDATE registrations SET
        pushed_version = CASE WHEN taken THEN greatest(version, pushed_version) ELSE pushed_version END,
        pushed_at = CASE WHEN taken THEN date_trunc('milliseconds', clock_timestamp()) ELSE pushed_at END,
        gone_at = CASE WHEN gone_since >= registered_at THEN gone_since ELSE gone_at END,
        last_reason = reason, last_error = message
      FROM pushes WHERE registrations.merchant_id = pushes.merchant_id AND registrations.card_id = pushes.card_id
        AND registrations.device_id = pushes.device_id AND registrations.pass_type = pushes.pass_type
      RETURNING registrations.merchant_id, registrations.card_id, registrations.device_id, registrations.pass_type, gone_at
    )
    SELECT DISTINCT merchant_id AS "merchantId", card_id AS "cardId" FROM changed WHERE gone_at IS NOT NULL AND NOT EXISTS (
      SELECT FROM registrations AS others WHERE others.merchant_id = changed.merchant_id AND others.card_id = changed.card_id
        AND others.gone_at IS NULL AND NOT EXISTS (SELECT FROM changed AS gone WHERE gone.merchant_id = others.merchant_id
          AND gone.card_id = others.card_id AND gone.device_id = others.device_id AND gone.pass_type = others.pass_type AND gone.gone_at IS NOT NULL))`,
};

/**
 * Writes what came of pushes. A registration is marked gone only by what APNs says of a time after it; it is never removed.
 * @returns the cards that no device has any more
 */
export async function recordPushes(database: Knex, pushes: readonly PushRecord[]): Promise<CardKey[]> {
  if (pushes.length === 0) return [];
  const names = [
    'merchantId',
    'cardId',
    'deviceId',
    'passType',
    'version',
    'taken',
    'goneSince',
    'reason',
    'message',
  ] as const;
  const columns = names.map((name) => pushes.map((push) => push[name]));
  return execute<CardKey>(database, record, columns);
}
