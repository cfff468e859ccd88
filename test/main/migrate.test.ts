import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Knex } from 'knex';
import { migrate, migrationConfig, openForMigrations } from '../../src/adapters/postgres/migrate.ts';
import { migrations } from '../../src/adapters/postgres/migrations/migrations.ts';
import { readSchema } from '../../src/adapters/postgres/schema.ts';
import { freePort } from '../support/control-plane/ports.ts';
import type { TestDatabase, TestPostgres } from '../support/postgres/postgres.ts';
import { schemaText } from '../support/postgres/schema-text.ts';
import { sharedPostgres } from '../support/postgres/shared-postgres.ts';
import { type Ended, type LoyaltyRun, startLoyalty } from '../support/run-loyalty.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';
import { eventually } from '../support/wait.ts';

const names = migrations.map(({ name }) => name);
const last = names.at(-1) ?? '';

/** Runs `bin/loyalty migrate` as users do. */
const start = (environment: Record<string, string>, ...options: string[]): LoyaltyRun =>
  startLoyalty(environment, 'migrate', ...options);

const run = (environment: Record<string, string>, ...options: string[]): Promise<Ended> =>
  start(environment, ...options).ended;

describe('loyalty migrate', () => {
  let postgres: TestPostgres;
  let database: TestDatabase;
  let knex: Knex;

  before(async () => {
    postgres = await sharedPostgres();
  });
  beforeEach(async () => {
    database = await postgres.emptyDatabase();
    knex = openForMigrations(database.url);
  });
  afterEach(async () => {
    for (const held of holds) await held.release();
    await knex.destroy();
  });

  const where = (): string => `The database "${database.name}" on 127.0.0.1:${postgres.port}, PostgreSQL 18.4.\n`;

  it('says from where to where it went', async () => {
    await knex.migrate.up(migrationConfig());
    const { exit, stdout, stderr } = await run({ DATABASE_URL: database.url });
    assert.deepEqual({ exit, stderr }, { exit: 0, stderr: '' });
    const lines = names.slice(1).map((name) => `${name}: done in N s.\n`);
    const summary = `The schema went from ${names[0]} to ${last} (${names.length - 1} migrations).\n`;
    assert.equal(stdout.replaceAll(/\d+\.\d+ s/g, 'N s'), `${where()}${lines.join('')}${summary}`);
    const again = await run({ DATABASE_URL: database.url });
    assert.deepEqual(again, { exit: 0, stdout: `${where()}The schema is at ${last}: nothing to do.\n`, stderr: '' });
  });

  it('goes on to the end though nobody reads what it says any more', async () => {
    const { child, ended } = start({ DATABASE_URL: database.url });
    // What it said is not there to be read.
    ended.catch(() => undefined);
    child.stdout?.once('data', () => child.stdout?.destroy());
    const [exitCode] = (await once(child, 'exit')) as [number | null];
    assert.equal(exitCode, 0);
    assert.deepEqual((await readSchema(knex)).pending, []);
  });

  it('shows the SQL with --dry-run, and writes nothing', async () => {
    const { exit, stdout, stderr } = await run({ DATABASE_URL: database.url }, '--dry-run');
    assert.deepEqual({ exit, stderr }, { exit: 0, stderr: '' });
    assert.match(stdout, /^-- 0001-tenants$/m);
    assert.match(stdout, /^CREATE TABLE merchants \($/m);
    assert.match(stdout, new RegExp(`would go from nothing to ${last} .*Dry run: nothing was written\\.\n$`));
    assert.deepEqual(await schemaText(knex), []);
    assert.deepEqual((await readSchema(knex)).recorded, []);
  });

  it('says so when a newer build has migrated the database', async () => {
    await migrate(knex);
    await knex('knex_migrations').insert({ name: '9999-newer', batch: 9, migration_time: new Date() });
    const { exit, stdout } = await run({ DATABASE_URL: database.url });
    assert.equal(exit, 0);
    assert.match(
      stdout,
      /A newer build has migrated this database \(9999-newer\): it has all that this build needs\.\n/,
    );
  });

  it('runs each migration once when two processes start at once', async () => {
    const ended = await Promise.all([run({ DATABASE_URL: database.url }), run({ DATABASE_URL: database.url })]);
    assert.deepEqual(
      ended.map(({ exit, stderr }) => [exit, stderr]),
      [
        [0, ''],
        [0, ''],
      ],
    );
    const done = ended.flatMap(({ stdout }) => [...stdout.matchAll(/^(\S+): done/gm)].map(([, name]) => name));
    assert.deepEqual(done, names);
  });

  it('says that it waits for another process, which may be killed', async () => {
    const holder = await hold(database.url, 1);
    const [one, two] = [start({ DATABASE_URL: database.url }), start({ DATABASE_URL: database.url })];
    const said = { one: '', two: '' };
    one.child.stdout?.on('data', (chunk) => (said.one += String(chunk)));
    two.child.stdout?.on('data', (chunk) => (said.two += String(chunk)));
    const waits = /Waiting for another process that migrates this database\.\n/;
    await eventually(() => assert.match(said.one + said.two, waits), { describe: 'one of them to wait' });
    await holder.blocked();
    const [worker, waiter] = waits.test(said.one) ? [two, one] : [one, two];
    worker.child.kill('SIGKILL');
    await holder.release();
    assert.equal((await worker.ended).exit, 'SIGKILL');
    assert.equal((await waiter.ended).exit, 0);
    assert.deepEqual((await readSchema(knex)).recorded, names);
  });

  describe('killed with -9 in the middle', () => {
    let moments: number[];
    let expected: string[];

    before(async () => {
      const { url } = await postgres.emptyDatabase();
      const whole = openForMigrations(url);
      const counter = await hold(url, 0);
      await migrate(whole);
      const total = await counter.counted();
      // Knex's own tables are the first two; then some of each migration, and the very last.
      moments = [1, 2, 3, ...[0.3, 0.6].map((share) => Math.round(total * share)), total];
      expected = await schemaText(whole);
      await counter.release();
      await whole.destroy();
    });

    async function killAt(moment: number): Promise<void> {
      const { url } = await postgres.emptyDatabase();
      const holder = await hold(url, moment);
      const { child, ended } = start({ DATABASE_URL: url });
      await holder.blocked();
      child.kill('SIGKILL');
      assert.equal((await ended).exit, 'SIGKILL');
      await holder.release();
      const again = openForMigrations(url);
      await migrate(again);
      assert.deepEqual((await readSchema(again)).recorded, names, `killed at statement ${moment}`);
      assert.deepEqual(await schemaText(again), expected, `killed at statement ${moment}`);
      await again.destroy();
    }

    it('goes on when it is run again, wherever that was', async () => {
      await Promise.all(moments.map(killAt));
    });

    it('leaves nothing behind that has to be released by hand', async () => {
      const holder = await hold(database.url, moments[3] ?? 0);
      const { child, ended } = start({ DATABASE_URL: database.url });
      await holder.blocked();
      child.kill('SIGKILL');
      await ended;
      // What it waited for is still taken: PostgreSQL notices that its client has gone.
      await eventually(async () => assert.equal(await holder.waiting(), 0), { describe: 'its session to end' });
      assert.ok((await migrate(knex)).done.length > 0);
      assert.deepEqual(await schemaText(knex), expected);
      await holder.release();
    });
  });

  it('ends with 75 when its connections are cut, and goes on when it is run again', async () => {
    const proxy = await startTcpProxy(postgres);
    const holder = await hold(database.url, 5);
    const running = start({ DATABASE_URL: proxy.url(database.url) });
    await holder.blocked();
    proxy.cut();
    const { exit, stderr } = await running.ended;
    assert.equal(exit, 75, stderr);
    assert.match(
      stderr,
      new RegExp(`^The database "${database.name}" on 127.0.0.1:${proxy.port} cannot be used: it cannot`),
    );
    await holder.release();
    assert.equal((await run({ DATABASE_URL: proxy.url(database.url) })).exit, 0);
    proxy.stop();
  });

  describe('refused', () => {
    const at = (change: (url: URL) => void): string => {
      const url = new URL(database.url);
      change(url);
      return url.href;
    };

    const cases: [string, () => Promise<Record<string, string>> | Record<string, string>, number, RegExp][] = [
      ['no DATABASE_URL', () => ({}), 78, /has a problem:\n {2}- DATABASE_URL is not set\. PostgreSQL 15 or newer:/],
      [
        'not a URL of PostgreSQL',
        () => ({ DATABASE_URL: 'mysql://root:hush-hush@localhost/x' }),
        78,
        /DATABASE_URL is a value that is not shown: it must be a URL such as postgres:/,
      ],
      [
        'a file that is missing',
        () => ({ DATABASE_URL_FILE: '/nowhere/url' }),
        78,
        /has a problem:\n {2}- DATABASE_URL_FILE: cannot read \/nowhere\/url: ENOENT/,
      ],
      [
        'a wrong password',
        () => ({ DATABASE_URL: at((url) => (url.password = 'hush-hush')) }),
        78,
        /cannot be used: it refuses the password of the user "postgres"\. Correct DATABASE_URL\.$/,
      ],
      [
        'a user that does not exist',
        () => ({ DATABASE_URL: at((url) => (url.username = 'nobody')) }),
        78,
        /cannot be used: it refuses the password of the user "nobody"\./,
      ],
      [
        'a database that does not exist',
        () => ({ DATABASE_URL: at((url) => (url.pathname = '/absent')) }),
        78,
        /^The database "absent" on 127\.0\.0\.1:\d+ cannot be used: there is no such database\. Create it \(CREATE DATABASE "absent"\)/,
      ],
      [
        'a user without rights',
        async () => {
          const user = `plain_${database.name}`;
          await knex.raw(`CREATE USER ${user} PASSWORD 'hush-hush'`);
          return { DATABASE_URL: at((url) => ([url.username, url.password] = [user, 'hush-hush'])) };
        },
        78,
        /lacks a right: .*permission denied for schema public\. Grant it \(GRANT CREATE ON SCHEMA public TO "plain_/,
      ],
      [
        'an encoding that has not all letters',
        async () => {
          await knex.raw(`CREATE DATABASE ${database.name}_latin ENCODING 'LATIN1' TEMPLATE template0`);
          return { DATABASE_URL: at((url) => (url.pathname += '_latin')) };
        },
        78,
        /cannot be used\. Its encoding is LATIN1: UTF8 is needed \(CREATE DATABASE … ENCODING 'UTF8'/,
      ],
      [
        'TLS asked of a server without',
        () => ({ DATABASE_URL: at((url) => url.searchParams.set('sslmode', 'require')) }),
        78,
        /cannot be used: it does not speak TLS\. Use sslmode=disable/,
      ],
      [
        'a server that is not there',
        async () => {
          const port = String(await freePort());
          return { DATABASE_URL: at((url) => (url.port = port)) };
        },
        75,
        /on 127\.0\.0\.1:\d+ cannot be used: it cannot be reached, or is going down \(connect ECONNREFUSED .*\)\. Try again\.$/,
      ],
      [
        'a host name that does not exist',
        () => ({ DATABASE_URL: at((url) => (url.hostname = 'database.invalid')) }),
        75,
        /on database\.invalid:\d+ cannot be used: it cannot be reached/,
      ],
    ];

    for (const [name, environment, exit, message] of cases) {
      it(`${name}: ${exit}`, async () => {
        const ended = await run(await environment());
        assert.match(ended.stderr.trimEnd(), message);
        assert.deepEqual([ended.exit, ended.stderr.includes('    at ')], [exit, false]);
        const password = new URL(database.url).password;
        for (const secret of [password, 'hush-hush'])
          assert.doesNotMatch(ended.stdout + ended.stderr, new RegExp(secret));
      });
    }
  });

  it('reads the URL from a file', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'loyalty-migrate-'));
    await writeFile(join(directory, 'url'), `${database.url}\n`, { mode: 0o600 });
    const { exit, stderr } = await run({ DATABASE_URL_FILE: join(directory, 'url') });
    await rm(directory, { recursive: true });
    assert.deepEqual({ exit, stderr }, { exit: 0, stderr: '' });
  });

  it('has a help, and knows no other options', async () => {
    const help = await run({}, '--help');
    assert.equal(help.exit, 0);
    assert.match(help.stdout, /--dry-run +show what would be done, and do nothing/);
    assert.equal((await run({}, '--down')).exit, 64);
  });
});

