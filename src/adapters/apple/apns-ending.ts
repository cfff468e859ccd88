import { z } from 'zod';

/** What the JSON of an answer says. */
export interface ApnsAnswer {
  reason: string | undefined;
  /** Of a 410: milliseconds since 1970 at which APNs knew that the token was not valid any more. */
  timestamp: number | undefined;
}

/** How one connection to APNs with one request on it ended. */
export type ApnsEnding =
  | ({ ended: 'answered'; status: number } & ApnsAnswer)
  /** A TLS alert by which the server judged our certificate; its name as in RFC 8446 section 6.2. */
  | { ended: 'alert'; alert: string }
  /** The server said GOAWAY and did not answer. */
  | { ended: 'goaway'; reason: string | undefined }
  /** Closed or reset by the other side after it had our certificate, without an answer. */
  | { ended: 'closed' }
  /** Everything else: no connection, a handshake that did not complete, no trust in the server, no answer in time. */
  | { ended: 'failed'; error: unknown };

/** OpenSSL's names of alerts that it received; the part before ALERT differs between its versions. */
const certificateAlert =
  /ALERT_(BAD_CERTIFICATE|UNSUPPORTED_CERTIFICATE|CERTIFICATE_REVOKED|CERTIFICATE_EXPIRED|CERTIFICATE_UNKNOWN|CERTIFICATE_REQUIRED|UNKNOWN_CA|ACCESS_DENIED)$/;

/** Node's code of an error, or ''. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

/** What an error means: an alert that judges the certificate, or nothing that does. */
export function endingOf(error: unknown): ApnsEnding {
  const alert = certificateAlert.exec(codeOf(error))?.[1];
  return alert === undefined ? { ended: 'failed', error } : { ended: 'alert', alert: alert.toLowerCase() };
}

/** The other side reset the connection, or was gone when we wrote. */
export function isBroken(error: unknown): boolean {
  return /^(ECONNRESET|EPIPE)$/.test(codeOf(error));
}

/** What an error means once the handshake is over: there, a connection that breaks was broken on purpose, or looks like it. */
export function endingAfterHandshake(error: unknown): ApnsEnding {
  return isBroken(error) ? { ended: 'closed' } : endingOf(error);
}

const answerSchema = z.object({
  reason: z.string().optional().catch(undefined),
  timestamp: z.int().positive().max(8.64e15).optional().catch(undefined),
});

/** The JSON of an answer or of a GOAWAY; whatever is not as Apple documents it is left out. */
export function parseAnswer(body: Uint8Array | undefined): ApnsAnswer {
  const nothing = { reason: undefined, timestamp: undefined };
  if (body === undefined || body.length === 0) return nothing;
  try {
    const parsed: unknown = JSON.parse(Buffer.from(body).toString('utf8'));
    return { ...nothing, ...answerSchema.safeParse(parsed).data };
  } catch {
    return nothing;
  }
}
