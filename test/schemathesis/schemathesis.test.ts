import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cursorAt } from '../../src/api/schemas.ts';
import { documentedOperations } from '../api/document.ts';
import { imbalancedCards } from '../api/hostile/rows.ts';
import { bookedCard } from '../api/hostile/targets.ts';
import { createWorld, type World } from '../api/world.ts';
import { openDatabase } from '../../src/adapters/postgres/database.ts';
import { appleWalletSetup } from '../support/apple-wallet.ts';
import { type RunningApi, startApi } from '../support/api-process.ts';
import { pythonProgram } from '../support/python.ts';
import { settingsText } from './settings.ts';

const requirements = fileURLToPath(new URL('requirements.txt', import.meta.url));
const seed = process.env['SEED'] ?? '1';
/** The last position of every list: behind it is what the first page has. */
const cursors = Object.fromEntries(
  documentedOperations()
    .filter(({ parameters }) => parameters.some(({ name }) => name === 'cursor'))
    .map(({ operationId }) => [
      operationId,
      cursorAt(operationId === 'listEntries' ? Number.MAX_SAFE_INTEGER : 'ffffffff-ffff-ffff-ffff-ffffffffffff'),
    ]),
);
const examples = process.env['SOAK'] ? 500 : 25;

describe(`schemathesis (SEED=${seed}, ${examples} examples an operation)`, function () {
  this.timeout(process.env['SOAK'] ? 60 * 60_000 : 6 * 60_000);
  let api: RunningApi;
  let world: World;
  let program: string;
  let folder: string;

  before('start the API', async () => {
    program = await pythonProgram('schemathesis', requirements);
    folder = await mkdtemp(join(tmpdir(), 'orion-schemathesis-'));
    api = await startApi({ environment: { RATE_LIMIT_PER_MINUTE: '10000000', ...appleWalletSetup().environment } });
    world = await createWorld(api);
  });

  after('end it', async () => {
    await api?.end();
    await rm(folder, { recursive: true, force: true });
  });

  /** What exists, so that not every request ends with 404. */
  async function known(): Promise<Record<string, string[]>> {
    const cards = await Promise.all(Array.from({ length: 20 }, () => bookedCard(world, world.home)));
    for (const card of cards.slice(0, 10)) {
      // Something to restore, and points all the same.
      await world.expire(card);
      await world.earn(card, 1_000);
    }
    const ids = cards.map(({ id }) => id);
    await world.putImages();
    return {
      'path.card_id': ids,
      'path.entry_id': cards.flatMap(({ entries }) => entries),
      'path.customer_id': cards.slice(0, 5).map(({ customerId }) => customerId),
      'path.merchant_id': [world.home.id],
      'path.program_id': [world.home.programId],
      'path.run_id': [await world.run(cards.slice(10, 12)), await world.run([], { task: 'restore' })],
      'path.api_key_id': [await world.newKeyId(), await world.newKeyId()],
      'query.number': cards.map(({ number }) => number),
      'query.merchant_id': [world.home.id],
      'body.program_id': [world.home.programId],
      'body.merchant_id': [world.home.id],
    };
  }

  async function run(tag: string, key: string): Promise<void> {
    const settings = join(folder, `${tag}.toml`);
    await writeFile(settings, settingsText({ known: await known(), cursors }), { mode: 0o600 });
    const command = ['--config-file', settings, '--no-color', 'run', `${api.url}/openapi.json`, '--include-tag', tag];
    const authorization = ['--header', `Authorization: Bearer ${key}`];
    const options = ['--seed', seed, '--max-examples', String(examples), '--request-timeout', '20'];
    // With more workers hypothesis fails on Python 3.11: "AST constructor recursion depth mismatch".
    const fixed = ['--workers', '1', '--generation-database', 'none'];
    const child = spawn(program, [...command, ...authorization, ...options, ...fixed], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (data: Buffer) => (output += data.toString()));
    const [code] = (await once(child, 'close')) as [number | null];
    assert.equal(code, 0, output);
    console.log(output.trimEnd().split('\n').slice(-12).map((line) => `      ${line}`).join('\n')); // prettier-ignore
  }

  it('finds nothing in what a store may call', () => run('Loyalty - Store', world.home.key));

  it('finds nothing in what an admin may call', () => run('Loyalty - Admin', world.adminKey));

  it('got through to every operation', () => {
    const done = api.lines().filter(({ event, status }) => event === 'api.request' && Number(status) < 300);
    const reached = new Set(done.map(({ method, route }) => `${String(method)} ${String(route)}`));
    // What wallets call has its own proof of who calls, and its own tests; so has the link, since there is no Google here. An image is no
    // text that a schema could describe.
    const elsewhere = ['putProgramImage', 'createGoogleLink'];
    const tried = documentedOperations().filter(
      ({ tag, operationId }) => !/^(Apple|Google) Wallet$/.test(tag) && !elsewhere.includes(operationId),
    );
    const missed = tried.filter(({ method, path }) => !reached.has(`${method} ${path}`));
    assert.deepEqual(
      missed.map(({ operationId }) => operationId),
      [],
    );
  });

  it('leaves the ledger in balance', async () => {
    const database = openDatabase({ url: api.database.url, poolSize: 2, applicationName: 'test' });
    const imbalanced = await imbalancedCards(database);
    await database.destroy();
    assert.equal(imbalanced, 0);
  });
});
