import { z } from 'zod';
import { type Operation, operation } from '../../../src/api/operation.ts';
import { Problem } from '../../../src/api/problems.ts';
import { id, instant, instantGiven, pageQuery, points, text } from '../../../src/api/schemas.ts';

/** Holds handlers until it is opened. */
export interface Gate {
  /** How many stand before it. */
  waiting(): number;
  pass(): Promise<void>;
  open(): void;
}

export interface TestOperations {
  list: Operation[];
  gate: Gate;
}

const at = '/api/v1/admin/test';

function createGate(): Gate {
  let waiting = 0;
  const { promise, resolve } = Promise.withResolvers<void>();
  return {
    waiting: () => waiting,
    async pass() {
      waiting += 1;
      await promise;
      waiting -= 1;
    },
    open: resolve,
  };
}

/** One operation for each thing that the pipeline does. */
export function testOperations(): TestOperations {
  const gate = createGate();
  const common = { tag: 'Loyalty - Admin', summary: 'Test', description: 'For tests.' } as const;
  const done = { 201: { description: 'Done.', schema: z.object({ name: z.string(), count: z.int() }) } };
  const list = [
    operation({
      ...common,
      operationId: 'echo',
      method: 'POST',
      path: `${at}/echo`,
      scopes: ['admin'],
      body: z.strictObject({ points, text: text(5).optional(), at: instantGiven.optional() }),
      responses: {
        201: {
          description: 'Echo.',
          schema: z.object({ points, text: z.string().optional(), at: instant.optional() }),
        },
      },
      handler: ({ body }) => ({ status: 201, body, headers: { Location: '/x' } }),
    }),
    operation({
      ...common,
      operationId: 'take effect',
      method: 'POST',
      path: `${at}/effects`,
      scopes: ['admin', 'store'],
      body: z.strictObject({
        name: text(50),
        outcome: z.enum(['answer', 'refuse', 'fail', 'wait', 'lie', 'cut']).default('answer'),
      }),
      problems: ['conflict'],
      responses: done,
      async handler({ body: { name, outcome } }, { database }) {
        const effect = { actor: 'test', action: 'test', subject_type: 'test', subject_id: name };
        await database('audit').insert(effect);
        if (outcome === 'refuse') throw new Problem('conflict', 'no', { extensions: { why: name } });
        if (outcome === 'fail') throw new Error('a defect with a secret in it');
        if (outcome === 'wait') await gate.pass();
        if (outcome === 'cut') await database.raw('SELECT pg_terminate_backend(pg_backend_pid())');
        const rows = await database('audit').where(effect);
        return { status: 201, body: { name, count: outcome === 'lie' ? 0.5 : rows.length } };
      },
    }),
    operation({
      ...common,
      operationId: 'showOnce',
      method: 'POST',
      path: `${at}/once`,
      scopes: ['admin'],
      shownOnce: ['secret'],
      responses: { 201: { description: 'x', schema: z.object({ id: z.int(), secret: z.string().optional() }) } },
      handler: () => ({ status: 201, body: { id: 1, secret: 'shown once' } }),
    }),
    operation({
      ...common,
      operationId: 'readItem',
      method: 'GET',
      path: `${at}/items/{item_id}`,
      scopes: ['admin', 'admin:read'],
      etag: true,
      params: z.object({ item_id: id }),
      query: z.object({ ...pageQuery(z.tuple([z.int()])) }),
      responses: { 200: { description: 'It.', schema: z.object({ id, limit: z.int(), after: z.int().nullable() }) } },
      handler: ({ params: { item_id }, query: { limit, cursor } }) => ({
        status: 200,
        body: { id: item_id, limit, after: cursor?.[0] ?? null, unknown: 'is stripped' },
      }),
    }),
    operation({
      ...common,
      operationId: 'removeItem',
      method: 'DELETE',
      path: `${at}/items/{item_id}`,
      scopes: ['admin'],
      params: z.object({ item_id: id }),
      responses: { 204: { description: 'Gone.' } },
      handler: () => ({ status: 204 }),
    }),
    operation({
      ...common,
      tag: 'Loyalty - Store',
      operationId: 'whoAmI',
      method: 'GET',
      path: '/api/v1/store/test/me',
      scopes: ['store'],
      responses: { 200: { description: 'You.', schema: z.object({ merchant_id: z.string() }) } },
      handler: (_input, { principal }) => ({ status: 200, body: { merchant_id: principal.merchantId } }),
    }),
  ];
  return { list, gate };
}
