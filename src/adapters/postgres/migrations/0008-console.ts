import type { Knex } from 'knex';

/** Who is signed in to the console, and how many passes were stale over time. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE TABLE console_sessions (
      -- SHA-256 of what the cookie holds: 256 random bits.
      hash bytea PRIMARY KEY CHECK (length(hash) = 32),
      api_key_id uuid NOT NULL REFERENCES api_keys,
      created_at timestamptz NOT NULL DEFAULT date_trunc('milliseconds', clock_timestamp()),
      last_seen_at timestamptz NOT NULL DEFAULT date_trunc('milliseconds', clock_timestamp())
    )`);
  await knex.raw('CREATE INDEX console_sessions_created_at ON console_sessions (created_at)');
  await knex.raw(`
    CREATE TABLE stale_pass_samples (
      platform text NOT NULL CHECK (platform IN ('google', 'apple')),
      -- The begin of its five minutes: the key lets one replica's sample in.
      sampled_at timestamptz NOT NULL,
      passes bigint NOT NULL CHECK (passes >= 0),
      PRIMARY KEY (platform, sampled_at)
    )`);
  // What failed and is not there yet: few, and a page lists them.
  await knex.raw(`
    CREATE INDEX passes_failed ON passes (merchant_id, card_id, platform)
    WHERE stale_since IS NOT NULL AND last_reason IS NOT NULL`);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('DROP INDEX passes_failed');
  await knex.raw('DROP TABLE stale_pass_samples, console_sessions');
}
