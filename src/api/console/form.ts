import getRawBody from 'raw-body';
import type { ApiContext } from '../context.ts';
import { Problem } from '../problems.ts';

/** Bytes. */
const limit = 4_096;

/**
 * The fields of a form that one of our own pages has sent.
 * @throws Problem forbidden when another site's page sent it, unsupported-media-type, payload-too-large
 */
export async function readForm(context: ApiContext): Promise<URLSearchParams> {
  requireOwnOrigin(context);
  const [type] = (context.req.headers['content-type'] ?? '').split(';');
  if (type?.trim().toLowerCase() !== 'application/x-www-form-urlencoded')
    throw new Problem('unsupported-media-type', 'This is where the form of the page is sent to.');
  return new URLSearchParams(await textOf(context));
}

async function textOf({ req }: ApiContext): Promise<string> {
  try {
    return await getRawBody(req, { limit, encoding: 'utf8' });
  } catch (error) {
    if (!(error instanceof Error && 'type' in error && error.type === 'entity.too.large')) throw error;
    throw new Problem('payload-too-large', `The form has at most ${limit} bytes.`, {
      headers: { Connection: 'close' },
    });
  }
}

/** The cookie is SameSite=Strict; this also holds where a neighbouring host counts as the same site, and for signing in (Fetch Metadata). */
function requireOwnOrigin({ req: { headers } }: ApiContext): void {
  const site = headers['sec-fetch-site'];
  if (site === undefined ? isOwn(headers.origin, headers.host) : site === 'same-origin') return;
  throw new Problem('forbidden', 'The form was not sent by this page. Open the console and try again.');
}

function isOwn(origin: string | undefined, host: string | undefined): boolean {
  return origin !== undefined && URL.canParse(origin) && new URL(origin).host === host;
}
