import type { Redacted } from '../../domain/redacted.ts';
import { describeNetworkFailure } from '../network-failure.ts';
import type { ApnsEnding } from './apns-ending.ts';
import { exchangeWithApns } from './apns-exchange.ts';
import { certificateReasons, tokenReasons } from './apns-reasons.ts';

/** What APNs says of a certificate. */
export type ApnsVerdict =
  { outcome: 'accepted' } | { outcome: 'refused'; message: string } | { outcome: 'unreachable'; message: string };

export interface ApnsIdentity {
  /** PEM. The issuer is sent along, as TLS wants a client to. */
  certificate: string;
  issuer: string;
  /** PEM, PKCS#8. */
  key: Redacted<string>;
  /** The pass type identifier, which is what a pass certificate pushes to. */
  topic: string;
}

/** No device has it, so nothing is pushed; APNs looks at the certificate before it looks at the token. */
const nobodysToken = '0'.repeat(64);

function refused(what: string): ApnsVerdict {
  return { outcome: 'refused', message: `APNs ${what}` };
}

function judgeAnswer(url: URL, status: number, reason: string | undefined): ApnsVerdict {
  if (status === 200 || (reason !== undefined && tokenReasons.has(reason) && status < 500))
    return { outcome: 'accepted' };
  const known = reason !== undefined && certificateReasons.has(reason) ? reason : undefined;
  if (status === 403) return refused(`answered 403 ${known ?? 'without a reason that is known'} to the certificate`);
  if (status === 400 && known !== undefined) return refused(`answered 400 ${known} to the certificate and its topic`);
  return {
    outcome: 'unreachable',
    message: `${url.host}: it answered with HTTP status ${status}, which says nothing about the certificate`,
  };
}

function judge(url: URL, ending: ApnsEnding): ApnsVerdict {
  switch (ending.ended) {
    case 'answered':
      return judgeAnswer(url, ending.status, ending.reason);
    case 'alert':
      return refused(`ended the connection with the TLS alert ${ending.alert}`);
    case 'goaway':
      if (ending.reason !== undefined && certificateReasons.has(ending.reason)) {
        return refused(`ended the connection with the reason ${ending.reason}`);
      }
      return { outcome: 'unreachable', message: `${url.host}: it ended the connection before it answered` };
    case 'closed':
      return refused('closed the connection without an answer when it had seen the certificate, twice');
    case 'failed':
      return { outcome: 'unreachable', message: describeNetworkFailure(ending.error, url) };
  }
}

function worthAnother(ending: ApnsEnding): boolean {
  return ending.ended === 'closed' || (ending.ended === 'goaway' && !certificateReasons.has(ending.reason ?? ''));
}

/**
 * Asks APNs whether it takes a certificate, by a push to a device token that nobody has.
 *
 * With TLS 1.3 our end of the handshake is over before the server has judged the certificate, so only an answer proves
 * that it was taken. What proves the contrary: a 403, a TLS alert that names the certificate, a GOAWAY with a reason that
 * does, and a connection that the other side closes without an answer when it has our certificate. The last cannot be
 * told from a network that breaks connections: a server that closes while our request is under way makes the kernel send
 * a reset, as a broken network does. So it counts only when it happens twice in a row, and only from the moment when the
 * certificate was sent. Whatever goes wrong before that (name, route, refused connection, time, trust in the server) says
 * nothing about the certificate, and neither does a GOAWAY of another kind, a 429 or a 5xx.
 */
export async function askApns(
  identity: ApnsIdentity,
  deps: { apnsUrl: string; signal: AbortSignal },
): Promise<ApnsVerdict> {
  const { certificate, issuer, key, topic } = identity;
  const request = { certificates: `${certificate.trimEnd()}\n${issuer}`, key, topic, deviceToken: nobodysToken };
  const url = new URL(deps.apnsUrl);
  const first = await exchangeWithApns(deps.apnsUrl, request, deps.signal);
  if (!worthAnother(first)) return judge(url, first);
  const second = await exchangeWithApns(deps.apnsUrl, request, deps.signal);
  // Closed once and away once: that is a server on its way down, not a judgement.
  return judge(url, second.ended === 'closed' && first.ended !== 'closed' ? first : second);
}
