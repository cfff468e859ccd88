import { fileURLToPath } from 'node:url';
import type { TestDatabase } from '../support/postgres/databases.ts';
import { sharedPostgres } from '../support/postgres/shared-postgres.ts';
import { runPage } from '../support/runbook/run-blocks.ts';

describe('docs/jobs.md', () => {
  let database: TestDatabase;

  before(async () => {
    database = await (await sharedPostgres()).emptyDatabase();
  });
  after(() => database?.drop());

  it('shows what the jobs do', async () => {
    const environment = { DATABASE_URL: database.url, LOG_FORMAT: 'json' };
    await runPage(fileURLToPath(new URL('../../docs/jobs.md', import.meta.url)), { environment, programs: [] });
  });
});
