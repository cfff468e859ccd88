import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { openDatabase } from '../../src/adapters/postgres/database.ts';
import { type ApiAnswer, type RunningApi, startApi } from '../support/api-process.ts';
import { appleWalletSetup } from '../support/apple-wallet.ts';
import { type GoogleWalletSetup, googleWalletSetup } from '../support/google-wallet.ts';
import { startPostgres, type TestPostgres } from '../support/postgres/postgres.ts';
import { commonRefusals } from './contract/common-refusals.ts';
import { type Given, send } from './contract/given.ts';
import { refusals } from './contract/refusals.ts';
import { successes } from './contract/successes.ts';
import { at, type DocumentedOperation, type DocumentedResponse, documentedOperations } from './document.ts';
import { type Exchange, exchange, type RawAnswer } from './hostile/exchange.ts';
import { mistakes, mistakesOfText } from './validation.ts';
import { createWorld, type World } from './world.ts';
import { eventually } from '../support/wait.ts';

const operations = documentedOperations();
const problemCodes = at('#/components/schemas/Problem/properties/code').value['enum'] as string[];

/** Codes that need a process or a server of their own, below. */
const elsewhere = ['rate-limited', 'internal', 'unavailable', 'wallet-not-configured'];
const seen = new Set<string>();

/** The problem codes that the document gives for a status of an operation. */
function codesOf({ content }: DocumentedResponse): string[] {
  const pointer = content.get('application/problem+json');
  assert.ok(pointer !== undefined, 'a refusal is application/problem+json');
  const parts = at(pointer).value['allOf'] as { properties?: { code?: { enum?: string[] } } }[];
  return parts.flatMap(({ properties }) => properties?.code?.enum ?? []);
}

/** Holds an answer to what the document says of this status of the operation. */
function assertDocumented(operation: DocumentedOperation, status: number, answer: ApiAnswer): void {
  assert.equal(answer.status, status, `${operation.operationId} answered ${answer.status}: ${answer.text}`);
  const documented = operation.responses.find((response) => response.status === status);
  assert.ok(documented, `${operation.operationId} documents no ${status}`);
  for (const { name, required, pointer } of documented.headers) {
    const value = answer.headers.get(name);
    assert.ok(value !== null || !required, `${status} has the header ${name}`);
    if (value !== null) assert.deepEqual(mistakesOfText(pointer, value), [], `${name}: ${value}`);
  }
  const type = answer.headers.get('content-type')?.split(';')[0] ?? '';
  if (documented.content.size === 0) return assert.equal(answer.text, '', `${status} has no body`);
  const schema = documented.content.get(type);
  if (schema && !type.endsWith('json')) return assert.notEqual(answer.text, '', `${status} has a body`);
  assert.ok(schema, `${status} is ${[...documented.content.keys()].join()}, not ${type}`);
  assert.deepEqual(mistakes(schema, answer.body), [], answer.text);
  return undefined;
}

function assertProblem(
  operation: DocumentedOperation,
  response: DocumentedResponse,
  code: string,
  answer: ApiAnswer,
): void {
  assertDocumented(operation, response.status, answer);
  assert.equal((answer.body as { code: string }).code, code, answer.text);
  seen.add(code);
}

function successOf({ operationId, responses }: DocumentedOperation, world: World): Promise<Given> | Given {
  const [status = 0] = responses.map((response) => response.status).filter((number) => number < 300);
  const provoke = successes[operationId]?.[status];
  assert.ok(provoke, `nothing in successes.ts says how ${operationId} answers ${status}`);
  return provoke(world);
}

