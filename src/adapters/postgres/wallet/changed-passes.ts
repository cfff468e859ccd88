import type { Knex } from 'knex';
import { execute, type Statement } from '../statement.ts';
import type { Pass } from './passes.ts';
import type { Device } from './registrations.ts';

/** Which passes of a device have changed since it asked last. */
export interface ChangedPasses {
  /** With this it asks next time. */
  tag: string;
  serialNumbers: string[];
}

// A transaction that has not ended has an id of xmin or above, and so has every later one: whatever commits after this snapshot is listed
// when the device asks with its xmin. A tag of another database, or of a time that this one has not come to, is not believed.
const read: Statement = {
  name: 'wallet_changed_passes',
  text: `
    WITH snapshot AS MATERIALIZED (
      SELECT pg_current_snapshot() AS now, (SELECT system_identifier::text FROM pg_control_system()) AS system
    ), since AS (
      SELECT CASE WHEN $3 = system AND $4::xid8 <= pg_snapshot_xmax(now) THEN $4::xid8 ELSE '0'::xid8 END AS xid
      FROM snapshot
    )
    SELECT system || '-' || pg_snapshot_xmin(now) AS tag, passes.object_id
    FROM snapshot CROSS JOIN since
      LEFT JOIN (registrations JOIN passes ON passes.merchant_id = registrations.merchant_id
          AND passes.card_id = registrations.card_id AND passes.platform = 'apple')
        ON registrations.device_id = $1 AND registrations.pass_type = $2 AND registrations.gone_at IS NULL
          AND passes.changed_xid >= since.xid
    ORDER BY passes.object_id`,
};

/**
 * The passes for which a device is registered and that have changed since the tag.
 * @param since the tag of an earlier answer; one that is not known, or absent: all are listed
 */
export async function readChangedPasses(
  database: Knex,
  { id, passType }: Device,
  since: string | undefined,
): Promise<ChangedPasses> {
  const [, system = '', xid = '0'] = /^(\d{1,20})-(\d{1,18})$/.exec(since ?? '') ?? [];
  const rows = await execute<{ tag: string; object_id: string | null }>(database, read, [id, passType, system, xid]);
  const serialNumbers = rows.flatMap(({ object_id: serial }) => serial ?? []);
  return { tag: rows[0]?.tag ?? '', serialNumbers };
}

const fetched: Statement = {
  name: 'wallet_pass_fetched',
  text: `UPDATE passes SET fetched_version = greatest(coalesce(fetched_version, $3), $3), fetched_at = date_trunc('milliseconds', clock_timestamp())
    WHERE merchant_id = $1 AND card_id = $2 AND platform = 'apple'`,
};

/** Records that a device has this version of the pass. */
export async function recordFetch(
  database: Knex,
  { merchantId, cardId }: Pick<Pass, 'merchantId' | 'cardId'>,
  version: number,
): Promise<void> {
  await execute(database, fetched, [merchantId, cardId, version]);
}
