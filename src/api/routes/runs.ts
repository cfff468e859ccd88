import { z } from 'zod';
import {
  listRunFailures,
  listRunMerchants,
  listRuns as readRuns,
  reportRun,
} from '../../adapters/postgres/runs/report.ts';
import { operation } from '../operation.ts';
import { id, pageQuery } from '../schemas.ts';
import { found } from './not-found.ts';
import { pageOf } from './page-of.ts';
import { admin } from './paths.ts';
import {
  merchantState,
  runAnswer,
  runDetails,
  runDetailsAnswer,
  runFailureAnswer,
  runFailurePage,
  runMerchantAnswer,
  runMerchantPage,
  runPage,
  runState,
  runTask,
} from './run-answer.ts';

const scopes = ['admin', 'admin:read'] as const;
const tag = 'Loyalty - Admin';
const params = z.object({ run_id: id });

export const listRuns = operation({
  operationId: 'listRuns',
  method: 'GET',
  path: `${admin}/runs`,
  tag,
  summary: 'List the runs of jobs',
  description: 'Runs that satisfy every filter that is given, newest first. Dry runs leave none.',
  scopes,
  query: z.object({
    task: runTask.optional(),
    state: runState.optional(),
    merchant_id: id.optional().meta({ description: 'Only runs that were of this merchant, among others or alone.' }),
    ...pageQuery(z.uuid()),
  }),
  responses: { 200: { description: 'A page of runs.', schema: runPage } },
  async handler({ query: { task, state, merchant_id: merchantId, limit, cursor: before } }, { database }) {
    const rows = await readRuns(database, { task, state, merchantId, before, limit: limit + 1 });
    return { status: 200, body: pageOf(rows, limit, { item: runAnswer, position: (row) => row.id }) };
  },
});

export const readRun = operation({
  operationId: 'getRun',
  method: 'GET',
  path: `${admin}/runs/{run_id}`,
  tag,
  summary: 'Read a run',
  description: 'What it has come to, which merchants failed and why, and how to have done what is left.',
  scopes,
  params,
  responses: { 200: { description: 'The run.', schema: runDetails } },
  async handler({ params: { run_id: runId } }, { database }) {
    const report = found(await reportRun(database, runId), 'run', runId);
    const failed = await listRunMerchants(database, { runId, state: 'failed', after: undefined, limit: 20 });
    return { status: 200, body: runDetailsAnswer(report, failed) };
  },
});

export const readRunMerchants = operation({
  operationId: 'listRunMerchants',
  method: 'GET',
  path: `${admin}/runs/{run_id}/merchants`,
  tag,
  summary: 'List the merchants of a run',
  description: 'What became of each merchant of the run, in the order of their ids.',
  scopes,
  params,
  query: z.object({ state: merchantState.optional(), ...pageQuery(z.uuid()) }),
  responses: { 200: { description: 'A page of merchants.', schema: runMerchantPage } },
  async handler({ params: { run_id: runId }, query: { state, limit, cursor: after } }, { database }) {
    found(await reportRun(database, runId), 'run', runId);
    const rows = await listRunMerchants(database, { runId, state, after, limit: limit + 1 });
    return { status: 200, body: pageOf(rows, limit, { item: runMerchantAnswer, position: (row) => row.merchantId }) };
  },
});

export const readRunFailures = operation({
  operationId: 'listRunFailures',
  method: 'GET',
  path: `${admin}/runs/{run_id}/failures`,
  tag,
  summary: 'List what failed in a run',
  description:
    'Merchants that failed as a whole, and single cards: each with its reason and what to do, in the order in which they occurred.',
  scopes,
  params,
  query: z.object({
    merchant_id: id.optional().meta({ description: 'Only failures of this merchant.' }),
    ...pageQuery(z.uuid()),
  }),
  responses: { 200: { description: 'A page of failures.', schema: runFailurePage } },
  async handler({ params: { run_id: runId }, query: { merchant_id: merchantId, limit, cursor: after } }, { database }) {
    found(await reportRun(database, runId), 'run', runId);
    const rows = await listRunFailures(database, { runId, merchantId, after, limit: limit + 1 });
    return { status: 200, body: pageOf(rows, limit, { item: runFailureAnswer, position: (row) => row.id }) };
  },
});
