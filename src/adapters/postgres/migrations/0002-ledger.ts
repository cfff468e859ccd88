import type { Knex } from 'knex';

/**
 * Cards, lots, entries and the moves between them. For every card: balance = Σ entries.points = Σ lots.remaining, and for every
 * lot: remaining = points + Σ lot_moves.points (a move is negative where points were drawn, positive where they came back).
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE TABLE cards (
      merchant_id uuid NOT NULL,
      id uuid NOT NULL DEFAULT uuid_v7(),
      program_id uuid NOT NULL,
      customer_id uuid NOT NULL,
      number text NOT NULL CHECK (length(number) BETWEEN 1 AND 64),
      status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'frozen', 'closed')),
      balance bigint NOT NULL DEFAULT 0 CHECK (balance >= 0 AND balance <= 9007199254740991),
      version bigint NOT NULL DEFAULT 1 CHECK (version <= 9007199254740991),
      last_activity_at timestamptz NOT NULL DEFAULT date_trunc('milliseconds', clock_timestamp()),
      created_at timestamptz NOT NULL DEFAULT date_trunc('milliseconds', clock_timestamp()),
      PRIMARY KEY (merchant_id, id),
      UNIQUE (merchant_id, number),
      UNIQUE (merchant_id, customer_id, program_id),
      FOREIGN KEY (merchant_id, program_id) REFERENCES programs,
      FOREIGN KEY (merchant_id, customer_id) REFERENCES customers
    )`);
  await knex.raw('CREATE INDEX cards_id ON cards (id)');
  await knex.raw(`
    CREATE TABLE entries (
      merchant_id uuid NOT NULL,
      id uuid NOT NULL DEFAULT uuid_v7(),
      card_id uuid NOT NULL,
      card_version bigint NOT NULL,
      kind text NOT NULL CHECK (kind IN ('earn', 'redeem', 'void', 'adjust', 'expire', 'restore')),
      points bigint NOT NULL CHECK (points <> 0 AND abs(points) <= 9007199254740991),
      balance_after bigint NOT NULL CHECK (balance_after >= 0 AND balance_after <= 9007199254740991),
      occurred_at timestamptz NOT NULL,
      actor text NOT NULL,
      reason text,
      reference text,
      run_id uuid,
      reverses uuid,
      PRIMARY KEY (merchant_id, id),
      UNIQUE (merchant_id, card_id, card_version),
      FOREIGN KEY (merchant_id, card_id) REFERENCES cards,
      FOREIGN KEY (merchant_id, reverses) REFERENCES entries
    )`);
  // One void of an entry, one restore of an expire entry.
  await knex.raw('CREATE UNIQUE INDEX entries_reverses ON entries (merchant_id, reverses) WHERE reverses IS NOT NULL');
  await knex.raw('CREATE INDEX entries_run ON entries (merchant_id, run_id, id) WHERE run_id IS NOT NULL');
  await knex.raw(`
    CREATE TABLE lots (
      merchant_id uuid NOT NULL,
      id uuid NOT NULL DEFAULT uuid_v7(),
      card_id uuid NOT NULL,
      entry_id uuid NOT NULL,
      points bigint NOT NULL CHECK (points > 0 AND points <= 9007199254740991),
      remaining bigint NOT NULL CHECK (remaining BETWEEN 0 AND points),
      earned_at timestamptz NOT NULL,
      expires_at timestamptz,
      restored_from uuid,
      PRIMARY KEY (merchant_id, id),
      FOREIGN KEY (merchant_id, card_id) REFERENCES cards,
      FOREIGN KEY (merchant_id, entry_id) REFERENCES entries,
      FOREIGN KEY (merchant_id, restored_from) REFERENCES entries
    )`);
  await knex.raw('CREATE INDEX lots_open ON lots (merchant_id, card_id) WHERE remaining > 0');
  await knex.raw('CREATE INDEX lots_due ON lots (merchant_id, expires_at) INCLUDE (card_id) WHERE remaining > 0');
  await knex.raw('CREATE INDEX lots_entry ON lots (merchant_id, entry_id)');
  await knex.raw(
    'CREATE UNIQUE INDEX lots_restored_from ON lots (merchant_id, restored_from) WHERE restored_from IS NOT NULL',
  );
  await knex.raw(`
    CREATE TABLE lot_moves (
      merchant_id uuid NOT NULL,
      entry_id uuid NOT NULL,
      lot_id uuid NOT NULL,
      points bigint NOT NULL CHECK (points <> 0),
      PRIMARY KEY (merchant_id, entry_id, lot_id),
      FOREIGN KEY (merchant_id, entry_id) REFERENCES entries,
      FOREIGN KEY (merchant_id, lot_id) REFERENCES lots
    )`);
  for (const table of ['entries', 'lot_moves']) {
    await knex.raw(`
      CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ${table}
      FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()`);
  }
  await knex.raw(`
    CREATE TABLE ledger_verifications (
      merchant_id uuid NOT NULL REFERENCES merchants,
      id uuid NOT NULL DEFAULT uuid_v7(),
      verified_at timestamptz NOT NULL,
      cards bigint NOT NULL,
      imbalanced_cards bigint NOT NULL,
      -- The first of them: [{card_id, balance, entries, lots}].
      examples jsonb NOT NULL DEFAULT '[]',
      PRIMARY KEY (merchant_id, id)
    )`);
  await knex.raw('CREATE INDEX ledger_verifications_latest ON ledger_verifications (merchant_id, verified_at DESC)');
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('DROP TABLE ledger_verifications, lot_moves, lots, entries, cards');
}
