import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Flags, readConfig } from '../../src/config.ts';
import { ConfigurationError } from '../../src/errors.ts';
import {
  type Copy,
  countDue,
  createExpireWorld,
  eventsNamed,
  type ExpireWorld,
  ledgerState,
  type LedgerState,
  merchantsOfRun,
  runsOf,
} from '../jobs/expire-world.ts';
import { freePort } from '../support/control-plane/ports.ts';
import { sharedPostgres } from '../support/postgres/shared-postgres.ts';
import { runLoyalty } from '../support/run-loyalty.ts';
import { eventually } from '../support/wait.ts';

const nobody = '01900000-0000-7000-8000-000000000000';

describe('loyalty expire-points', () => {
  let world: ExpireWorld;
  let undisturbed: LedgerState;

  before(async () => {
    world = await createExpireWorld(await sharedPostgres(), { merchants: 12, cards: 300 });
    await using copy = await world.copy();
    assert.equal((await copy.expire()).exit, 0);
    undisturbed = await ledgerState(copy.database);
  });

  describe('asked for what cannot be', () => {
    let copy: Copy;

    before(async () => {
      copy = await world.copy();
    });
    after(() => copy[Symbol.asyncDispose]());

    // Each by its flag and by its variable.
    const rows: [flag: string, variable: string, value: string, message: RegExp][] = [
      ['--merchant', 'MERCHANT_IDS', nobody, new RegExp(`^There is no merchant ${nobody}\\. Nothing was done\\.$`)],
      ['--force-merchant', 'FORCE_MERCHANTS', nobody, /^There is no merchant /],
      ['--as-of', 'AS_OF', '2026-02-30T00:00:00Z', / is "2026-02-30T00:00:00Z": it must be an instant that exists/],
      [
        '--as-of',
        'AS_OF',
        '2999-01-01T00:00:00Z',
        /^--as-of \(AS_OF\) is 2999-01-01T00:00:00.000Z, and the database's clock says /,
      ],
      ['--batch-size', 'BATCH_SIZE', '0', / is "0": it must be an integer from 1 to 100000\.$/],
      ['--resume', 'RESUME_RUN', nobody, new RegExp(`^There is no run ${nobody} of expire-points\\. `)],
    ];
    for (const [flag, variable, value, message] of rows) {
      it(`${flag} ${value}, also as ${variable}: 64`, async () => {
        const unset = { AS_OF: '' };
        const both = await Promise.all([
          copy.expire(unset, `${flag}=${value}`),
          copy.expire({ ...unset, [variable]: value }),
        ]);
        for (const [index, { exit, stderr, stdout }] of both.entries()) {
          const line = stderr.trimEnd().replace(/^The configuration has a problem:\n {2}- /, '');
          assert.equal(exit, 64, stderr);
          assert.match(line, message);
          if (line.includes(' is "')) assert.ok(line.startsWith(index === 0 ? `${flag} is` : `${variable} is`), line);
          assert.equal(stdout, '');
        }
        assert.deepEqual(await runsOf(copy.database), []);
      });
    }

    const alone: [words: string[], environment: Record<string, string>, exit: number, message: RegExp][] = [
      [['--nonsense'], {}, 64, /unknown option '--nonsense'/],
      [[nobody], {}, 64, /too many arguments/],
      [[], { DRY_RUN: 'yes' }, 64, /DRY_RUN is "yes": it must be true or false/],
      [['--dry-run', '--resume', nobody], {}, 64, /exclude each other/],
      [
        ['--batch-size', '0'],
        { MAX_EXPIRE_SHARE: '50' },
        78,
        /2 problems:\n.*--batch-size.*\n.*MAX_EXPIRE_SHARE is "50"/,
      ],
    ];
    for (const [words, environment, exit, message] of alone) {
      it(`${[...words, JSON.stringify(environment)].join(' ')}: ${exit}`, async () => {
        const ended = await copy.expire({ AS_OF: '', ...environment }, ...words);
        assert.equal(ended.exit, exit, ended.stderr);
        assert.match(ended.stderr, message);
      });
    }
  });

  // What the settings themselves refuse; that the command says it and ends so is shown above.
  describe('given a value that is none', () => {
    const base = { DATABASE_URL: 'postgres://127.0.0.1/loyalty' };

    function refused(environment: Record<string, string>, flags: Flags): ConfigurationError {
      try {
        readConfig('expire-points', { ...base, ...environment }, flags);
      } catch (error) {
        assert.ok(error instanceof ConfigurationError);
        return error;
      }
      return assert.fail('it was taken');
    }

    const ids = 'it must be ids of merchants separated by commas.';
    const instant = 'it must be an instant that exists, with its offset, such as ';
    const values: [flag: string, variable: string, value: string, rule: string][] = [
      ['--merchant', 'MERCHANT_IDS', 'acme', ids],
      ['--merchant', 'MERCHANT_IDS', ',', ids],
      ['--merchant', 'MERCHANT_IDS', ' ', ids],
      ['--force-merchant', 'FORCE_MERCHANTS', 'all', ids],
      ['--as-of', 'AS_OF', '2026-02-30T00:00:00Z', instant],
      ['--as-of', 'AS_OF', '2025-02-29T12:00:00+01:00', instant],
      ['--as-of', 'AS_OF', '2026-13-01T00:00:00Z', instant],
      ['--as-of', 'AS_OF', '2026-01-01T24:00:00Z', instant],
      ['--as-of', 'AS_OF', '2026-01-01T00:00:00', instant],
      ['--as-of', 'AS_OF', '2026-01-01', instant],
      ['--as-of', 'AS_OF', 'yesterday', instant],
      ['--batch-size', 'BATCH_SIZE', '1e3', 'it must be an integer from 1 to 100000.'],
      ['--batch-size', 'BATCH_SIZE', '-5', 'it must be an integer from 1 to 100000.'],
    ];
    for (const [flag, variable, value, rule] of values) {
      it(`${flag} ${value}, also as ${variable}: 64`, () => {
        const both = [refused({}, { [variable]: value }), refused({ [variable]: value }, {})];
        for (const [index, { exitCode, problems }] of both.entries()) {
          assert.equal(exitCode, 64);
          assert.equal(problems.length, 1);
          const start = `${index === 0 ? flag : variable} is "${value}": ${rule}`;
          assert.ok(problems[0]?.startsWith(start), problems[0]);
        }
      });
    }

    const others: [environment: Record<string, string>, flags: Flags, exit: number, start: string][] = [
      [{}, { MERCHANT_IDS: '' }, 64, '--merchant is "": it must be ids'],
      [{}, { AS_OF: '' }, 64, '--as-of is "": it must be an instant'],
      [{ MAX_EXPIRE_SHARE: '-1' }, {}, 78, 'MAX_EXPIRE_SHARE is "-1": it must be a number from 0 to 1'],
      [{ DATABASE_URL: 'mysql://x' }, {}, 78, 'DATABASE_URL is a value that is not shown: it must be a URL'],
    ];
    for (const [environment, flags, exit, start] of others) {
      it(`${start}: ${exit}`, () => {
        const { exitCode, problems } = refused(environment, flags);
        assert.equal(exitCode, exit);
        assert.ok(problems[0]?.startsWith(start), problems[0]);
      });
    }
  });

  it('shows in a dry run what will be due in the future', async () => {
    await using copy = await world.copy();
    const { exit, stdout } = await copy.expire({ DRY_RUN: 'true', AS_OF: '2999-01-01T00:00:00Z' });
    assert.equal(exit, 0);
    assert.match(stdout, /^expire-points as of 2999-01-01T00:00:00.000Z, dry run\n/);
    assert.deepEqual(await runsOf(copy.database), []);
  });

  it('says 75 when the database is away, in the termination message too', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'expire-'));
    const log = join(folder, 'log');
    await writeFile(log, '');
    const url = `postgres://postgres@127.0.0.1:${await freePort()}/loyalty`;
    const { exit, stderr } = await runLoyalty({ DATABASE_URL: url, TERMINATION_LOG: log }, 'expire-points');
    assert.equal(exit, 75);
    assert.match(stderr, /cannot be reached/);
    assert.equal(await readFile(log, 'utf8'), stderr);
    await rm(folder, { recursive: true });
  });

  it('says 78 when the schema is not there', async () => {
    const database = await (await sharedPostgres()).emptyDatabase();
    const { exit, stderr } = await runLoyalty({ DATABASE_URL: database.url }, 'expire-points');
    assert.equal(exit, 78);
    assert.match(stderr, /Run `loyalty migrate` first/);
    await database.drop();
  });

  it('holds a merchant back that would lose nearly all, with the command that lets it pass', async () => {
    await using copy = await world.copy();
    const share = '0.5';
    const [victim = ''] = await copy.merchants();
    await moreCards(copy, victim);
    const dry = await copy.expire({ MAX_EXPIRE_SHARE: share }, '--dry-run');
    const held = await copy.expire({ MAX_EXPIRE_SHARE: share });
    assert.deepEqual([dry.exit, held.exit], [10, 10], held.stderr);
    const [run] = await runsOf(copy.database);
    const failed = (await merchantsOfRun(copy.database, run?.id ?? '')).filter(({ state }) => state === 'failed');
    assert.deepEqual(
      failed.map((row) => [row.merchant_id, row.reason, row.points]),
      [[victim, 'SuspiciousVolume', 0]],
    );
    assert.ok((await countDue(copy.database, world.asOf, victim)) > 0);
    for (const { stdout } of [dry, held]) assert.match(stdout, /SuspiciousVolume: \d+ of \d+ points \(\d/);
    const command = /loyalty expire-points (.*)$/.exec(failed[0]?.message ?? '')?.[1]?.split(' ') ?? [];
    assert.deepEqual(command.slice(0, 4), ['--merchant', victim, '--force-merchant', victim]);
    const passed = await copy.expire({ MAX_EXPIRE_SHARE: share, AS_OF: '' }, ...command);
    assert.equal(passed.exit, 0, passed.stderr);
    assert.equal(await countDue(copy.database, world.asOf), 0);
    const forced = (await runsOf(copy.database)).at(-1)?.parameters['force_merchants'];
    assert.deepEqual(forced, [victim]);
  });

  /** All of its points are due, and it has as many cards as the guard looks at. */
  async function moreCards({ database }: Copy, merchant: string): Promise<void> {
    await database('lots')
      .where({ merchant_id: merchant })
      .update({ expires_at: new Date(world.asOf.getTime() - 1) });
    await database.raw(
      `WITH customer AS (
        INSERT INTO customers (merchant_id, external_id) SELECT ?, 'more-' || n FROM generate_series(1, 100) AS n RETURNING merchant_id, id, external_id
      ) INSERT INTO cards (merchant_id, program_id, customer_id, number)
        SELECT merchant_id, (SELECT id FROM programs WHERE programs.merchant_id = customer.merchant_id LIMIT 1), id, external_id FROM customer`,
      [merchant],
    );
  }

  interface Obstacle extends AsyncDisposable {
    release(): Promise<void>;
  }

  /** Holds up whoever comes to a merchant in the middle, until it is released. */
  async function obstacleIn(copy: Copy): Promise<Obstacle> {
    const merchant = (await copy.merchants())[6] ?? '';
    const holder = await copy.database.transaction();
    await holder.raw('SELECT FROM cards WHERE merchant_id = ? FOR UPDATE', [merchant]);
    const release = async (): Promise<void> => {
      if (!holder.isCompleted()) await holder.rollback();
    };
    return { release, [Symbol.asyncDispose]: release };
  }

  /** The process has done all merchants before the obstacle, and waits at it. */
  async function whenHeldUp({ database }: Copy): Promise<void> {
    const waiting = database('pg_stat_activity')
      .where({ wait_event_type: 'Lock', wait_event: 'transactionid', application_name: 'loyalty expire-points' })
      .whereRaw('datname = current_database()')
      // In the company of other merchants it waits a tenth of a second only, and then alone.
      .whereRaw("clock_timestamp() - query_start > interval '300 milliseconds'");
    await eventually(async () => (await waiting.clone().select('pid')).length > 0, {
      describe: 'a process at the obstacle',
      deadlineSeconds: 20,
    });
  }

  it('finishes on SIGTERM the batch at hand, says 75 and goes on when it is started again', async () => {
    await using copy = await world.copy();
    await using obstacle = await obstacleIn(copy);
    const key = randomUUID();
    const run = copy.start({ RUN_UID: key, BATCH_SIZE: '1' });
    await whenHeldUp(copy);
    run.child.kill('SIGTERM');
    await obstacle.release();
    const ended = await run.ended;
    assert.equal(ended.exit, 75, ended.stderr);
    const [row] = await runsOf(copy.database);
    const [, end = ''] = ended.stdout.split(' pending; ');
    const [, ...notes] = end.split('\n');
    const command = `  loyalty expire-points --resume ${row?.id}`;
    assert.deepEqual(notes, ['Interrupted. The rest is done by:', command, '']);
    assert.equal(eventsNamed(ended, 'run_interrupted').length, 1);
    assert.equal(row?.state, 'running');
    const pending = (await merchantsOfRun(copy.database, row.id)).filter(({ state }) => state === 'pending');
    assert.ok(pending.length > 0);
    const again = await copy.expire({ RUN_UID: key, AS_OF: '' });
    assert.equal(again.exit, 0, again.stderr);
    assert.equal(eventsNamed(again, 'run_started')[0]?.['joined'], true);
    const runs = await runsOf(copy.database);
    assert.deepEqual(
      runs.map(({ state, as_of }) => [state, as_of]),
      [['done', world.asOf]],
    );
    assert.deepEqual(await ledgerState(copy.database), undisturbed);
  });

  it('ends on SIGTERM although its batch cannot end, which is undone', async () => {
    await using copy = await world.copy();
    await using obstacle = await obstacleIn(copy);
    const url = `${copy.url}?options=${encodeURIComponent('-c lock_timeout=120s')}`;
    const run = copy.start({ DATABASE_URL: url, RUN_UID: 'uid-1', BATCH_SIZE: '1' });
    await whenHeldUp(copy);
    run.child.kill('SIGTERM');
    const { exit, stderr } = await run.ended;
    assert.equal(exit, 75);
    assert.match(stderr, /Stopped by a signal within a batch that took longer than 4 s: it is undone\. Try again\.\n$/);
    await obstacle.release();
    assert.equal((await copy.expire({ RUN_UID: 'uid-1' })).exit, 0);
    assert.deepEqual(await ledgerState(copy.database), undisturbed);
  });

  it('has its work done by another process of the run when it is killed', async () => {
    await using copy = await world.copy();
    await using obstacle = await obstacleIn(copy);
    const environment = { RUN_UID: 'uid-1', BATCH_SIZE: '1' };
    const victim = copy.start(environment);
    await whenHeldUp(copy);
    const other = copy.start(environment);
    victim.child.kill('SIGKILL');
    await victim.ended;
    await obstacle.release();
    const { exit, stderr } = await other.ended;
    assert.equal(exit, 0, stderr);
    assert.deepEqual(await ledgerState(copy.database), undisturbed);
    assert.deepEqual(
      (await runsOf(copy.database)).map(({ state }) => state),
      ['done'],
    );
  });

  it('marks a run abandoned on which nobody works any more, and no other', async () => {
    await using copy = await world.copy();
    await using obstacle = await obstacleIn(copy);
    const url = `${copy.url}?options=${encodeURIComponent('-c lock_timeout=120s')}`;
    const killed = copy.start({ RUN_UID: 'killed', BATCH_SIZE: '1' });
    await whenHeldUp(copy);
    killed.child.kill('SIGKILL');
    await killed.ended;
    const living = copy.start({ DATABASE_URL: url, RUN_UID: 'living', BATCH_SIZE: '1' });
    const states = async (): Promise<string[]> =>
      (await runsOf(copy.database)).map(({ run_key, state }) => `${run_key} ${state}`);
    await eventually(async () => assert.deepEqual(await states(), ['killed abandoned', 'living running']), {
      describe: 'the second run to find the first',
      deadlineSeconds: 30,
    });
    const [merchant = ''] = await copy.merchants();
    const third = await copy.expire({ RUN_UID: 'third', MERCHANT_IDS: merchant });
    assert.equal(third.exit, 0, third.stderr);
    assert.deepEqual(await states(), ['killed abandoned', 'living running', 'third done']);
    await obstacle.release();
    const ended = await living.ended;
    assert.equal(ended.exit, 0, ended.stderr);
    const [first] = await runsOf(copy.database);
    assert.deepEqual(
      eventsNamed(ended, 'run_abandoned').map((event) => event['run_id']),
      [first?.id],
    );
    assert.ok(first?.finished_at !== null && (first?.totals?.['pending'] ?? 0) > 0);
    assert.deepEqual(await ledgerState(copy.database), undisturbed);
    // A pod of it that comes late after all goes on with it.
    assert.equal((await copy.expire({ RUN_UID: 'killed' })).exit, 0);
    assert.deepEqual(await states(), ['killed done', 'living done', 'third done']);
  });

  it('keeps the as-of and the merchants of a run, and refuses others', async () => {
    await using copy = await world.copy();
    const [merchant = '', other = ''] = await copy.merchants();
    assert.equal((await copy.expire({ RUN_UID: 'uid-1', MERCHANT_IDS: merchant })).exit, 0);
    const [run] = await runsOf(copy.database);
    const asOf = new Date(world.asOf.getTime() - 1).toISOString();
    const rows: [environment: Record<string, string>, words: string[], message: RegExp][] = [
      [{ RUN_UID: 'uid-1', MERCHANT_IDS: merchant, AS_OF: asOf }, [], /is as of .* and stays so; as of /],
      [{ AS_OF: asOf }, ['--resume', run?.id ?? ''], /is as of .* and stays so; as of /],
      [{ RUN_UID: 'uid-1' }, [], /^The run .* is of .*, not of all\. Start a run of its own/],
      [
        {},
        ['--resume', run?.id ?? '', '--merchant', other],
        /^The run .* is not of .*: it cannot be resumed for them\./,
      ],
    ];
    for (const [environment, words, message] of rows) {
      const { exit, stderr } = await copy.expire(environment, ...words);
      assert.equal(exit, 64, stderr);
      assert.match(stderr, message);
    }
    assert.equal((await copy.expire({ AS_OF: '' }, '--resume', run?.id.toUpperCase() ?? '')).exit, 0);
    assert.equal((await runsOf(copy.database)).length, 1);
  });
});
