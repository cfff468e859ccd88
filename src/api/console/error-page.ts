import { html } from 'hono/html';
import type { Problem } from '../problems.ts';
import { gate, type Place, shell } from './layout.ts';
import type { Markup } from './markup.ts';

/** What stands in place of a page that cannot be shown. */
export function errorPage({ up }: Place, problem: Problem, requestId: string): Markup {
  const { title, detail, code } = problem.toJSON() as Record<'title' | 'detail' | 'code', string>;
  const card = html`<div class="card">
    <h1>${title}</h1>
    <p>${detail}</p>
    <p class="hint">Code <code>${code}</code>, request <code>${requestId}</code>.</p>
    <p class="links"><a href="${up}console">To the overview</a></p>
  </div>`;
  return gate({ up }, title, card);
}

/**
 * A link from another site brings no SameSite=Strict cookie: this page asks for the same address again, from here, and then it does.
 */
export function againPage(place: Place): Markup {
  return shell(
    place,
    'One moment',
    html`<main class="gate"><p>One moment…</p></main>`,
    html`<meta http-equiv="refresh" content="0" />`,
  );
}