describe('docs/openapi.json', () => {
  let api: RunningApi;
  let world: World;
  let slow: Promise<Exchange>;
  let google: GoogleWalletSetup;
  let environment: Record<string, string>;

  before('start the API', async () => {
    google = await googleWalletSetup();
    environment = { ...appleWalletSetup().environment, ...google.environment };
    api = await startApi({ environment });
    slow = raw('GET /openapi.json HTTP/1.1\r\nHost: x\r\nX-Slow: ');
    world = await createWorld(api);
  });

  const raw = (text: string): Promise<Exchange> =>
    exchange(Number(new URL(api.url).port), { bytes: Buffer.from(text), outcome: 'refused' }, 60);

  after('end the API', () => api?.end());

  it('is what the API serves', async () => {
    const { body } = await api.call('GET', '/openapi.json');
    assert.deepEqual(body, at('#').value);
  });

  for (const operation of operations) {
    const { operationId, responses } = operation;

    describe(operationId, () => {
      for (const response of responses.filter(({ status }) => status < 300)) {
        it(`answers ${response.status} as documented`, async () => {
          const provoke = successes[operationId]?.[response.status];
          assert.ok(provoke, `nothing in successes.ts says how ${operationId} answers ${response.status}`);
          assertDocumented(operation, response.status, await send(api.url, operation, await provoke(world)));
        });
      }

      for (const response of responses.filter(({ status }) => status === 304)) {
        it('answers 304 to who has its answer', async () => {
          const own = successes[operationId]?.[304];
          if (own) return assertDocumented(operation, 304, await send(api.url, operation, await own(world)));
          const given = await successOf(operation, world);
          const { headers } = await send(api.url, operation, given);
          const again = { ...given, headers: { 'if-none-match': headers.get('etag') ?? '' } };
          return assertDocumented(operation, response.status, await send(api.url, operation, again));
        });
      }

      if (operation.parameters.some(({ name }) => name === 'Idempotency-Key')) {
        it('answers a repeat under the same Idempotency-Key as documented, and says so', async () => {
          const given = { ...(await successOf(operation, world)), headers: { 'idempotency-key': randomUUID() } };
          const first = await send(api.url, operation, given);
          const second = await send(api.url, operation, given);
          assertDocumented(operation, first.status, second);
          assert.equal(second.headers.get('idempotency-replayed'), 'true');
        });
      }

      for (const response of responses.filter(({ status }) => status >= 400)) {
        for (const code of codesOf(response).filter((name) => !elsewhere.includes(name))) {
          it(`answers ${response.status} ${code} as documented`, async () => {
            const own = refusals[operationId]?.[code];
            const common = commonRefusals[code];
            assert.ok(own ?? common, `nothing in refusals.ts says how ${operationId} answers ${code}`);
            const given = own ? await own(world) : await common?.(await successOf(operation, world), world, operation);
            assertProblem(operation, response, code, await send(api.url, operation, given ?? {}));
          });
        }
      }
    });
  }

  it('has every case of the tables of this test', () => {
    const cases = [successes, refusals].flatMap((table) =>
      Object.entries(table).flatMap(([operationId, answers]) =>
        Object.keys(answers).map((answer) => `${operationId} ${answer}`),
      ),
    );
    const documented = operations.flatMap(({ operationId, responses }) =>
      responses.flatMap((response) =>
        (response.status < 400 ? [String(response.status)] : codesOf(response)).map(
          (answer) => `${operationId} ${answer}`,
        ),
      ),
    );
    assert.deepEqual(cases.filter((name) => !documented.includes(name)), []); // prettier-ignore
  });

  it('has every path refuse other methods with 405, and say which it takes', async () => {
    const paths = Map.groupBy(operations, ({ path }) => path);
    for (const [path, known] of paths) {
      const methods = known.map(({ method }) => method);
      const other = ['PUT', 'DELETE', 'PATCH', 'POST', 'GET'].find((method) => !methods.includes(method)) ?? 'PUT';
      const { status, headers, body, text } = await api.call(other, path.replace(/\{\w+\}/g, randomUUID()), {
        key: api.adminKey,
      });
      assert.equal(status, 405, text);
      assert.deepEqual(mistakes('#/components/schemas/Problem', body), [], text);
      const allowed = headers.get('allow')?.split(', ') ?? [];
      assert.deepEqual(allowed.filter((method) => method !== 'HEAD').toSorted(), methods.toSorted()); // prettier-ignore
    }
    seen.add('method-not-allowed');
  });

  it('has headers that are too large refused with 431', async () => {
    const { answers } = await raw(`GET /openapi.json HTTP/1.1\r\nHost: x\r\nX-Large: ${'x'.repeat(20_000)}\r\n\r\n`);
    assertRaw(answers, 431);
  });

  it('has every operation refuse a key that sent too much with 429', async () => {
    const { database, adminKey } = api;
    const limited = await startApi({ database, adminKey, environment: { RATE_LIMIT_PER_MINUTE: '1', ...environment } });
    try {
      for (const operation of operations) {
        const given = await successOf(operation, world);
        // The first of each key is let through, if only to be refused for another reason.
        await send(limited.url, operation, { ...given, query: { no_such_parameter: '1' } });
        assertRefused(operation, 429, 'rate-limited', await send(limited.url, operation, given));
      }
    } finally {
      await limited.end();
    }
  });

  it('has a wallet that is not configured refused with 409', async () => {
    const { database, adminKey } = api;
    const without = await startApi({ database, adminKey });
    try {
      for (const operation of operations) {
        const documented = operation.responses.filter(({ status }) => status === 409).flatMap(codesOf);
        if (!documented.includes('wallet-not-configured')) continue;
        const given = await successOf(operation, world);
        assertRefused(operation, 409, 'wallet-not-configured', await send(without.url, operation, given));
      }
    } finally {
      await without.end();
    }
  });

  describe('with a database that fails', () => {
    let postgres: TestPostgres;
    let failing: RunningApi;
    const given = new Map<DocumentedOperation, Given>();

    before('start a PostgreSQL to be broken', async () => {
      postgres = await startPostgres();
      failing = await startApi({ database: await postgres.createDatabase(), environment });
      const doomed = await createWorld(failing);
      for (const operation of operations) given.set(operation, await successOf(operation, doomed));
    });

    after('stop it', async () => {
      await failing?.stop();
      await postgres?.stop();
    });

    it('has every operation answer 500 for a defect: tables that are gone', async () => {
      const database = openDatabase({ url: failing.database.url, poolSize: 1, applicationName: 'test' });
      const { rows } = (await database.raw(
        `SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename NOT IN ('api_keys', 'idempotency_keys')`,
      )) as { rows: { tablename: string }[] };
      for (const { tablename } of rows)
        await database.raw('ALTER TABLE ?? RENAME TO ??', [tablename, `${tablename}_gone`]);
      // Keys are looked up all the same.
      await database.raw('ALTER TABLE api_keys RENAME created_by TO created_by_gone');
      await database.destroy();
      // What phones complain of, and the neutral logo, are in no table.
      const withoutTables = ['logMessages', 'getNeutralLogo'];
      for (const operation of operations.filter(({ operationId }) => !withoutTables.includes(operationId))) {
        assertRefused(operation, 500, 'internal', await send(failing.url, operation, given.get(operation) ?? {}));
      }
    });

    it('has every operation answer 503 while PostgreSQL is away', async () => {
      await postgres.kill9();
      // Its processes end a moment after the postmaster, and answer until then.
      const [first] = operations;
      assert.ok(first);
      const away = async (): Promise<true | null> =>
        (await send(failing.url, first, given.get(first) ?? {})).status === 503 || null;
      await eventually(away, { describe: 'PostgreSQL to be away' });
      // The neutral logo needs no database, then as ever.
      for (const operation of operations.filter(({ operationId }) => operationId !== 'getNeutralLogo')) {
        assertRefused(operation, 503, 'unavailable', await send(failing.url, operation, given.get(operation) ?? {}));
      }
    });
  });

  // Suites run after the tests beside them: this is the last.
  describe('its problem codes', () => {
    it('have one for a request that never ends: 408', async () => assertRaw((await slow).answers, 408));

    it('were all answered by these tests', () => {
      const missing = problemCodes.filter((code) => !seen.has(code));
      assert.deepEqual(missing, []);
    });
  });
});

function assertRaw([answer]: RawAnswer[], status: number): void {
  assert.equal(answer?.status, status);
  assert.equal(answer.headers.get('content-type'), 'application/problem+json');
  const body = JSON.parse(answer.body) as { code: string };
  assert.deepEqual(mistakes('#/components/schemas/Problem', body), [], answer.body);
  seen.add(body.code);
}

function assertRefused(operation: DocumentedOperation, status: number, code: string, answer: ApiAnswer): void {
  const response = operation.responses.find((documented) => documented.status === status);
  assert.ok(response && codesOf(response).includes(code), `${operation.operationId} documents ${status} ${code}`);
  assertProblem(operation, response, code, answer);
}
