import { html } from 'hono/html';
import { listRuns, type RunReport } from '../../adapters/postgres/runs/report.ts';
import type { RunState } from '../../adapters/postgres/runs/run.ts';
import { runTask } from '../routes/run-answer.ts';
import { ago, badge, count, type Markup, time, type Tone } from './markup.ts';
import type { Page } from './page.ts';
import { addressWith, parameter, uuid } from './query.ts';

const limit = 50;

/** The runs of jobs, newest first, page by page. */
export const runsPage: Page = async ({ database, query, now, up }) => {
  const task = parameter(query, 'task', runTask);
  const before = parameter(query, 'before', uuid);
  const wanted = { task, before, state: undefined, merchantId: undefined, limit: limit + 1 };
  const runs = await listRuns(database, wanted);
  const shown = runs.slice(0, limit);
  const rows = shown.map((run) => row(run, now, up));
  const next = runs.length > limit ? addressWith({ task, before: shown.at(-1)?.id }) : undefined;
  const content = html`<h1>Runs</h1>
    <p class="lead">What the jobs did, newest first. Dry runs leave none.</p>
    ${filters(task)}
    ${shown.length === 0 ? html`<p class="card none">There is no run${task === undefined ? '' : ` of ${task}`}.</p>` : table(rows)}
    ${pages(before !== undefined ? addressWith({ task }) : undefined, next)}`;
  return { title: 'Runs', section: '/runs', content };
};

function filters(task: string | undefined): Markup {
  const chip = (name: string, value: string | undefined): Markup =>
    html`<li>
      <a href="${addressWith({ task: value })}" ${value === task ? html`aria-current="true"` : ''}>${name}</a>
    </li>`;
  return html`<nav aria-label="Job">
    <ul class="chips">
      ${chip('All', undefined)}${runTask.options.map((each) => chip(each, each))}
    </ul>
  </nav>`;
}

function table(rows: readonly Markup[]): Markup {
  return html`<div class="card">
    <table>
      <thead>
        <tr>
          <th scope="col">Run</th>
          <th scope="col">State</th>
          <th scope="col">Started</th>
          <th scope="col" class="number wide">Merchants</th>
          <th scope="col" class="number">Failed</th>
          <th scope="col" class="number wide">Cards</th>
          <th scope="col" class="number wide">Points</th>
        </tr>
      </thead>
      <tbody>
        ${rows}
      </tbody>
    </table>
  </div>`;
}

function row({ id, task, name, state, startedAt, fullRun, totals }: RunReport, now: Date, up: string): Markup {
  return html`<tr>
    <th scope="row">
      <a href="${up}console/runs/${id}">${name ?? task}</a
      >${fullRun ? '' : html` <span class="none">of some merchants</span>`}
    </th>
    <td>${stateBadge(state)}</td>
    <td>${ago(startedAt, now)} <span class="wide none">${time(startedAt)}</span></td>
    <td class="number wide">${count(totals.merchants)}</td>
    <td class="number">${count(totals.failed)}</td>
    <td class="number wide">${count(totals.cards)}</td>
    <td class="number wide">${count(totals.points)}</td>
  </tr>`;
}

const tones: Record<RunState, Tone> = {
  running: 'quiet',
  done: 'good',
  partial: 'warning',
  failed: 'critical',
  abandoned: 'warning',
};

export function stateBadge(state: RunState): Markup {
  return badge(state, tones[state]);
}

/** Links to the first page and to the next one; nothing where there are none. */
export function pages(first: string | undefined, next: string | undefined): Markup {
  if (first === undefined && next === undefined) return html``;
  return html`<nav class="pages" aria-label="Pages">
    ${first === undefined ? '' : html`<a href="${first}">First page</a>`}
    ${next === undefined ? '' : html`<a href="${next}" rel="next">Next page</a>`}
  </nav>`;
}
