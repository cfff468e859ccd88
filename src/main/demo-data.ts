import { type Command, InvalidArgumentError } from 'commander';
import { openDatabase } from '../adapters/postgres/database.ts';
import { requireSchema } from '../adapters/postgres/require-schema.ts';
import { describeDatabase, explainDatabaseError, requireSuitable } from '../adapters/postgres/usable-database.ts';
import { readConfig } from '../config.ts';
import type { World } from '../demo-data/load.ts';
import { demoDataSettings, makeWorld } from '../demo-data/make-world.ts';
import type { WorldOptions } from '../demo-data/merchants.ts';

function integer(low: number, high: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d{1,9}$/.test(text) && value >= low && value <= high) return value;
    throw new InvalidArgumentError(`It must be an integer from ${low} to ${high}.`);
  };
}

function share(text: string): number {
  const value = Number(text);
  if (/^(\d+(\.\d*)?|\.\d+)$/.test(text) && value <= 1) return value;
  throw new InvalidArgumentError('It must be a number from 0 to 1, such as 0.05.');
}

function seed(text: string): string {
  if (text.length > 0 && text.length <= 100) return text;
  throw new InvalidArgumentError('It must be a text of 1 to 100 characters, such as 42.');
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

const grouped = new Intl.NumberFormat('en-US');

/** Overwrites its own line on a terminal, and is silent elsewhere. */
function reporter({ cards }: WorldOptions): (done: number) => void {
  if (!process.stderr.isTTY) return () => {};
  return (done) =>
    process.stderr.write(`\r${grouped.format(done)} of ${grouped.format(cards)} cards${done === cards ? '\n' : ''}`);
}

const shownMerchants = 20;

function printSummary({ merchants, cards, lots, due, entries }: World, seconds: number): void {
  const width = Math.max(...merchants.map(({ region }) => region.timezone.length));
  for (const { id, region, cards: own, name } of merchants.slice(0, shownMerchants))
    print(`${id}  ${region.timezone.padEnd(width)}  ${grouped.format(own).padStart(9)} cards  ${name}`);
  if (merchants.length > shownMerchants) print(`… and ${merchants.length - shownMerchants} more merchants`);
  const counts = { merchants: merchants.length, cards, lots, 'of them due': due, entries };
  const all = Object.entries(counts).map(([name, count]) => `${grouped.format(count)} ${name}`);
  print(`\nMade ${all.join(', ')} in ${seconds.toFixed(1)} s.`);
}

const next = `
What to try next:
  loyalty expire-points          takes the points that are due from their cards (--dry-run shows them)
  loyalty verify-ledger          proves that every balance is the sum of its entries and of its lots
  loyalty api                    serves it; /docs shows how to read a card (loyalty api --help)`;

async function run({ add, ...options }: WorldOptions & { add: boolean }): Promise<void> {
  const { DATABASE_URL: url } = readConfig('demo-data', process.env);
  const database = openDatabase({ url, poolSize: 1, applicationName: 'loyalty demo-data', settings: demoDataSettings });
  try {
    await requireSuitable(database, url);
    await requireSchema(database, url);
    print(`The ${describeDatabase(url)}.\n`);
    const begun = performance.now();
    const world = await makeWorld(database, options, { add, now: new Date(), report: reporter(options) });
    printSummary(world, (performance.now() - begun) / 1_000);
    print(next);
  } catch (error) {
    throw explainDatabaseError(error, url);
  } finally {
    await database.destroy();
  }
}

const help = `
For trials, demos and benchmarks; never for a database that customers use.

It makes merchants in several timezones, each with a program of every expiry mode, cards with
customers, and their history until some minutes ago: points earned, redeemed, voided, adjusted,
expired and restored by the rules of the ledger, so that \`loyalty verify-ledger\` finds it balanced.
The same seed makes the same cards and lots, ids included; instants are relative to now.

All of it is written in one transaction: interrupted, it leaves nothing behind.
--due-share says which share of the lots has points that have expired, and that nobody has zeroed:
what the next expire-points finds.

The schema must be there (\`loyalty migrate\`), and no merchants yet, unless --add is given.
DATABASE_URL names the database: \`loyalty config demo-data\` prints it.

Exit codes: 0 done, 64 a flag, or there are merchants already, 75 the database is away or busy
(try again), 78 DATABASE_URL, the user's rights, or a schema that is not migrated.

Examples:
  $ loyalty demo-data
  $ loyalty demo-data --merchants 1000 --cards 500000 --lots-per-card 4 --due-share 0.5 --seed 7
`;

/** Adds `loyalty demo-data` to the program. */
export function addDemoDataCommand(program: Command): void {
  program
    .command('demo-data')
    .summary('fill a database with a believable world, for trials')
    .description('Fills a database with merchants, programs, customers, cards and their history, for trials.')
    .option('--merchants <number>', 'how many merchants', integer(1, 10_000), 8)
    .option('--cards <number>', 'how many cards in all', integer(1, 100_000_000), 10_000)
    .option('--lots-per-card <number>', 'how many lots a card has, on average', integer(1, 10_000), 4)
    .option('--due-share <share>', 'share of the lots that are due: expired, with points, not zeroed', share, 0.02)
    .option('--years <number>', 'how far the history goes back', integer(1, 50), 2)
    .option('--seed <text>', 'what everything is made from', seed, '1')
    .option('--add', 'add to a database that has merchants already', false)
    .addHelpText('after', help)
    .action(run);
}
