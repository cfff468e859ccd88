import type { Knex } from 'knex';
import { execute, type Statement } from '../statement.ts';

const change: Statement = {
  name: 'wallet_programs_changed',
  text: `UPDATE programs SET wallet_version = wallet_version + 1
    WHERE merchant_id = $1 AND ($2::uuid IS NULL OR id = $2)`,
};

/**
 * Says that the passes of a program, or of all programs of a merchant, look otherwise now. Needs the transaction of the change: the passes
 * are marked from it in batches later.
 */
export async function programsChanged(database: Knex, merchantId: string, programId?: string): Promise<void> {
  await execute(database, change, [merchantId, programId ?? null]);
}
