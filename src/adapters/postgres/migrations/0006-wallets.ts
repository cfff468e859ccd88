import type { Knex } from 'knex';

/** What passes look like, who has them on which device, and how sending them to the wallets stands. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    ALTER TABLE programs
      -- What passes look like beside the program's names; validated by the API.
      ADD COLUMN wallet jsonb NOT NULL DEFAULT '{}',
      -- Grows with each change that shows on passes; passes are marked up to wallet_marked_version, in batches behind the cursor.
      ADD COLUMN wallet_version bigint NOT NULL DEFAULT 1,
      ADD COLUMN wallet_marked_version bigint NOT NULL DEFAULT 1,
      ADD COLUMN wallet_mark_cursor uuid`);
  await knex.raw(
    'CREATE INDEX programs_unmarked ON programs (merchant_id, id) WHERE wallet_marked_version < wallet_version',
  );
  await knex.raw(`
    CREATE TABLE program_images (
      merchant_id uuid NOT NULL,
      program_id uuid NOT NULL,
      kind text NOT NULL CHECK (kind IN ('icon', 'logo', 'strip')),
      -- 1, 2 or 3 pixels a point: icon.png, icon@2x.png, icon@3x.png.
      scale smallint NOT NULL CHECK (scale BETWEEN 1 AND 3),
      png bytea NOT NULL CHECK (length(png) BETWEEN 1 AND 1048576),
      width integer NOT NULL,
      height integer NOT NULL,
      updated_at timestamptz NOT NULL DEFAULT date_trunc('milliseconds', clock_timestamp()),
      PRIMARY KEY (merchant_id, program_id, kind, scale),
      FOREIGN KEY (merchant_id, program_id) REFERENCES programs
    )`);
  // The class of a program at Google: nothing there can be deleted, so what exists is remembered by its id.
  await knex.raw(`
    CREATE TABLE google_classes (
      merchant_id uuid NOT NULL,
      program_id uuid NOT NULL,
      class_id text NOT NULL,
      -- programs.wallet_version that Google has got.
      synced_version bigint,
      attempts integer NOT NULL DEFAULT 0,
      next_attempt_at timestamptz,
      last_reason text,
      last_error text,
      PRIMARY KEY (merchant_id, program_id, class_id),
      FOREIGN KEY (merchant_id, program_id) REFERENCES programs
    )`);
  await knex.raw(`
    ALTER TABLE passes
      -- HTTP's Last-Modified: whole seconds, another one for each version.
      ADD COLUMN modified_at timestamptz NOT NULL DEFAULT date_trunc('seconds', clock_timestamp()),
      ADD COLUMN synced_at timestamptz,
      ADD COLUMN last_reason text,
      -- Apple: the version that a device fetched last.
      ADD COLUMN fetched_version bigint,
      ADD COLUMN fetched_at timestamptz`);
  // What may be sent next: never tried before rests, the longest stale first.
  await knex.raw(`
    CREATE INDEX passes_due ON passes (platform, merchant_id, (coalesce(next_attempt_at, '-infinity')), stale_since)
    WHERE stale_since IS NOT NULL`);
  // Wallets and devices name a pass by its object id or serial number alone.
  await knex.raw('CREATE INDEX passes_object ON passes (object_id)');
  await knex.raw(`
    CREATE TABLE devices (
      id text NOT NULL CHECK (length(id) BETWEEN 1 AND 255),
      pass_type text NOT NULL,
      push_token text NOT NULL CHECK (length(push_token) BETWEEN 1 AND 255),
      created_at timestamptz NOT NULL DEFAULT date_trunc('milliseconds', clock_timestamp()),
      updated_at timestamptz NOT NULL DEFAULT date_trunc('milliseconds', clock_timestamp()),
      PRIMARY KEY (id, pass_type)
    )`);
  await knex.raw(`
    CREATE TABLE registrations (
      merchant_id uuid NOT NULL,
      card_id uuid NOT NULL,
      device_id text NOT NULL,
      pass_type text NOT NULL,
      -- Also when the device gave another push token: what APNs said of an earlier one no longer counts.
      registered_at timestamptz NOT NULL DEFAULT date_trunc('milliseconds', clock_timestamp()),
      -- APNs said that the app, here the pass, is no longer on the device. It is never removed for an error of ours.
      gone_at timestamptz,
      -- passes.wanted_version that APNs took a push for last.
      pushed_version bigint,
      pushed_at timestamptz,
      last_reason text,
      last_error text,
      PRIMARY KEY (merchant_id, card_id, device_id, pass_type),
      FOREIGN KEY (merchant_id, card_id) REFERENCES cards,
      FOREIGN KEY (device_id, pass_type) REFERENCES devices
    )`);
  await knex.raw('CREATE INDEX registrations_device ON registrations (device_id, pass_type)');
  // The credential that each platform was last used with, and whether sending is stopped.
  await knex.raw(`
    CREATE TABLE wallet_platforms (
      platform text PRIMARY KEY CHECK (platform IN ('google', 'apple')),
      -- Issuer id, or pass type identifier.
      account text NOT NULL,
      fingerprint text NOT NULL,
      stopped_at timestamptz,
      stopped_reason text,
      stopped_message text,
      stopped_run uuid REFERENCES runs
    )`);
  // When the next request may be sent in an issuer's name: every process takes its slots here, so that together they keep the rate.
  await knex.raw(`
    CREATE TABLE wallet_slots (
      platform text NOT NULL CHECK (platform IN ('google', 'apple')),
      account text NOT NULL,
      next_slot_at timestamptz NOT NULL,
      PRIMARY KEY (platform, account)
    )`);
  await knex.raw(`
    CREATE TABLE wallet_outcomes (
      platform text NOT NULL CHECK (platform IN ('google', 'apple')),
      outcome text NOT NULL,
      requests bigint NOT NULL,
      PRIMARY KEY (platform, outcome)
    )`);
  // Nonces of callbacks that were heeded: Google sends some more than once.
  await knex.raw(`
    CREATE TABLE google_callbacks (
      nonce text PRIMARY KEY CHECK (length(nonce) BETWEEN 1 AND 255),
      received_at timestamptz NOT NULL DEFAULT date_trunc('milliseconds', clock_timestamp())
    )`);
  await knex.raw('CREATE INDEX google_callbacks_received_at ON google_callbacks (received_at)');
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(
    'DROP TABLE google_callbacks, wallet_outcomes, wallet_slots, wallet_platforms, registrations, devices, google_classes, program_images',
  );
  await knex.raw('DROP INDEX passes_due, passes_object, programs_unmarked');
  await knex.raw(`
    ALTER TABLE passes DROP COLUMN modified_at, DROP COLUMN synced_at, DROP COLUMN last_reason,
      DROP COLUMN fetched_version, DROP COLUMN fetched_at`);
  await knex.raw(`
    ALTER TABLE programs DROP COLUMN wallet, DROP COLUMN wallet_version, DROP COLUMN wallet_marked_version, DROP COLUMN wallet_mark_cursor`);
}
