import { html } from 'hono/html';
import { z } from 'zod';
import {
  type FailedPass,
  type FailedPosition,
  listFailedPasses,
  listStoppedPlatforms,
  sumFailedPasses,
} from '../../adapters/postgres/wallet/failed-passes.ts';
import { failureAdvice, retryRule } from '../../domain/runs/failure-advice.ts';
import { deadAfter } from '../../domain/wallet/retry.ts';
import { platformNames } from './attention.ts';
import { repairOf } from './attention-list.ts';
import { badge, count, counted, type Markup, time } from './markup.ts';
import type { Page, PageRequest } from './page.ts';
import { addressWith, parameter } from './query.ts';
import { rerun, syncCard } from './repair.ts';
import { pages } from './runs-page.ts';

const limit = 50;
const reasonForm = z.string().regex(/^\w{1,64}$/);
/** Merchant, card and platform of the last card of the page before. */
const position = z
  .string()
  .regex(/^[\da-f-]{36}_[\da-f-]{36}_(google|apple)$/)
  .transform((text): FailedPosition => {
    const [merchantId = '', cardId = '', platform = ''] = text.split('_');
    return { merchantId, cardId, platform };
  })
  .refine(({ merchantId, cardId }) => z.uuid().safeParse(merchantId).success && z.uuid().safeParse(cardId).success);

/** Cards that a wallet has not got because sending failed, with the advice of the retry table. */
export const cardsPage: Page = async (request) => {
  const { database, query, sources, reach } = request;
  const reason = parameter(query, 'reason', reasonForm);
  const after = parameter(query, 'after', position);
  const [sums, failed, stopped] = await Promise.all([
    sumFailedPasses(database),
    listFailedPasses(database, { reason, after, limit: limit + 1 }),
    listStoppedPlatforms(database),
  ]);
  const shown = failed.slice(0, limit);
  const next = failed.length > limit ? addressWith({ reason, after: positionOf(shown.at(-1)) }) : undefined;
  const total = sums.reduce((sum, { passes }) => sum + passes, 0);
  const stops = stopped.map(({ platform }) => html`${badge(`${platformNames[platform]} stopped`, 'critical')} `);
  const advice = reason === undefined ? html`` : adviceCard(reason, request);
  const content = html`<h1>Failed cards</h1>
    <p class="lead">Cards whose latest content a wallet has not got because the last try failed. ${stops}</p>
    ${total === 0 ? '' : chips(sums, total, reason)} ${advice}
    ${shown.length === 0 ? html`<p class="card none">No card has failed${reason === undefined ? '' : ` by ${reason}`}.</p>` : shown.map((pass) => card(pass, request, reason === undefined))}
    ${pages(after === undefined ? undefined : addressWith({ reason }), next)}
    ${
      total === 0
        ? ''
        : html`<h2>To send all that failed again</h2>
            ${repairOf({ advice: 'Correct the cause first where the advice asks for it.', command: rerun('sync-wallets', reach), runbook: 'WalletCardsFailed' }, { up: request.up, sources })}`
    }`;
  return { title: 'Failed cards', section: '/cards', content };
};

function positionOf(pass: FailedPass | undefined): string | undefined {
  return pass && `${pass.merchantId}_${pass.cardId}_${pass.platform}`;
}

function chips(sums: readonly { reason: string; passes: number }[], total: number, chosen: string | undefined): Markup {
  const byReason = new Map<string, number>();
  for (const { reason, passes } of sums) byReason.set(reason, (byReason.get(reason) ?? 0) + passes);
  const chip = (name: string, value: string | undefined, passes: number): Markup =>
    html`<li>
      <a href="${addressWith({ reason: value })}" ${value === chosen ? html`aria-current="true"` : ''}
        >${name} ${count(passes)}</a
      >
    </li>`;
  return html`<nav aria-label="Reason">
    <ul class="chips">
      ${chip('All', undefined, total)}${[...byReason].map(([reason, passes]) => chip(reason, reason, passes))}
    </ul>
  </nav>`;
}

function adviceCard(reason: string, { up, sources }: PageRequest): Markup {
  const rule = retryRule(reason);
  const advice = failureAdvice(reason) ?? 'It is not a known reason: see the message of each card.';
  return html`<section class="card">
    <h2 class="visually-hidden">About ${reason}</h2>
    ${rule ? html`<p class="message"><strong>${reason}</strong>: ${rule.answers}.</p>` : ''}
    ${repairOf({ advice, command: null, runbook: null }, { up, sources })}
  </section>`;
}

function card(pass: FailedPass, request: PageRequest, withAdvice: boolean): Markup {
  const { merchantName, cardId, platform, reason, message, attempts, staleSince } = pass;
  const dead = attempts >= deadAfter;
  const repair = {
    advice: withAdvice ? (failureAdvice(reason) ?? 'Not a known reason: see the message.') : '',
    command: syncCard(cardId, request.reach),
    runbook: null,
  };
  return html`<article
    class="card problem ${retryRule(reason)?.lasting === 'transient' && !dead ? 'quiet' : 'warning'}"
  >
    <div class="head">
      <h2 class="id">${cardId}</h2>
      <span
        >${badge(platformNames[platform], 'quiet')} ${badge(reason, 'warning')}
        ${dead ? badge('Given up', 'critical') : ''}</span
      >
    </div>
    <p>
      ${merchantName}
      <span class="none"
        >· stale since ${time(staleSince)} · ${counted(attempts, 'failed try', 'failed tries')} · ${again(pass)}</span
      >
    </p>
    <p class="message">${message}</p>
    ${repairOf(repair, request)}
  </article>`;
}

function again({ waitsForChange, nextAttemptAt }: FailedPass): Markup | string {
  if (waitsForChange) return 'not tried again before the card changes';
  return nextAttemptAt === null ? 'tried again by the next run' : html`not tried again before ${time(nextAttemptAt)}`;
}
