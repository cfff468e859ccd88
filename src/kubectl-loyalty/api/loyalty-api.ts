import { type ExitCode, ExitError, exitCodes, messageOf } from '../../errors.ts';
import type { Terminal } from '../terminal.ts';
import { type AdminKey, readAdminKey } from './admin-key.ts';
import type { ApiFlags } from './api-flags.ts';
import { openPortForward } from './port-forward.ts';

type Query = Readonly<Record<string, string | number | undefined>>;

/** The admin API of Orion Loyalty. */
export interface LoyaltyApi {
  /**
   * @param path behind /api/v1/admin/loyalty, such as `/runs`
   * @throws ExitError: 64 for what is not there or not valid, 75 for an API that is away, 78 for its address or the key.
   */
  get<T>(path: string, query?: Query): Promise<T>;
}

const prefix = '/api/v1/admin/loyalty';
const requestMilliseconds = 15_000;

/** Calls the action with the API that flags and environment name, and closes the way to it. @throws ExitError */
export async function withLoyaltyApi<T>(
  flags: ApiFlags,
  { environment }: Pick<Terminal, 'environment'>,
  action: (api: LoyaltyApi) => Promise<T>,
): Promise<T> {
  // Before anything is opened: without a key it is of no use.
  const key = readAdminKey(environment);
  const named = flags.apiUrl ?? (environment['LOYALTY_URL'] || undefined);
  if (named !== undefined) return action(createApi(named, key));
  const forward = await openPortForward(flags, environment);
  try {
    return await action(createApi(forward.url, key));
  } finally {
    forward.close();
  }
}

function createApi(base: string, key: AdminKey): LoyaltyApi {
  if (!URL.canParse(base)) throw new ExitError(exitCodes.configuration, `LOYALTY_URL is no URL: ${base}`);
  return {
    async get<T>(path: string, query: Query = {}) {
      const url = new URL(`${base.replace(/\/+$/, '')}${prefix}${path}`);
      for (const [name, value] of Object.entries(query))
        if (value !== undefined) url.searchParams.set(name, String(value));
      return read<T>(await ask(url, key), { url, key });
    },
  };
}

async function ask(url: URL, { value }: AdminKey): Promise<Response> {
  try {
    return await fetch(url, {
      headers: { authorization: `Bearer ${value}`, accept: 'application/json', 'user-agent': 'kubectl-loyalty' },
      // Another place must not get the key.
      redirect: 'manual',
      signal: AbortSignal.timeout(requestMilliseconds),
    });
  } catch (error) {
    throw away(url, error);
  }
}

function away(url: URL, error: unknown): ExitError {
  const { cause } = error as { cause?: unknown };
  const why = cause === undefined ? messageOf(error) : messageOf(cause) || messageOf(error);
  return new ExitError(exitCodes.temporary, `The API does not answer at ${url.origin}: ${why}. Try again.`);
}

async function read<T>(response: Response, { url, key }: { url: URL; key: AdminKey }): Promise<T> {
  const isJson = /^application\/([a-z.-]+\+)?json\b/.test(response.headers.get('content-type') ?? '');
  let body: unknown;
  try {
    body = isJson ? await response.json() : undefined;
  } catch (error) {
    throw away(url, error);
  }
  if (response.ok && isJson) return body as T;
  const { detail, title } = (body ?? {}) as { detail?: string; title?: string };
  throw refusal(response.status, { detail: detail ?? title, url, key });
}

function refusal(
  status: number,
  { detail, url, key }: { detail: string | undefined; url: URL; key: AdminKey },
): ExitError {
  const exit = (code: ExitCode, message: string): ExitError => new ExitError(code, message);
  const said = detail === undefined ? '' : ` ${detail}`;
  if (status === 401)
    return exit(exitCodes.configuration, `The API does not take the key of ${key.origin}: it is unknown or revoked.`);
  if (status === 403)
    return exit(
      exitCodes.configuration,
      `The key of ${key.origin} may not read that.${said} It takes one of scope admin or admin:read.`,
    );
  if (status === 429 || status >= 500)
    return exit(exitCodes.temporary, `The API at ${url.origin} answers ${status}.${said} Try again.`);
  if (detail !== undefined && (status === 400 || status === 404)) return exit(exitCodes.usage, detail);
  return exit(
    exitCodes.configuration,
    `${url.origin} answers ${status} to ${url.pathname}: is that the API of Orion Loyalty?${said}`,
  );
}
