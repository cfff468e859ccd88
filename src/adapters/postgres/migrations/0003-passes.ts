import type { Knex } from 'knex';

/** A card as a wallet shows it. Stale while stale_since is set: the wallet has not got wanted_version yet. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE TABLE passes (
      merchant_id uuid NOT NULL,
      card_id uuid NOT NULL,
      platform text NOT NULL CHECK (platform IN ('google', 'apple')),
      -- Google: the object's id; Apple: the serial number.
      object_id text NOT NULL,
      wanted_version bigint NOT NULL,
      synced_version bigint,
      stale_since timestamptz,
      -- The transaction of the latest change: a commit that comes late is not missed by whoever asks for what changed since.
      changed_xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
      claimed_by text,
      claimed_until timestamptz,
      attempts integer NOT NULL DEFAULT 0,
      next_attempt_at timestamptz,
      last_error text,
      saved boolean NOT NULL DEFAULT false,
      voided_at timestamptz,
      created_at timestamptz NOT NULL DEFAULT date_trunc('milliseconds', clock_timestamp()),
      PRIMARY KEY (merchant_id, card_id, platform),
      UNIQUE (merchant_id, platform, object_id),
      FOREIGN KEY (merchant_id, card_id) REFERENCES cards
    )`);
  await knex.raw(
    'CREATE INDEX passes_stale ON passes (platform, merchant_id, stale_since) WHERE stale_since IS NOT NULL',
  );
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('DROP TABLE passes');
}
