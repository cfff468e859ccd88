import type { Knex } from 'knex';
import { execute, type Statement } from '../statement.ts';
import { lockKey } from './presence.ts';
import { sumsOf } from './sums.ts';

// Whoever works on a run shares its lock: where it can be had alone, nobody does.
const abandon: Statement = {
  name: 'runs_abandon',
  text: `
    WITH unfinished AS MATERIALIZED (
      SELECT id FROM runs WHERE state = 'running' AND task = $1
    ), dead AS MATERIALIZED (
      SELECT id FROM unfinished WHERE id <> $2 AND pg_try_advisory_xact_lock(${lockKey('id')})
    )
    UPDATE runs SET state = 'abandoned', finished_at = date_trunc('milliseconds', clock_timestamp()),
      totals = (SELECT to_jsonb(sums) FROM (${sumsOf('runs.id')}) AS sums)
    FROM dead WHERE runs.id = dead.id AND state = 'running' RETURNING runs.id`,
};

/** Marks the other unfinished runs of the task on which nobody works any more. @returns their ids. */
export async function abandonOthers(database: Knex, task: string, runId: string): Promise<string[]> {
  return (await execute<{ id: string }>(database, abandon, [task, runId])).map(({ id }) => id);
}
