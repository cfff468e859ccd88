import type { Knex } from 'knex';
import { openDatabase } from '../src/adapters/postgres/database.ts';
import { makeWorld } from '../src/demo-data/make-world.ts';
import type { World } from '../src/demo-data/load.ts';
import type { WorldOptions } from '../src/demo-data/merchants.ts';
import { startPostgres, type TestPostgres } from '../test/support/postgres/postgres.ts';

/** A PostgreSQL of its own, as durable as in production, with a database that is filled by `loyalty demo-data`. */
export interface FilledPostgres {
  url: string;
  database: Knex;
  world: World;
  /** That it took to fill it. */
  milliseconds: number;
  stop: () => Promise<void>;
}

export async function fillPostgres(
  options: WorldOptions,
  settings: Readonly<Record<string, string>>,
): Promise<FilledPostgres> {
  const postgres: TestPostgres = await startPostgres({ durable: true });
  const { url } = await postgres.createDatabase();
  const database = openDatabase({ url, poolSize: 4, applicationName: 'bench', settings });
  const begun = performance.now();
  const world = await makeWorld(database, options, { add: false, now: new Date() });
  const milliseconds = performance.now() - begun;
  await database.raw('CHECKPOINT');
  return {
    url,
    database,
    world,
    milliseconds,
    async stop() {
      await database.destroy();
      await postgres.stop();
    },
  };
}
