import { createHash } from 'node:crypto';
import type { Knex } from 'knex';
import {
  claimKey,
  findAnswer,
  type IdempotencyKey,
  storeAnswer,
  type StoredAnswer,
  storeRefusal,
} from '../adapters/postgres/access/idempotency-keys.ts';
import { type ApiContext, type ApiMiddleware, present, type WrittenAnswer } from './context.ts';
import { invalidRequest, Problem } from './problems.ts';
import { writeProblem } from './problem-answer.ts';

/** What an operation does before its transaction. */
type Prepare = ((context: ApiContext) => Promise<void>) | undefined;

/** Runs the rest of the route in one transaction, which a thrown refusal rolls back. */
export function inTransaction(database: Knex, prepare?: Prepare): ApiMiddleware {
  return async function transact(context, next) {
    await prepare?.(context);
    await database.transaction(async (transaction) => {
      context.state.database = transaction;
      await next();
    });
  };
}

/**
 * As {@link inTransaction}, and with an Idempotency-Key at most once: the key, the change and the answer are committed
 * together, and a repeat gets that answer. A refusal is kept under the key, too. What failed by our fault (5xx) leaves the
 * key free, and so does the end of the process or of the connection in mid-work: then nothing was changed.
 */
export function idempotent(database: Knex, prepare?: Prepare): ApiMiddleware {
  const transact = inTransaction(database, prepare);
  /** Requests of this process that hold a key: their repeats wait here, and not each with a connection in its hand. */
  const running = new Map<string, Promise<void>>();

  return async function once(context, next) {
    const header = context.req.headers['idempotency-key'];
    if (header === undefined) return transact(context, next);
    const request = { key: keyOf(context, header), fingerprint: fingerprintOf(context) };
    const name = `${request.key.apiKeyId} ${request.key.key}`;
    for (let other = running.get(name); other !== undefined; other = running.get(name)) {
      await other;
      const stored = await findAnswer(database, request.key);
      if (stored !== undefined) return replay(context, request, stored);
    }
    const work = perform({ database, context, next, request, prepare });
    running.set(
      name,
      work.then(
        () => {},
        () => {},
      ),
    );
    try {
      await work;
    } finally {
      running.delete(name);
    }
  };
}

interface KeyedRequest {
  key: IdempotencyKey;
  fingerprint: Buffer;
}

interface Performance {
  database: Knex;
  context: ApiContext;
  next: () => Promise<unknown>;
  request: KeyedRequest;
  prepare: Prepare;
}

async function perform({ database, context, next, request, prepare }: Performance): Promise<void> {
  const { key, fingerprint } = request;
  try {
    if (prepare !== undefined) {
      const stored = await findAnswer(database, key);
      if (stored !== undefined) return replay(context, request, stored);
      await prepare(context);
    }
    await database.transaction(async (transaction) => {
      if (!(await claimKey(transaction, key, fingerprint))) {
        return replay(context, request, await findAnswer(transaction, key));
      }
      context.state.database = transaction;
      await next();
      await storeAnswer(transaction, key, storedForm(present(context.state.answer, 'answer')));
    });
  } catch (error) {
    if (!(error instanceof Problem) || error.status >= 500 || error.code === 'idempotency-key-reused') throw error;
    const answer = storedForm(writeProblem(error, context.state.requestId));
    // Another replica may have been faster with the same key: then its answer counts.
    if (await storeRefusal(database, key, { ...answer, fingerprint })) throw error;
    replay(context, request, await findAnswer(database, key));
  }
}

function storedForm({ status, headers, text, storedText }: WrittenAnswer): Omit<StoredAnswer, 'fingerprint'> {
  return { status, headers: { ...headers }, body: storedText ?? text ?? null };
}

function replay({ state }: ApiContext, { fingerprint }: KeyedRequest, stored: StoredAnswer | undefined): void {
  if (stored === undefined) {
    const headers = { 'Retry-After': '1' };
    throw new Problem('unavailable', 'The Idempotency-Key is being removed, being too old. Try again.', { headers });
  }
  if (!stored.fingerprint.equals(fingerprint)) {
    throw new Problem(
      'idempotency-key-reused',
      'This Idempotency-Key was used for another request within 48 hours. Use a new one for each new request.',
    );
  }
  const headers = { ...stored.headers, 'Idempotency-Replayed': 'true' };
  state.answer = { status: stored.status, headers, text: stored.body ?? undefined };
}

function keyOf({ state }: ApiContext, header: string | string[]): IdempotencyKey {
  if (typeof header !== 'string' || !/^[\x21-\x7e]{1,255}$/.test(header)) {
    throw invalidRequest([{ parameter: 'Idempotency-Key', detail: 'must be 1 to 255 visible ASCII characters' }]);
  }
  const principal = present(state.principal, 'principal');
  const merchantId = principal.scope === 'store' ? principal.merchantId : undefined;
  return { merchantId, apiKeyId: principal.keyId, key: header };
}

/** SHA-256 over method, path, query and body. JSON that is the same is the same, however it is laid out. */
function fingerprintOf({ method, path, querystring, state }: ApiContext): Buffer {
  const hash = createHash('sha256').update(`${method} ${path}?${querystring}\n`);
  if (state.body !== undefined) hash.update(JSON.stringify(state.body, inOrder));
  return hash.digest();
}

function inOrder(_name: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).toSorted(([left], [right]) => (left < right ? -1 : 1)));
}
