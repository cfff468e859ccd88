import { createHash } from 'node:crypto';
import type { Knex } from 'knex';
import { type ApiContext, type ApiMiddleware, present, type WrittenAnswer } from './context.ts';
import type { HandlerAnswer, Operation, OperationContext } from './operation.ts';

/** The instant that stands in for the database's clock; undefined: none does. */
export type Clock = () => Date | undefined;

/** Calls the handler, checks its answer against the schema that is documented, and writes it. */
export function answered(operation: Operation, clock: Clock = () => undefined): ApiMiddleware {
  return async function answer(context) {
    const { state } = context;
    const input = present(state.input, 'input');
    const answer = await operation.handler(input, contextOf(context, clock()), state.prepared);
    const written = write(operation, answer);
    state.answer = operation.etag === true ? withTag(context, written) : written;
  };
}

/** Does what an operation does before its transaction; undefined: nothing. */
export function preparation(
  operation: Operation,
  database: Knex,
  clock: Clock = () => undefined,
): ((context: ApiContext) => Promise<void>) | undefined {
  if (operation.prepare === undefined) return undefined;
  return async function prepare(context) {
    const { state } = context;
    state.database = database;
    state.prepared = await operation.prepare?.(present(state.input, 'input'), contextOf(context, clock()));
  };
}

function contextOf({ state, req: { headers } }: ApiContext, now: Date | undefined): OperationContext {
  return {
    database: present(state.database, 'database'),
    get principal() {
      return present(state.principal, 'principal');
    },
    now,
    headers,
    get log() {
      return state.log;
    },
    requestId: state.requestId,
  };
}

/** @throws Error of an answer that is not as documented: a defect, so the transaction is rolled back and the answer is 500. */
function write({ operationId, responses, shownOnce = [] }: Operation, answer: HandlerAnswer): WrittenAnswer {
  const { status, body, headers = {} } = answer;
  const documented = responses[status];
  if (documented === undefined) throw new Error(`${operationId} answered ${status}, which it does not document`);
  if (documented.file !== undefined && Buffer.isBuffer(body)) {
    return { status, headers, text: undefined, file: { type: documented.file, bytes: body } };
  }
  if (documented.schema === undefined) {
    if (body !== undefined)
      throw new Error(`${operationId} answered ${status} with a body, which it does not document`);
    return { status, headers, text: undefined };
  }
  const checked = documented.schema.safeParse(body);
  if (!checked.success) {
    // Paths and expectations; what was found is not said.
    const issues = checked.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
    throw new Error(`${operationId} answered ${status} with a body that is off its schema: ${issues.join('; ')}`);
  }
  const text = JSON.stringify(checked.data);
  return shownOnce.length === 0
    ? { status, headers, text }
    : { status, headers, text, storedText: without(text, shownOnce) };
}

function without(text: string, members: readonly string[]): string {
  return JSON.stringify(JSON.parse(text), (name, value: unknown) => (members.includes(name) ? undefined : value));
}

/** RFC 9110, sections 8.8.3 and 13.1.2. */
function withTag(context: ApiContext, written: WrittenAnswer): WrittenAnswer {
  const { status, headers, text = '' } = written;
  if (status !== 200) return written;
  const etag = `"${createHash('sha256').update(text).digest('base64url').slice(0, 27)}"`;
  const same = isAmong(etag, context.req.headers['if-none-match']);
  return { status: same ? 304 : status, headers: { ...headers, ETag: etag }, text: same ? undefined : text };
}

function isAmong(etag: string, list: string | undefined): boolean {
  if (list === undefined) return false;
  return list.trim() === '*' || list.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag);
}
