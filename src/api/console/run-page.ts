import { html } from 'hono/html';
import {
  type FailureReport,
  listRunFailures,
  listRunMerchants,
  type MerchantReport,
  reportRun,
  type RunReport,
} from '../../adapters/postgres/runs/report.ts';
import { failureAdvice } from '../../domain/runs/failure-advice.ts';
import { Problem } from '../problems.ts';
import { platformNames, restoredBy } from './attention.ts';
import { repairOf } from './attention-list.ts';
import { fact } from './credentials-page.ts';
import { ago, badge, command, count, type Markup, time, type Tone } from './markup.ts';
import type { Page, PageRequest } from './page.ts';
import { addressWith, parameter, uuid } from './query.ts';
import { failures as failuresCommand, rerunFailures, rerunMerchant } from './repair.ts';
import type { Runbook } from './runbook.ts';
import { pages, stateBadge } from './runs-page.ts';

const limits = { failed: 20, list: 50 };

/** One run: what it has come to, what failed and why, and how to have it done. */
export const runPage: Page = async (request) => {
  const { database, params, query } = request;
  const id = uuid.safeParse(params['run']);
  const run = id.success ? await reportRun(database, id.data) : undefined;
  if (run === undefined) throw new Problem('not-found', 'There is no such run.');
  const after = { merchants: parameter(query, 'merchants', uuid), failures: parameter(query, 'failures', uuid) };
  const of = { runId: run.id, limit: limits.list + 1 };
  const [failed, failures, merchants] = await Promise.all([
    listRunMerchants(database, { ...of, state: 'failed', after: undefined, limit: limits.failed + 1 }),
    listRunFailures(database, { ...of, merchantId: undefined, after: after.failures }),
    listRunMerchants(database, { ...of, state: undefined, after: after.merchants }),
  ]);
  const content = html`<h1>${run.name ?? run.task}</h1>
    <p class="lead">Run <span class="id">${run.id}</span> of ${run.task} ${stateBadge(run.state)}</p>
    ${facts(run, request)} ${again(run, request)} ${failedMerchants(run, failed, request)}
    ${failedCards(failures, after)} ${merchantTable(merchants, after)}`;
  return { title: run.name ?? run.task, section: '/runs', content };
};

function facts({ startedAt, finishedAt, asOf, actor, fullRun, totals }: RunReport, { now }: PageRequest): Markup {
  const { merchants, done, failed, skipped, pending } = totals;
  const seconds = finishedAt === null ? null : (finishedAt.getTime() - startedAt.getTime()) / 1_000;
  const states = Object.entries({ done, failed, skipped, pending }).filter(([, number]) => number > 0);
  return html`<section class="card">
    <h2 class="visually-hidden">What it has come to</h2>
    <dl class="facts">
      ${fact('Started', html`${time(startedAt)}, ${ago(startedAt, now)}`)}
      ${fact('Finished', seconds === null ? 'not yet' : `after ${seconds.toFixed(1)} s`)} ${fact('As of', time(asOf))}
      ${fact('Of', fullRun ? 'all merchants' : 'some merchants')}
      ${fact('Merchants', `${count(merchants)}: ${states.map(([state, number]) => `${count(number)} ${state}`).join(', ') || 'none'}`)}
      ${fact('Cards', count(totals.cards))} ${fact('Lots', count(totals.lots))} ${fact('Points', count(totals.points))}
      ${fact('By', actor)}
    </dl>
  </section>`;
}

function again(run: RunReport, { reach }: PageRequest): Markup {
  const { failed, pending } = run.totals;
  if (failed + pending === 0 || run.state === 'running') return html``;
  const { id, task } = run;
  return html`<h2>To run again what failed</h2>
    ${command(rerunFailures({ id, task, restored: restoredBy(run) }, reach))}`;
}

const runbookOfTask: Partial<Record<RunReport['task'], Runbook>> = {
  'expire-points': 'ExpirePointsFailed',
  'sync-wallets': 'WalletCardsFailed',
  'verify-ledger': 'LedgerImbalanced',
};

function failedMerchants(run: RunReport, failed: readonly MerchantReport[], request: PageRequest): Markup {
  if (failed.length === 0) return html``;
  const cards = failed.slice(0, limits.failed).map((merchant) => failedMerchant(merchant, run.task, request));
  const all = html`<p>There are more. All of them:</p>
    ${command(failuresCommand(run.id, request.reach))}`;
  return html`<h2>Merchants that failed</h2>
    ${cards}${failed.length > limits.failed ? all : ''}`;
}

