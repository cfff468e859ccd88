import type { Knex } from 'knex';
import { execute, type Statement } from '../statement.ts';
import type { StaleFigures } from '../runs/report-metrics.ts';

/** How many passes were stale over time: passes themselves do not remember it. */

/** Minutes between samples, and days for which they are kept. */
export const sampling = { minutes: 5, days: 14 } as const;

const bucket = `date_bin('${sampling.minutes} minutes', clock_timestamp(), '2000-01-01T00:00:00Z')`;

const taken: Statement = {
  name: 'stale_samples_taken',
  text: `SELECT EXISTS (SELECT FROM stale_pass_samples WHERE sampled_at = ${bucket} AND platform = 'google') AS taken`,
};

/** Whether some replica has sampled these five minutes. */
export async function isSampled(database: Knex): Promise<boolean> {
  const [row] = await execute<{ taken: boolean }>(database, taken, []);
  return row?.taken === true;
}

const add: Statement = {
  name: 'stale_samples_add',
  text: `
    INSERT INTO stale_pass_samples (platform, sampled_at, passes)
    SELECT platform, ${bucket}, passes FROM unnest($1::text[], $2::bigint[]) AS sample (platform, passes)
    ON CONFLICT DO NOTHING`,
};
const forget: Statement = {
  name: 'stale_samples_forget',
  text: `DELETE FROM stale_pass_samples WHERE sampled_at < clock_timestamp() - interval '${sampling.days} days'`,
};

/** Adds a sample, unless another replica was first, and forgets old ones. */
export async function addSample(database: Knex, figures: readonly StaleFigures[]): Promise<void> {
  const values = [figures.map(({ platform }) => platform), figures.map(({ passes }) => passes)];
  await execute(database, add, values);
  await execute(database, forget, []);
}

export interface StaleSample {
  platform: 'google' | 'apple';
  at: Date;
  /** Passes; the most of that time. */
  passes: number;
}

const read: Statement = {
  name: 'stale_samples_read',
  text: `
    SELECT platform, date_bin(make_interval(mins => $2), sampled_at, '2000-01-01T00:00:00Z') AS at, max(passes) AS passes
    FROM stale_pass_samples WHERE sampled_at >= $1 GROUP BY 1, 2 ORDER BY 2`,
};

/** The samples since then, of every so many minutes the highest, oldest first. */
export async function readSamples(database: Knex, since: Date, minutes: number): Promise<StaleSample[]> {
  return execute<StaleSample>(database, read, [since, minutes]);
}
