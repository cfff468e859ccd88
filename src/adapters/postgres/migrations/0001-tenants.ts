import type { Knex } from 'knex';

/**
 * Merchants, their programs and their customers. Keys of a tenant's tables begin with merchant_id, so that hash partitions or
 * a distributed PostgreSQL can split them by merchant unchanged.
 */
export async function up(knex: Knex): Promise<void> {
  // RFC 9562, section 5.7: 48 bits of milliseconds, then random bits. A version 4 value is made into a version 7 one by setting
  // the two lower bits of its version (0100 becomes 0111). PostgreSQL has uuidv7() from 18 on only.
  await knex.raw(`
    CREATE FUNCTION uuid_v7(instant timestamptz DEFAULT clock_timestamp()) RETURNS uuid
    LANGUAGE sql VOLATILE PARALLEL SAFE AS $$
      SELECT encode(
        set_bit(set_bit(
          overlay(uuid_send(gen_random_uuid())
            PLACING substring(int8send(floor(extract(epoch FROM instant) * 1000)::bigint) FROM 3) FROM 1 FOR 6),
          52, 1), 53, 1),
        'hex')::uuid
    $$`);
  await knex.raw(`
    CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'restrict_violation', HINT = 'Correct it with a new row (void, adjust or restore).';
    END $$`);
  await knex.raw(`
    CREATE TABLE merchants (
      id uuid PRIMARY KEY DEFAULT uuid_v7(),
      name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
      timezone text NOT NULL,
      created_at timestamptz NOT NULL DEFAULT date_trunc('milliseconds', clock_timestamp()),
      updated_at timestamptz NOT NULL DEFAULT date_trunc('milliseconds', clock_timestamp())
    )`);
  await knex.raw(`
    CREATE TABLE programs (
      merchant_id uuid NOT NULL REFERENCES merchants,
      id uuid NOT NULL DEFAULT uuid_v7(),
      name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
      points_name text NOT NULL CHECK (length(points_name) BETWEEN 1 AND 50),
      expiry_mode text NOT NULL CHECK (expiry_mode IN ('none', 'fixed', 'inactivity')),
      expiry_days integer CHECK (expiry_days BETWEEN 1 AND 36500),
      expiry_rounding text NOT NULL DEFAULT 'end_of_day' CHECK (expiry_rounding IN ('none', 'end_of_day', 'end_of_month')),
      warning_days integer NOT NULL DEFAULT 30 CHECK (warning_days BETWEEN 0 AND 3650),
      wallet_class text,
      created_at timestamptz NOT NULL DEFAULT date_trunc('milliseconds', clock_timestamp()),
      updated_at timestamptz NOT NULL DEFAULT date_trunc('milliseconds', clock_timestamp()),
      PRIMARY KEY (merchant_id, id),
      CHECK ((expiry_mode = 'none') = (expiry_days IS NULL))
    )`);
  // Admin calls name a row by its id alone.
  await knex.raw('CREATE INDEX programs_id ON programs (id)');
  await knex.raw(`
    CREATE TABLE customers (
      merchant_id uuid NOT NULL REFERENCES merchants,
      id uuid NOT NULL DEFAULT uuid_v7(),
      external_id text NOT NULL CHECK (length(external_id) BETWEEN 1 AND 200),
      name text CHECK (length(name) BETWEEN 1 AND 200),
      erased_at timestamptz,
      created_at timestamptz NOT NULL DEFAULT date_trunc('milliseconds', clock_timestamp()),
      PRIMARY KEY (merchant_id, id),
      UNIQUE (merchant_id, external_id)
    )`);
  await knex.raw('CREATE INDEX customers_id ON customers (id)');
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('DROP TABLE customers, programs, merchants');
  await knex.raw('DROP FUNCTION refuse_change(), uuid_v7(timestamptz)');
}
