import type { ApiAnswer, RunningApi } from '../../support/api-process.ts';

/** What a browser does at the console, without a browser. */
export interface ConsoleClient {
  get(path: string, headers?: Record<string, string>): Promise<ApiAnswer>;
  /** Sends the form of the sign-in page, and keeps the cookie. */
  signIn(key: string, form?: Record<string, string>, headers?: Record<string, string>): Promise<ApiAnswer>;
  signOut(headers?: Record<string, string>): Promise<ApiAnswer>;
  /** `name=value` of the cookie that was set last; empty: none. */
  cookie(): string;
}

const formType = 'application/x-www-form-urlencoded';

/** @param cookie that of another client, as on another replica */
export function consoleClient(api: Pick<RunningApi, 'call' | 'url'>, cookie = ''): ConsoleClient {
  let kept = cookie;
  async function call(method: string, path: string, body?: string, headers: Record<string, string> = {}) {
    const own = body === undefined ? {} : { origin: api.url, 'content-type': formType };
    const all = { ...(kept !== '' && { cookie: kept }), ...own, ...headers };
    const answer = await api.call(method, `/console${path}`, { ...(body !== undefined && { body }), headers: all });
    const set = answer.headers.get('set-cookie');
    if (set !== null) kept = /Max-Age=0/.test(set) ? '' : (set.split(';')[0] ?? '');
    return answer;
  }
  return {
    get: (path, headers) => call('GET', path, undefined, headers),
    signIn: (key, form = {}, headers) =>
      call('POST', '/sign-in', new URLSearchParams({ key, ...form }).toString(), headers),
    signOut: (headers) => call('POST', '/sign-out', '', headers),
    cookie: () => kept,
  };
}
