import type { Knex } from 'knex';
import type { ProgramContent } from '../../../domain/wallet/program-content.ts';
import { execute, type Statement } from '../statement.ts';

/** Which program. */
export interface ProgramKey {
  merchantId: string;
  programId: string;
}

const read: Statement = {
  name: 'wallet_program_contents',
  text: `SELECT programs.merchant_id AS "merchantId", programs.id AS "programId", programs.wallet_version AS version,
      merchants.name AS "merchantName", programs.name AS "programName", programs.points_name AS "pointsName",
      programs.wallet_class AS "walletClass", programs.wallet AS appearance
    FROM unnest($1::uuid[], $2::uuid[]) WITH ORDINALITY AS wanted (merchant_id, program_id, position)
      JOIN programs ON programs.merchant_id = wanted.merchant_id AND programs.id = wanted.program_id
      JOIN merchants ON merchants.id = programs.merchant_id
    ORDER BY wanted.position`,
};

/** What the passes of programs have in common, in the order asked for; programs that are not there are left out. */
export async function readProgramContents(database: Knex, keys: readonly ProgramKey[]): Promise<ProgramContent[]> {
  const ids = [keys.map(({ merchantId }) => merchantId), keys.map(({ programId }) => programId)];
  return execute<ProgramContent>(database, read, ids);
}