const holds = new Set<Hold>();

interface Hold {
  /** How many changes there were. */
  counted(): Promise<number>;
  /** Waits until somebody is held. */
  blocked(): Promise<void>;
  /** How many are held now. */
  waiting(): Promise<number>;
  release(): Promise<void>;
}

/** Makes the database hold whoever changes its schema right before the n-th change from now on; 0: only counts. */
async function hold(url: string, nth: number): Promise<Hold> {
  const knex = openForMigrations(url);
  await knex.raw('CREATE SCHEMA hold');
  await knex.raw('CREATE SEQUENCE hold.count');
  await knex.raw(`
    CREATE FUNCTION hold.wait() RETURNS event_trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF nextval('hold.count') = ${nth} THEN PERFORM set_config('lock_timeout', '0', true), pg_advisory_xact_lock(7); END IF;
    END $$`);
  const holder = await knex.transaction();
  await holder.raw('SELECT pg_advisory_xact_lock(7)');
  await knex.raw('CREATE EVENT TRIGGER hold ON ddl_command_start EXECUTE FUNCTION hold.wait()');
  const number = async (sql: string): Promise<number> => {
    const { rows } = await knex.raw<{ rows: { number: number }[] }>(`SELECT (${sql})::int AS number`);
    return rows[0]?.number ?? 0;
  };
  const waiting = (): Promise<number> =>
    number(`SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 7 AND NOT granted
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`);
  const hold: Hold = {
    waiting,
    counted: () => number('SELECT last_value FROM hold.count'),
    blocked: () => eventually(async () => assert.equal(await waiting(), 1), { describe: 'the migration to be held' }),
    release: async () => {
      holds.delete(hold);
      await holder.rollback();
      await knex.destroy();
    },
  };
  holds.add(hold);
  return hold;
}
