import type { Knex } from 'knex';
import { execute, type Statement } from '../statement.ts';

const clock: Statement = {
  name: 'runs_clock',
  text: "SELECT date_trunc('milliseconds', clock_timestamp()) AS now",
};

/** The database's clock, to the millisecond. */
export async function readClock(database: Knex): Promise<Date> {
  const [row] = await execute<{ now: Date }>(database, clock, []);
  if (row === undefined) throw new Error('runs_clock answered no row; one was expected');
  return row.now;
}
