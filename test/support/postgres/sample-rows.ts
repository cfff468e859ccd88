import type { Knex } from 'knex';

const id = (last: string): string => `01900000-0000-7000-8000-${last.padStart(12, '0')}`;
const [merchant, program, customer, card] = [id('1'), id('2'), id('3'), id('4')];
const [earned, redeemed, lot] = [id('5'), id('6'), id('7')];
const instant = '2026-03-29T01:30:00.123Z';
const ofMerchant = { merchant_id: merchant };
const entry = { ...ofMerchant, card_id: card, occurred_at: instant, actor: 'key:till', reason: 'größer ☕' };

/**
 * A row or two of every table, in an order in which they can be inserted. A migration that adds a table adds its rows
 * here. One that adds a column to a table may add it to the rows; at a schema without it, it is left out.
 */
export const sampleRows: readonly (readonly [table: string, ...rows: Record<string, unknown>[]])[] = [
  ['merchants', { id: merchant, name: 'Café Größe', timezone: 'Europe/Vienna' }],
  [
    'programs',
    {
      ...ofMerchant,
      id: program,
      name: 'Beans',
      points_name: 'beans',
      expiry_mode: 'fixed',
      expiry_days: 365,
      wallet: { background_color: '#ffffff' },
    },
  ],
  ['customers', { ...ofMerchant, id: customer, external_id: 'c-1', name: 'Zoë 🙂' }],
  [
    'cards',
    {
      ...ofMerchant,
      id: card,
      program_id: program,
      customer_id: customer,
      number: '4000-1',
      balance: Number.MAX_SAFE_INTEGER,
      version: 3,
    },
  ],
  [
    'entries',
    { ...entry, id: earned, card_version: 2, kind: 'earn', points: 100, balance_after: 100 },
    { ...entry, id: redeemed, card_version: 3, kind: 'redeem', points: -30, balance_after: 70, reference: 'r-1' },
  ],
  ['lots', { ...ofMerchant, id: lot, card_id: card, entry_id: earned, points: 100, remaining: 70, earned_at: instant }],
  ['lot_moves', { ...ofMerchant, entry_id: redeemed, lot_id: lot, points: -30 }],
  ['ledger_verifications', { ...ofMerchant, id: id('8'), verified_at: instant, cards: 1, imbalanced_cards: 0 }],
  [
    'passes',
    { ...ofMerchant, card_id: card, platform: 'google', object_id: 'o-1', wanted_version: 3, stale_since: instant },
    { ...ofMerchant, card_id: card, platform: 'apple', object_id: 's-1', wanted_version: 3, synced_version: 3 },
  ],
  [
    'api_keys',
    {
      id: id('9'),
      name: 'till',
      scope: 'store',
      merchant_id: merchant,
      hash: Buffer.alloc(32, 7),
      created_by: 'bootstrap',
    },
  ],
  [
    'idempotency_keys',
    { ...ofMerchant, api_key_id: id('9'), key: 'k-1', fingerprint: Buffer.alloc(32, 1), status: 201, body: '{}' },
  ],
  ['audit', { ...ofMerchant, id: id('a'), actor: 'key:till', action: 'earn', subject_type: 'card', subject_id: card }],
  ['runs', { id: id('b'), task: 'expire-points', run_key: 'uid-1', as_of: instant, full_run: true, actor: 'job' }],
  ['run_merchants', { ...ofMerchant, run_id: id('b'), state: 'failed', reason: 'LockTimeout', cards: 1 }],
  [
    'program_images',
    { ...ofMerchant, program_id: program, kind: 'icon', scale: 1, png: Buffer.alloc(8, 1), width: 29, height: 29 },
  ],
  ['google_classes', { ...ofMerchant, program_id: program, class_id: '3388.loyalty-1', synced_version: 1 }],
  ['devices', { id: 'device-1', pass_type: 'pass.com.example', push_token: 'aa11' }],
  [
    'registrations',
    { ...ofMerchant, card_id: card, device_id: 'device-1', pass_type: 'pass.com.example', pushed_version: 3 },
  ],
  ['wallet_platforms', { platform: 'google', account: '3388', fingerprint: 'f'.repeat(64), stopped_run: id('b') }],
  ['wallet_slots', { platform: 'google', account: '3388', next_slot_at: instant }],
  ['wallet_outcomes', { platform: 'google', outcome: 'Synced', requests: 7 }],
  ['google_callbacks', { nonce: 'n-1' }],
  ['console_sessions', { hash: Buffer.alloc(32, 3), api_key_id: id('9') }],
  ['stale_pass_samples', { platform: 'google', sampled_at: instant, passes: 12 }],
  ['run_failures', { ...ofMerchant, run_id: id('b'), id: id('c'), card_id: card, reason: 'LockTimeout', message: 'ü' }],
];

/** Tables and their columns; knex's own left out. */
export async function columnsOf(knex: Knex): Promise<Map<string, string[]>> {
  const { rows } = await knex.raw<{ rows: { table: string; columns: string[] }[] }>(`
    SELECT table_name AS table, array_agg(column_name::text ORDER BY ordinal_position) AS columns
    FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name)
    WHERE table_schema = 'public' AND table_type = 'BASE TABLE' AND table_name NOT LIKE 'knex%'
    GROUP BY table_name ORDER BY table_name`);
  return new Map(rows.map(({ table, columns }) => [table, columns]));
}

/** Inserts into every table that exists. */
export async function insertSampleRows(knex: Knex): Promise<void> {
  const tables = await columnsOf(knex);
  for (const [table, ...rows] of sampleRows) {
    const columns = tables.get(table);
    if (columns === undefined) continue;
    const there = rows.map((row) => Object.fromEntries(Object.entries(row).filter(([name]) => columns.includes(name))));
    await knex(table).insert(there);
  }
}
