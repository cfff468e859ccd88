import { html } from 'hono/html';
import { gate, type Place } from './layout.ts';
import type { Markup } from './markup.ts';

export interface SignInPage extends Place {
  /** The page that was asked for. */
  to: string;
  /** Why it did not work. */
  mistake?: string;
}

export function signInPage({ up, to, mistake }: SignInPage): Markup {
  const form = html`<form class="card" method="post" action="${up}console/sign-in">
    <h1>Sign in</h1>
    <p class="lead">With an API key of scope <code>admin:read</code> or <code>admin</code>. The console only reads.</p>
    <input type="hidden" name="to" value="${to}" />
    ${mistake === undefined ? '' : html`<p class="alert" role="alert" id="mistake">${mistake}</p>`}
    <label for="key">API key</label>
    <input
      id="key"
      name="key"
      type="password"
      required
      autofocus
      autocomplete="current-password"
      spellcheck="false"
      maxlength="200"
      placeholder="olk_…"
      ${mistake === undefined ? '' : html`aria-describedby="mistake" aria-invalid="true"`}
    />
    <button class="main">Sign in</button>
    <p class="hint">
      A key is made by <code>POST /api/v1/admin/loyalty/api-keys</code>. You are signed out after 30 minutes without a
      request, after 12 hours, and when the key is revoked.
    </p>
  </form>`;
  return gate({ up }, 'Sign in', form);
}
