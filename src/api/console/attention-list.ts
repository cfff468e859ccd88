import { html } from 'hono/html';
import type { Attention } from './attention.ts';
import { badge, command, type Markup } from './markup.ts';
import type { PageRequest } from './page.ts';
import { runbookLink } from './runbook.ts';

const words = { critical: 'Critical', warning: 'Warning', quiet: 'Notice' } as const;

type Links = Pick<PageRequest, 'up'> & { sources: Pick<PageRequest['sources'], 'runbooks'> };

/** Problems, each with what to do. */
export function attentionList(attentions: readonly Attention[], links: Links): Markup {
  return html`${attentions.map((attention) => item(attention, links))}`;
}

function item({ tone, title, message, advice, more, ...repair }: Attention, links: Links): Markup {
  return html`<article class="card problem ${tone}">
    <div class="head">
      <h3>${title}</h3>
      ${badge(words[tone], tone)}
    </div>
    <p class="message">${message}</p>
    ${repairOf({ advice, ...repair, ...(more && { more }) }, links)}
  </article>`;
}

/** What to do: the advice, the command that does it, the runbook. */
export function repairOf(
  { advice, command: line, runbook, more }: Pick<Attention, 'advice' | 'command' | 'runbook' | 'more'>,
  { up, sources }: Links,
): Markup {
  const links = [
    ...(more === undefined ? [] : [html`<a href="${up}console${more.path}">${more.name}</a>`]),
    ...(runbook === null ? [] : [runbookLink(sources.runbooks, runbook)]),
  ];
  return html`<p class="advice">${advice}</p>
    ${line === null ? '' : command(line)}
    ${links.length === 0 ? '' : html`<p class="links">${links.flatMap((link, at) => (at === 0 ? [link] : [' · ', link]))}</p>`}`;
}
