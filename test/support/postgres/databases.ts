import { randomBytes } from 'node:crypto';
import pg from 'pg';

export interface TestDatabase {
  name: string;
  url: string;
  /** Ends the connections to it, too. */
  drop: () => Promise<void>;
}

export interface Databases {
  createDatabase: () => Promise<TestDatabase>;
  emptyDatabase: () => Promise<TestDatabase>;
}

const template = 'orion_template';

/** Ways to make databases on a server whose superuser has these URLs. */
export function createDatabases(url: (database?: string) => string): Databases {
  let migrated: Promise<void> | undefined;
  const create = async (from: string): Promise<TestDatabase> => {
    const name = `test_${randomBytes(6).toString('hex')}`;
    await execute(url(), `CREATE DATABASE ${name} TEMPLATE ${from}`);
    return { name, url: url(name), drop: () => execute(url(), `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`) };
  };
  return {
    createDatabase: async () => {
      migrated ??= makeTemplate(url);
      await migrated;
      return create(template);
    },
    emptyDatabase: () => create('template0'),
  };
}

/** A migrated database to clone: that takes a tenth of a second, and the migrations would take longer every time. */
async function makeTemplate(url: (database?: string) => string): Promise<void> {
  await execute(url(), `CREATE DATABASE ${template}`);
  const { migrateDatabase } = await import('../../../src/adapters/postgres/migrate.ts');
  await migrateDatabase(url(template));
  await execute(url(), `ALTER DATABASE ${template} WITH ALLOW_CONNECTIONS false`);
}

async function execute(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
