import { html } from 'hono/html';

/** Markup in which everything that was put in is escaped, but markup itself. */
export type Markup = ReturnType<typeof html>;

const grouped = new Intl.NumberFormat('en-US');

/** With separators of thousands; rounded. */
export function count(number: number): string {
  return grouped.format(Math.round(number));
}

/** `1 card`, `2 cards`. */
export function counted(number: number, one: string, many = `${one}s`): string {
  return `${count(number)} ${number === 1 ? one : many}`;
}

/** An instant in UTC, to the minute, for people and for machines. */
export function time(instant: Date): Markup {
  const iso = instant.toISOString();
  return html`<time datetime="${iso}">${iso.slice(0, 16).replace('T', ' ')} UTC</time>`;
}

/** A day in UTC. */
export function day(instant: Date): Markup {
  const iso = instant.toISOString();
  return html`<time datetime="${iso}">${iso.slice(0, 10)}</time>`;
}

/** A length of time in its largest unit, as in `9 h`. */
export function span(milliseconds: number): string {
  const minutes = Math.floor(Math.abs(milliseconds) / 60_000);
  if (minutes < 120) return `${minutes} min`;
  return minutes < 2_880 ? `${Math.floor(minutes / 60)} h` : `${Math.floor(minutes / 1_440)} days`;
}

/** How long ago that was. */
export function ago(instant: Date, now: Date): Markup {
  const iso = instant.toISOString();
  return html`<time datetime="${iso}" title="${iso}">${span(now.getTime() - instant.getTime())} ago</time>`;
}

export type Tone = 'critical' | 'warning' | 'good' | 'quiet';

/** A word that is also told by colour. */
export function badge(text: string, tone: Tone): Markup {
  return html`<span class="badge ${tone}">${text}</span>`;
}

/** A command to copy: one click marks it, and where it is shown on several lines it is copied as one. */
export function command(text: string): Markup {
  return html`<pre class="command"><code>${text}</code></pre>`;
}
