import type { Knex } from 'knex';

/** Who may call the API, what was answered under an Idempotency-Key, and who did what. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE TABLE api_keys (
      id uuid PRIMARY KEY DEFAULT uuid_v7(),
      name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
      scope text NOT NULL CHECK (scope IN ('store', 'admin', 'admin:read')),
      merchant_id uuid REFERENCES merchants,
      -- SHA-256 of the key: 256 random bits need no slow hash.
      hash bytea NOT NULL UNIQUE CHECK (length(hash) = 32),
      created_by text NOT NULL,
      created_at timestamptz NOT NULL DEFAULT date_trunc('milliseconds', clock_timestamp()),
      revoked_at timestamptz,
      last_used_at timestamptz,
      CHECK ((scope = 'store') = (merchant_id IS NOT NULL))
    )`);
  await knex.raw(`
    CREATE TABLE idempotency_keys (
      -- 00000000-0000-0000-0000-000000000000 for keys of no merchant (admin).
      merchant_id uuid NOT NULL,
      api_key_id uuid NOT NULL,
      key text NOT NULL CHECK (length(key) BETWEEN 1 AND 255),
      -- SHA-256 of method, path and body.
      fingerprint bytea NOT NULL,
      -- Null only within the transaction of the first request.
      status smallint,
      headers jsonb,
      body text,
      created_at timestamptz NOT NULL DEFAULT date_trunc('milliseconds', clock_timestamp()),
      PRIMARY KEY (merchant_id, api_key_id, key)
    )`);
  await knex.raw('CREATE INDEX idempotency_keys_created_at ON idempotency_keys (created_at)');
  await knex.raw(`
    CREATE TABLE audit (
      id uuid PRIMARY KEY DEFAULT uuid_v7(),
      merchant_id uuid,
      occurred_at timestamptz NOT NULL DEFAULT date_trunc('milliseconds', clock_timestamp()),
      actor text NOT NULL,
      action text NOT NULL,
      subject_type text NOT NULL,
      subject_id text NOT NULL,
      reason text,
      -- What was asked and what came of it; never a secret or personal data.
      details jsonb NOT NULL DEFAULT '{}'
    )`);
  await knex.raw('CREATE INDEX audit_merchant ON audit (merchant_id, id)');
  await knex.raw(`
    CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()`);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('DROP TABLE audit, idempotency_keys, api_keys');
}
