import type { Knex } from 'knex';
import { execute, type Statement } from '../statement.ts';
import { lockRun, type Run } from './run.ts';
import { sumsOf } from './sums.ts';

const close: Statement = {
  name: 'runs_close',
  text: `
    UPDATE runs SET finished_at = date_trunc('milliseconds', clock_timestamp()), totals = to_jsonb(sums),
      state = CASE WHEN sums.failed = 0 AND NOT $2::boolean THEN 'done' WHEN sums.failed = sums.merchants THEN 'failed' ELSE 'partial' END
    FROM (${sumsOf('$1')}) AS sums WHERE id = $1 AND pending = 0`,
};

/**
 * Closes a run with its totals when nothing of it is pending any more; called again, or by several at once, it does nothing more.
 * Two statements: what is pending must be read after the run is locked, since somebody may just have had it resumed.
 * @param stopped whether something was left undone although no merchant failed
 */
export async function closeRun(database: Knex, runId: string, stopped: boolean = false): Promise<void> {
  await database.transaction(async (transaction) => {
    const { state }: Run = await lockRun(transaction, runId);
    if (state === 'running') await execute(transaction, close, [runId, stopped]);
  });
}
