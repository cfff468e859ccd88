import { html } from 'hono/html';
import { productVersion } from '../../command-line.ts';
import { icon, logo, styleSheet } from './assets.ts';
import type { Markup } from './markup.ts';
import { time } from './markup.ts';

/** Where a page is, for the links on it: they are relative, so that the console also works behind a proxy that adds a path. */
export interface Place {
  /** From the page's address to the folder of /console: empty, `../` … */
  up: string;
}

export const sections = {
  '': 'Overview',
  '/credentials': 'Credentials',
  '/runs': 'Runs',
  '/cards': 'Failed cards',
} as const;
export type Section = keyof typeof sections;

export interface PageFrame extends Place {
  title: string;
  section?: Section;
  /** Name of the key that is signed in. */
  keyName: string;
  now: Date;
}

/** A page with head, navigation and foot. */
export function layout(frame: PageFrame, content: Markup): Markup {
  const { up, title, section, keyName, now } = frame;
  const links = Object.entries(sections).map(
    ([path, name]) =>
      html`<a href="${up}console${path}" ${path === section ? html`aria-current="page"` : ''}>${name}</a>`,
  );
  return shell(
    frame,
    title,
    html`<a class="skip" href="#content">Skip to the content</a>
      <header class="top">
        <div>
          <a class="brand" href="${up}console">${logo}Orion Loyalty</a>
          <nav aria-label="Console">${links}</nav>
          <form class="who" method="post" action="${up}console/sign-out">
            <span title="API key ${keyName}">${keyName}</span><button>Sign out</button>
          </form>
        </div>
      </header>
      <main id="content" tabindex="-1">${content}</main>
      <footer>
        Version ${productVersion()}. As of ${time(now)}; reload to look again. This page changes nothing.
      </footer>`,
  );
}

/** A page for those who are not signed in. */
export function gate(place: Place, title: string, content: Markup): Markup {
  const heading = html`<a class="brand" href="${place.up}console">${logo}Orion Loyalty</a>`;
  return shell(place, title, html`<main class="gate">${heading}${content}</main>`);
}

export function shell({ up }: Place, title: string, body: Markup, head?: Markup): Markup {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="robots" content="noindex" />
        ${head}
        <title>${title} · Orion Loyalty</title>
        <link rel="icon" type="image/svg+xml" href="${up}console/assets/${icon.name}" />
        <link rel="stylesheet" href="${up}console/assets/${styleSheet.name}" />
      </head>
      <body>
        ${body}
      </body>
    </html>`;
}
