import type { Knex } from 'knex';
import { execute, type Statement } from '../statement.ts';
import type { ProgramKey } from './program-content.ts';

const note: Statement = {
  name: 'wallet_class_note',
  text: `INSERT INTO google_classes (merchant_id, program_id, class_id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`,
};

/** Remembers that a program has a class at Google, so that it is brought up to date. */
export async function noteClass(database: Knex, program: ProgramKey, classId: string): Promise<void> {
  await execute(database, note, [program.merchantId, program.programId, classId]);
}

export interface StaleClass extends ProgramKey {
  classId: string;
  attempts: number;
}

const stale: Statement = {
  name: 'wallet_classes_stale',
  text: `
    SELECT google_classes.merchant_id AS "merchantId", program_id AS "programId", class_id AS "classId", attempts
    FROM google_classes JOIN programs ON programs.merchant_id = google_classes.merchant_id AND programs.id = program_id
    WHERE synced_version IS DISTINCT FROM wallet_version AND class_id LIKE $1 || '.%'
      AND (coalesce(next_attempt_at, '-infinity') <= $2::timestamptz) AND ($3::uuid[] IS NULL OR google_classes.merchant_id = ANY ($3))
    ORDER BY google_classes.merchant_id, program_id`,
};

/** The classes of an issuer that Google has not got as they are now, and that may be tried. */
export async function staleClasses(
  database: Knex,
  issuerId: string,
  until: Date,
  merchants: readonly string[] | undefined,
): Promise<StaleClass[]> {
  return execute<StaleClass>(database, stale, [issuerId, until, merchants]);
}

const record: Statement = {
  name: 'wallet_class_record',
  text: `
    UPDATE google_classes SET synced_version = coalesce($4::bigint, synced_version), attempts = $5, next_attempt_at = $6::timestamptz,
      last_reason = $7, last_error = $8 WHERE merchant_id = $1 AND program_id = $2 AND class_id = $3`,
};

export interface ClassRecord extends StaleClass {
  /** programs.wallet_version that Google has got; null: it has not. */
  version: number | null;
  nextAttemptAt: Date | 'infinity' | null;
  reason: string | null;
  message: string | null;
}

export async function recordClass(database: Knex, outcome: ClassRecord): Promise<void> {
  const { merchantId, programId, classId, version, attempts, nextAttemptAt, reason, message } = outcome;
  await execute(database, record, [merchantId, programId, classId, version, attempts, nextAttemptAt, reason, message]);
}
