import type Router from '@koa/router';
import type { Knex } from 'knex';
import type { Authentication } from '../authentication.ts';
import type { ApiContext, ApiMiddleware, RequestState } from '../context.ts';
import { toProblem } from '../problem-answer.ts';
import { Problem } from '../problems.ts';
import { consoleHeaders } from '../security-headers.ts';
import { assets } from './assets.ts';
import { cardsPage } from './cards-page.ts';
import { credentialsPage } from './credentials-page.ts';
import { againPage, errorPage } from './error-page.ts';
import { readForm } from './form.ts';
import { layout } from './layout.ts';
import type { Markup } from './markup.ts';
import { overviewPage } from './overview-page.ts';
import type { ConsoleSources, Page, PageRequest } from './page.ts';
import { runPage } from './run-page.ts';
import { runsPage } from './runs-page.ts';
import { sessionOf, signIn, signOut } from './session.ts';
import { signInPage } from './sign-in-page.ts';

export interface ConsoleDeps {
  sources: ConsoleSources;
  database: Knex;
  authentication: Authentication;
  /** Refuses while the database does not fit. */
  whenReady: ApiMiddleware;
  limitRate: ApiMiddleware;
}

/** Pages by their path; `up` leads from there to the folder of /console. */
const pages: readonly { path: string; route: string; up: string; page: Page }[] = [
  { path: '/console', route: '/console', up: '', page: overviewPage },
  { path: '/console/credentials', route: '/console/credentials', up: '../', page: credentialsPage },
  { path: '/console/runs', route: '/console/runs', up: '../', page: runsPage },
  { path: '/console/runs/:run', route: '/console/runs/{run}', up: '../../', page: runPage },
  { path: '/console/cards', route: '/console/cards', up: '../', page: cardsPage },
];

/**
 * `/console`: pages for people, which change nothing. They are no operations of the API: who calls is told by a session, and what they
 * answer is HTML, so the OpenAPI document does not list them.
 */
export function addConsole(router: Router<RequestState>, deps: ConsoleDeps): void {
  router.get('/console/assets/:name', at('/console/assets/{name}', '../../'), serveAsset);
  const gate = at('/console/sign-in', '../');
  router.get('/console/sign-in', gate, (context) => {
    const to = wantedPage(new URLSearchParams(context.querystring).get('to'));
    return send(context, signInPage({ up: '../', to }));
  });
  router.post('/console/sign-in', gate, deps.whenReady, callerByAddress, deps.limitRate, (context) =>
    enter(context, deps),
  );
  router.post('/console/sign-out', at('/console/sign-out', '../'), deps.whenReady, async (context) => {
    await readForm(context);
    await signOut(context, deps.database);
    leadTo(context, 'sign-in');
  });
  for (const { path, route, up, page } of pages)
    router.get(path, at(route, up), deps.whenReady, signedIn(deps, up), deps.limitRate, (context) =>
      show(context, page, { deps, up }),
    );
}

/** Names the route, sets the headers of a page, and shows what goes wrong as a page. */
function at(route: string, up: string): ApiMiddleware {
  return async function framePage(context, next) {
    context.state.route = route;
    for (const [name, value] of Object.entries(consoleHeaders)) context.set(name, value);
    try {
      await next();
    } catch (error) {
      const problem = toProblem(error, context);
      context.state.problem = problem.code;
      for (const [name, value] of Object.entries(problem.headers)) context.set(name, value);
      await send(context, errorPage({ up }, problem, context.state.requestId), problem.status);
    }
  };
}

/** Lets those pass who are signed in; others are led to where one signs in, and from there to the page. */
function signedIn({ database }: ConsoleDeps, up: string): ApiMiddleware {
  return async function requireSession(context, next) {
    const principal = await sessionOf(context, database);
    if (principal !== undefined) {
      context.state.principal = principal;
      context.state.caller = principal.keyId;
      return next();
    }
    const isFromElsewhere = context.req.headers['sec-fetch-site'] === 'cross-site';
    if (isFromElsewhere) return send(context, againPage({ up }));
    const to = context.path.slice('/console'.length);
    return leadTo(context, `${up}console/sign-in${to === '' ? '' : `?to=${encodeURIComponent(to)}`}`);
  };
}

async function show(context: ApiContext, page: Page, { deps, up }: { deps: ConsoleDeps; up: string }): Promise<void> {
  const { sources, database } = deps;
  const now = new Date();
  const request: PageRequest = {
    sources,
    database,
    params: (context['params'] ?? {}) as PageRequest['params'],
    query: new URLSearchParams(context.querystring),
    now,
    reach: { namespace: sources.namespace, url: sources.publicUrl ?? originOf(context) },
    up,
  };
  const { content, ...answer } = await page(request);
  await send(context, layout({ ...answer, up, now, keyName: context.state.principal?.name ?? '' }, content));
}

async function enter(context: ApiContext, { database, authentication }: ConsoleDeps): Promise<void> {
  const form = await readForm(context);
  const to = wantedPage(form.get('to'));
  const key = (form.get('key') ?? '').trim();
  const principal = await authentication.principalOf(`Bearer ${key}`);
  if (principal === undefined || principal.scope === 'store') {
    const mistake =
      principal === undefined
        ? 'This key is not known, or it was revoked.'
        : 'This key is of scope store. The console takes keys of scope admin:read or admin.';
    context.state.problem = principal === undefined ? 'unauthenticated' : 'forbidden';
    return send(context, signInPage({ up: '../', to, mistake }), principal === undefined ? 401 : 403);
  }
  context.state.principal = principal;
  await signIn(context, database, principal.keyId);
  return leadTo(context, `../console${to}`);
}

/** A page of ours, as a path below /console; anything else is the overview. */
function wantedPage(to: string | null): string {
  return to !== null && /^(\/[a-z\d-]+){1,2}$/.test(to) && !/^\/(sign|assets)/.test(to) ? to : '';
}

const callerByAddress: ApiMiddleware = function nameCaller(context, next) {
  context.state.caller = `sign-in ${context.req.socket.remoteAddress ?? ''}`;
  return next();
};

function leadTo(context: ApiContext, path: string): void {
  context.status = 303;
  context.set('Location', path);
  context.body = null;
  // Koa makes 204 of a null body.
  context.status = 303;
}

function originOf({ req: { headers } }: ApiContext): string {
  const host = /^[\w.:[\]-]+$/.test(headers.host ?? '') ? headers.host : 'localhost:3000';
  return `${headers['x-forwarded-proto'] === 'https' ? 'https' : 'http'}://${host}`;
}

function serveAsset(context: ApiContext): void {
  const asset = assets.get(String((context['params'] as { name: string }).name));
  if (asset === undefined) throw new Problem('not-found', 'There is no such file.');
  context.status = 200;
  context.set('Content-Type', asset.type);
  context.set('Cache-Control', 'public, max-age=31536000, immutable');
  context.body = asset.content;
}

async function send(context: ApiContext, markup: Markup, status = 200): Promise<void> {
  context.status = status;
  context.set('Content-Type', 'text/html; charset=utf-8');
  context.body = String(await markup);
}
