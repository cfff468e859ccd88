import type { Knex } from 'knex';
import { execute, type Statement } from '../statement.ts';

export interface ExpiredDay {
  /** Its begin, UTC. */
  at: Date;
  points: number;
}

const read: Statement = {
  name: 'runs_expired_by_day',
  text: `
    SELECT date_trunc('day', started_at, 'UTC') AS at, sum(coalesce((totals->>'points')::numeric,
      (SELECT sum(points) FROM run_merchants WHERE run_id = runs.id), 0))::float8 AS points
    FROM runs WHERE task = 'expire-points' AND NOT dry_run AND started_at >= $1
    GROUP BY 1 ORDER BY 1`,
};

/** Points that the runs of each UTC day since then have taken; days without a run are not there. What was restored is not subtracted. */
export async function readExpiredByDay(database: Knex, since: Date): Promise<ExpiredDay[]> {
  return execute<ExpiredDay>(database, read, [since]);
}
