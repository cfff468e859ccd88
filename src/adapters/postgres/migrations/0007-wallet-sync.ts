import type { Knex } from 'knex';

/** What sync-wallets keeps beside the passes. */
export async function up(knex: Knex): Promise<void> {
  // When customers were told of updates last: Google takes three such updates of a pass in 24 hours.
  await knex.raw("ALTER TABLE passes ADD COLUMN notified_at timestamptz[] NOT NULL DEFAULT '{}'");
  // The version that passes are being marked for, behind wallet_mark_cursor.
  await knex.raw('ALTER TABLE programs ADD COLUMN wallet_marking_version bigint');
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('ALTER TABLE passes DROP COLUMN notified_at');
  await knex.raw('ALTER TABLE programs DROP COLUMN wallet_marking_version');
}
