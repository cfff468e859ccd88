import assert from 'node:assert/strict';
import { Command } from 'commander';
import { exitCodeOf } from '../../src/command-line.ts';
import { addDemoDataCommand } from '../../src/main/demo-data.ts';
import { freePort } from '../support/control-plane/ports.ts';
import type { TestDatabase } from '../support/postgres/postgres.ts';
import { sharedPostgres } from '../support/postgres/shared-postgres.ts';
import { runLoyalty } from '../support/run-loyalty.ts';

/** Parses the flags in this process; a good one would fill the database of DATABASE_URL, so only bad ones come here. */
async function refusal(...flags: string[]): Promise<{ exit: number; stderr: string }> {
  let stderr = '';
  const program = new Command('loyalty').exitOverride().configureOutput({ writeErr: (text) => void (stderr += text) });
  addDemoDataCommand(program);
  for (const command of program.commands) command.copyInheritedSettings(program);
  try {
    await program.parseAsync(['demo-data', ...flags], { from: 'user' });
  } catch (error) {
    return { exit: exitCodeOf(error, { write: (text) => (stderr += text) }), stderr };
  }
  return { exit: 0, stderr };
}

describe('loyalty demo-data', () => {
  let database: TestDatabase;

  before(async () => {
    database = await (await sharedPostgres()).createDatabase();
  });
  after(() => database.drop());

  const bad: [flags: string, message: RegExp][] = [
    ['--merchants 0', /'--merchants <number>' argument '0' is invalid\. It must be an integer from 1 to 10000\./],
    ['--merchants 10001', /from 1 to 10000/],
    ['--merchants 1.5', /--merchants.*integer/],
    ['--merchants many', /--merchants.*integer/],
    ['--cards -1', /--cards.*integer from 1 to 100000000/],
    ['--cards 1e6', /--cards.*integer/],
    ['--cards', /--cards <number>' argument missing/],
    ['--lots-per-card 0', /--lots-per-card.*integer from 1 to 10000/],
    ['--due-share 1.01', /--due-share.*number from 0 to 1/],
    ['--due-share -0.1', /--due-share.*number from 0 to 1/],
    ['--due-share 5%', /--due-share.*number from 0 to 1/],
    ['--years 0', /--years.*integer from 1 to 50/],
    [`--seed ${'x'.repeat(101)}`, /--seed.*1 to 100 characters/],
    ['--seeds 1', /unknown option '--seeds'/],
    ['everything', /too many arguments/],
  ];
  for (const [flags, message] of bad) {
    it(`refuses ${flags.slice(0, 40)}`, async () => {
      const { exit, stderr } = await refusal(...flags.split(' '));
      assert.deepEqual([exit, message.test(stderr)], [64, true], stderr);
    });
  }

  it('fills a database, says with what, and what to do next', async () => {
    const flags = ['--merchants', '3', '--cards', '200', '--lots-per-card', '2', '--due-share', '.1', '--seed', '7'];
    const { exit, stdout, stderr } = await runLoyalty({ DATABASE_URL: database.url }, 'demo-data', ...flags);
    assert.deepEqual([exit, stderr], [0, '']);
    assert.match(stdout, new RegExp(`^The database "${database.name}" on 127\\.0\\.0\\.1:\\d+\\.\\n\\n`));
    assert.equal(stdout.match(/^[\da-f-]{36} {2}[\w/]+ +\d+ cards {2}\S.*$/gm)?.length, 3);
    assert.match(stdout, /^Made 3 merchants, 200 cards, 400 lots, 4\d of them due, [\d,]+ entries in \d+\.\d s\.$/m);
    assert.match(stdout, /What to try next:\n {2}loyalty expire-points .*\n {2}loyalty verify-ledger/);
  });

  it('does not add to it unless told to', async () => {
    const { exit, stderr } = await runLoyalty({ DATABASE_URL: database.url }, 'demo-data', '--seed', '8');
    assert.deepEqual([exit, /has 3 merchants already/.test(stderr)], [64, true], stderr);
    const more = ['--add', '--seed', '8', '--merchants', '1', '--cards', '1'];
    const added = await runLoyalty({ DATABASE_URL: database.url }, 'demo-data', ...more);
    assert.deepEqual([added.exit, added.stderr], [0, '']);
  });

  it('refuses a database that is not migrated', async () => {
    const empty = await (await sharedPostgres()).emptyDatabase();
    const { exit, stderr } = await runLoyalty({ DATABASE_URL: empty.url }, 'demo-data');
    assert.equal(exit, 78);
    assert.match(stderr, /has no tables yet and lacks 0001-tenants, .*\. Run `loyalty migrate` first\.\n$/);
    await empty.drop();
  });

  it('says that the database is away, and where it was looked for', async () => {
    const port = await freePort();
    const { exit, stderr } = await runLoyalty({ DATABASE_URL: `postgres://u:hidden@127.0.0.1:${port}/d` }, 'demo-data');
    assert.deepEqual([exit, stderr.includes('hidden')], [75, false]);
    assert.match(
      stderr,
      new RegExp(`^The database "d" on 127\\.0\\.0\\.1:${port} cannot be used: it cannot be reached`),
    );
  });

  it('needs DATABASE_URL', async () => {
    const { exit, stderr } = await runLoyalty({}, 'demo-data');
    assert.deepEqual([exit, /DATABASE_URL is not set/.test(stderr)], [78, true]);
  });
});