function failedMerchant(merchant: MerchantReport, task: RunReport['task'], request: PageRequest): Markup {
  const { merchantId, merchantName, reason, message } = merchant;
  const repair = {
    advice: (reason === null ? null : failureAdvice(reason)) ?? 'The reason is not a known one: see the message.',
    command: task === 'restore' ? null : rerunMerchant(task, merchantId, reason, request.reach),
    runbook: runbookOfTask[task] ?? null,
  };
  return html`<article class="card problem warning">
    <div class="head">
      <h3>${merchantName}</h3>
      ${badge(reason ?? 'failed', 'warning')}
    </div>
    <p class="id">${merchantId}</p>
    <p class="message">${message}</p>
    ${repairOf(repair, request)}
  </article>`;
}

interface After {
  merchants: string | undefined;
  failures: string | undefined;
}

function failedCards(failures: readonly FailureReport[], after: After): Markup {
  const shown = failures.slice(0, limits.list);
  const cards = shown.filter(({ cardId }) => cardId !== null);
  if (cards.length === 0 && after.failures === undefined) return html``;
  const next = failures.length > limits.list ? addressWith({ ...after, failures: shown.at(-1)?.id }) : undefined;
  const first = after.failures === undefined ? undefined : addressWith({ ...after, failures: undefined });
  return html`<h2>Cards that failed</h2>
    ${adviceOf(cards)}
    <div class="card">
      <table>
        <thead>
          <tr>
            <th scope="col">Card</th>
            <th scope="col">Reason</th>
            <th scope="col" class="wide">Message</th>
          </tr>
        </thead>
        <tbody>
          ${cards.map(failedCard)}
        </tbody>
      </table>
    </div>
    ${pages(first, next)}`;
}

function failedCard({ cardId, merchantName, platform, reason, message, occurredAt }: FailureReport): Markup {
  return html`<tr>
    <th scope="row"><span class="id">${cardId}</span><br /><span class="none">${merchantName}</span></th>
    <td>
      ${badge(reason, 'warning')}<br /><span class="none">${platform === null ? '' : platformNames[platform]}</span>
    </td>
    <td class="wide">${message}<br /><span class="none">${time(occurredAt)}</span></td>
  </tr>`;
}

/** What to do about each reason, once. */
function adviceOf(failed: readonly { reason: string }[]): Markup {
  const reasons = [...new Set(failed.map(({ reason }) => reason))];
  const known = reasons.map(
    (reason) =>
      html`<dt>${reason}</dt>
        <dd>${failureAdvice(reason) ?? 'Not a known reason: see the message.'}</dd>`,
  );
  return known.length === 0 ? html`` : html`<dl class="card advices">${known}</dl>`;
}

const stateTones: Record<MerchantReport['state'], Tone> = {
  done: 'good',
  failed: 'critical',
  skipped: 'quiet',
  pending: 'quiet',
};

function merchantTable(merchants: readonly MerchantReport[], after: After): Markup {
  const shown = merchants.slice(0, limits.list);
  const next =
    merchants.length > limits.list ? addressWith({ ...after, merchants: shown.at(-1)?.merchantId }) : undefined;
  const first = after.merchants === undefined ? undefined : addressWith({ ...after, merchants: undefined });
  if (shown.length === 0)
    return html`<h2>Merchants</h2>
      <p class="card none">No merchant is on its list.</p>`;
  const rows = shown.map(
    ({ merchantName, state, cards, lots, points }) =>
      html`<tr>
        <th scope="row">${merchantName}</th>
        <td>${badge(state, stateTones[state])}</td>
        <td class="number">${count(cards)}</td>
        <td class="number wide">${count(lots)}</td>
        <td class="number">${count(points)}</td>
      </tr>`,
  );
  return html`<h2>Merchants</h2>
    <div class="card">
      <table>
        <thead>
          <tr>
            <th scope="col">Merchant</th>
            <th scope="col">State</th>
            <th scope="col" class="number">Cards</th>
            <th scope="col" class="number wide">Lots</th>
            <th scope="col" class="number">Points</th>
          </tr>
        </thead>
        <tbody>
          ${rows}
        </tbody>
      </table>
    </div>
    ${pages(first, next)}`;
}
