import { createHash } from 'node:crypto';
import { html, raw } from 'hono/html';
import { style } from './style.ts';

const star =
  'M12 1.6l2.9 6.5 7 .7-5.3 4.7 1.5 6.9L12 16.8l-6.1 3.6 1.5-6.9L2.1 8.8l7-.7z'; // prettier-ignore

export interface Asset {
  /** Holds a part of the content's hash: what is under it never changes. */
  name: string;
  type: string;
  content: string;
}

function asset(stem: string, extension: string, type: string, content: string): Asset {
  const hash = createHash('sha256').update(content).digest('hex').slice(0, 16);
  return { name: `${stem}.${hash}.${extension}`, type, content };
}

export const styleSheet = asset('console', 'css', 'text/css; charset=utf-8', style);
export const icon = asset(
  'icon',
  'svg',
  'image/svg+xml',
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><path fill="#3b7ddd" d="${star}"/></svg>`,
);

/** What pages ask for beside themselves, by name. */
export const assets: ReadonlyMap<string, Asset> = new Map([styleSheet, icon].map((each) => [each.name, each]));

export const logo = html`<svg viewBox="0 0 24 24" aria-hidden="true"><path d="${raw(star)}" /></svg>`;
