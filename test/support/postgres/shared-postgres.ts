import { startPostgres, type PostgresVersion, type TestPostgres } from './postgres.ts';

const started = new Map<PostgresVersion, Promise<TestPostgres>>();

/**
 * The PostgreSQL that all test files of this process share; each takes databases of its own. It is started by the first
 * who asks and stopped after the last test. Do not kill it: whoever needs to starts one with `startPostgres`.
 */
export function sharedPostgres(version: PostgresVersion = 18): Promise<TestPostgres> {
  const running = started.get(version) ?? startPostgres({ version });
  started.set(version, running);
  return running;
}

const endings: (() => Promise<unknown>)[] = [];

/** What uses it as long as it runs is ended first, by this. */
export function endBeforeSharedPostgres(end: () => Promise<unknown>): void {
  endings.push(end);
}

// In mocha this is a hook of the root suite: this file is loaded while test files are.
if ('after' in globalThis) {
  after('stop the shared PostgreSQL', async () => {
    await Promise.allSettled(endings.map((end) => end()));
    for (const starting of started.values()) await (await starting).stop();
  });
}
