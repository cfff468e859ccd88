import type { Knex } from 'knex';

/** Runs of jobs: what each did for every merchant, and what failed. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE TABLE runs (
      id uuid PRIMARY KEY DEFAULT uuid_v7(),
      task text NOT NULL CHECK (task IN ('expire-points', 'sync-wallets', 'verify-ledger', 'restore')),
      -- The Job's uid: a pod that is tried again resumes its run, a Job made anew under an old name has another.
      run_key text NOT NULL CHECK (length(run_key) BETWEEN 1 AND 253),
      name text CHECK (length(name) BETWEEN 1 AND 253),
      state text NOT NULL DEFAULT 'running' CHECK (state IN ('running', 'done', 'partial', 'failed', 'abandoned')),
      as_of timestamptz NOT NULL,
      dry_run boolean NOT NULL DEFAULT false,
      -- Of all merchants; only such a run counts as the job's success.
      full_run boolean NOT NULL,
      parameters jsonb NOT NULL DEFAULT '{}',
      actor text NOT NULL,
      started_at timestamptz NOT NULL DEFAULT date_trunc('milliseconds', clock_timestamp()),
      finished_at timestamptz,
      -- Sums over run_merchants, written when the run is closed.
      totals jsonb,
      UNIQUE (task, run_key)
    )`);
  await knex.raw('CREATE INDEX runs_task ON runs (task, id)');
  await knex.raw("CREATE INDEX runs_unfinished ON runs (id) WHERE state = 'running'");
  await knex.raw(`
    CREATE TABLE run_merchants (
      -- No foreign key: it would lock the merchants' rows, and whoever holds one of them would hold up the run of all.
      merchant_id uuid NOT NULL,
      run_id uuid NOT NULL REFERENCES runs,
      state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'done', 'failed', 'skipped')),
      reason text,
      message text,
      cards bigint NOT NULL DEFAULT 0,
      lots bigint NOT NULL DEFAULT 0,
      points bigint NOT NULL DEFAULT 0,
      started_at timestamptz,
      finished_at timestamptz,
      PRIMARY KEY (merchant_id, run_id)
    )`);
  await knex.raw('CREATE INDEX run_merchants_run ON run_merchants (run_id, state, merchant_id)');
  // Nearly always nobody has failed, and metrics ask for it.
  await knex.raw("CREATE INDEX run_merchants_failed ON run_merchants (merchant_id, run_id) WHERE state = 'failed'");
  await knex.raw(`
    CREATE TABLE run_failures (
      merchant_id uuid NOT NULL,
      run_id uuid NOT NULL,
      id uuid NOT NULL DEFAULT uuid_v7(),
      card_id uuid,
      platform text CHECK (platform IN ('google', 'apple')),
      reason text NOT NULL,
      message text NOT NULL,
      occurred_at timestamptz NOT NULL DEFAULT date_trunc('milliseconds', clock_timestamp()),
      PRIMARY KEY (merchant_id, run_id, id),
      FOREIGN KEY (merchant_id, run_id) REFERENCES run_merchants,
      FOREIGN KEY (merchant_id, card_id) REFERENCES cards
    )`);
  await knex.raw('CREATE INDEX run_failures_run ON run_failures (run_id, id)');
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('DROP TABLE run_failures, run_merchants, runs');
}
