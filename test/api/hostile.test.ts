import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import type { Knex } from 'knex';
import { openDatabase } from '../../src/adapters/postgres/database.ts';
import { chanceOf, randomNumbers } from '../domain/credentials/checks/mutation.ts';
import { type RunningApi, startApi } from '../support/api-process.ts';
import { appleWalletSetup } from '../support/apple-wallet.ts';
import { documentedOperations } from './document.ts';
import { type Exchange, exchange, type RawAnswer } from './hostile/exchange.ts';
import { attacks, type HostileRequest, hostileRequest } from './hostile/generator.ts';
import { imbalancedCards, rowsOf } from './hostile/rows.ts';
import { bookedCard, createTargets, isOfStore, type Targets } from './hostile/targets.ts';
import { createWorld, type World } from './world.ts';

const seed = Number(process.env['SEED'] ?? randomInt(2 ** 31));
const requests = process.env['SOAK'] ? 20_000 : 2_000;
const atOnce = 8;
const renewedAfter = 250;

/** What may be in no answer: of files beside the API, of the database, of a stack. */
const leaks = /root:.*:0:0:|"devDependencies"|node_modules|pg_catalog|syntax error at or near|\n +at .*\(/;

/** Why what came back is not what may come back; undefined: it is. */
function complaintOf({ outcome, name }: HostileRequest, { answers, hung }: Exchange): string | undefined {
  if (hung) return 'no end of the connection within the deadline';
  if (answers.length === 0) return outcome === 'cut' ? undefined : 'no answer';
  const [first] = answers as [RawAnswer];
  if (outcome === 'refused' && (first.status < 400 || first.status > 499)) return `answered ${first.status}, not 4xx`;
  return answers.map((answer) => complaintOfAnswer(name, answer)).find((complaint) => complaint !== undefined);
}

function complaintOfAnswer(name: string, { status, headers, body }: RawAnswer): string | undefined {
  if (status >= 500) return `answered ${status}`;
  if (headers.has('x-injected')) return 'a header was injected';
  if (leaks.test(body)) return 'something was said that is nobody’s business';
  const isProblem = headers.get('content-type') === 'application/problem+json';
  if (status >= 400 && !isProblem) return `${status} is no problem+json (${name})`;
  return undefined;
}

function described({ name, operation, bytes, outcome }: HostileRequest, { answers }: Exchange): string {
  const sent = JSON.stringify(bytes.subarray(0, 1_500).toString('latin1'));
  const received = JSON.stringify(answers.slice(0, 2).map(({ status, body }) => [status, body.slice(0, 400)]));
  return `${name} on ${operation.operationId} (${outcome})\n    sent ${bytes.length} bytes: ${sent}\n    received ${received}`;
}

describe(`hostile requests (SEED=${seed})`, function () {
  this.timeout(15 * 60_000);
  const operations = documentedOperations();
  let api: RunningApi;
  let world: World;
  let database: Knex;
  let targets: Targets;
  let rowsBefore: Record<string, string>;

  before('start the API, with a merchant to attack and one to be left alone', async () => {
    api = await startApi({ environment: { RATE_LIMIT_PER_MINUTE: '10000000', ...appleWalletSetup().environment } });
    world = await createWorld(api);
    database = openDatabase({ url: api.database.url, poolSize: 2, applicationName: 'test' });
    const foreign = [await bookedCard(world, world.other), await bookedCard(world, world.other)];
    targets = createTargets(world, foreign);
    rowsBefore = await rowsOf(database, world.other.id);
  });

  after('end it', async () => {
    await database?.destroy();
    await api?.end();
  });

  it(`get 4xx and never 5xx, a crash or a hang, ${requests} times`, async () => {
    const port = Number(new URL(api.url).port);
    const complaints: string[] = [];
    const counted = new Map<string, number>();
    const one = async (number: number): Promise<void> => {
      const hostile = hostileRequest(number, {
        seed,
        operations,
        keyFor: (operation) => (isOfStore(operation) ? world.home.key : world.adminKey),
        known: targets.known(chanceOf(randomNumbers(seed ^ number))),
      });
      const came = await exchange(port, hostile);
      const status = came.answers[0]?.status ?? 'cut';
      counted.set(String(status), (counted.get(String(status)) ?? 0) + 1);
      const complaint = complaintOf(hostile, came);
      if (complaint !== undefined) complaints.push(`number ${number}: ${complaint}: ${described(hostile, came)}`);
    };
    for (let start = 0; start < requests; start += renewedAfter) {
      await targets.renew();
      let next = start;
      const worker = async (): Promise<void> => {
        while (next < Math.min(start + renewedAfter, requests)) await one(next++);
      };
      await Promise.all(Array.from({ length: atOnce }, worker));
    }
    const shown = complaints.slice(0, 10).join('\n  ');
    assert.equal(complaints.length, 0, `SEED=${seed}, of ${requests}:\n  ${shown}`);
    const counts = [...counted].toSorted(([left], [right]) => left.localeCompare(right));
    console.log(
      `    ${counts.map(([status, count]) => `${status}: ${count}`).join(', ')}; ${Object.keys(attacks).length} ways`,
    );
  });

  const found: [what: string, text: string, status: number][] = [
    ['no Host is a problem, not an empty 400', 'GET /docs HTTP/1.1\r\n\r\n', 400],
    [
      'an Expect that nobody knows is ignored',
      'GET /healthz HTTP/1.1\r\nHost: x\r\nExpect: tea\r\nConnection: close\r\n\r\n',
      200,
    ],
  ];
  for (const [what, text, status] of found) {
    it(`have taught: ${what}`, async () => {
      const { answers } = await exchange(Number(new URL(api.url).port), {
        bytes: Buffer.from(text),
        outcome: 'answered',
      });
      assert.deepEqual(
        answers.map((answer) => [answer.status, complaintOfAnswer(what, answer)]),
        [[status, undefined]],
      );
    });
  }

  it('leave the same process, which answers, is of bounded size and logged no defect', async () => {
    assert.equal(api.process.exitCode, null, api.text());
    assert.equal((await api.call('GET', '/healthz')).status, 200);
    const text = await (await fetch(`${api.metricsUrl}/metrics`)).text();
    const resident = Number(/^process_resident_memory_bytes (\S+)/m.exec(text)?.[1]);
    assert.ok(resident > 0 && resident < 400 * 1024 * 1024, `${resident} bytes resident`);
    assert.deepEqual(api.lines().filter(({ level }) => ['error', 'fatal'].includes(level)), []); // prettier-ignore
  });

  it('leave the ledger in balance, and every row of another merchant as it was', async () => {
    assert.equal(await imbalancedCards(database), 0);
    assert.deepEqual(await rowsOf(database, world.other.id), rowsBefore);
  });
});
