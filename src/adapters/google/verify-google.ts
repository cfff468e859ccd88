import type { Credential, OnlineVerdict } from '../../domain/credentials/verdict.ts';
import { describeNetworkFailure } from '../network-failure.ts';
import { openGoogle, type GoogleAnswer, type GoogleClient, type GoogleEndpoints } from './google-client.ts';
import { readIssuerAnswer } from './issuer-answer.ts';
import { lookUpKeyCertificate, type KeyCertificate } from './key-certificate.ts';
import { serviceAccountOf, type ServiceAccount } from './service-account.ts';
import { readTokenAnswer, type Unverified } from './token-answer.ts';

export interface VerifyGoogleDeps extends GoogleEndpoints {
  now: () => Date;
  /** For the whole verification; 15 s when absent (Google's p99 is about 5 s a call). */
  timeoutMilliseconds?: number;
  signal?: AbortSignal;
}

const defaultTimeoutMilliseconds = 15_000;

interface Attempt {
  google: GoogleClient;
  account: ServiceAccount;
  issuerId: string;
}

/** A call that got no answer is a verdict; one that got any is an answer. */
async function answerOrVerdict(call: Promise<GoogleAnswer>, url: string): Promise<GoogleAnswer | Unverified> {
  try {
    return await call;
  } catch (error) {
    return { outcome: 'unreachable', message: `Google was not reached: ${describeNetworkFailure(error, url)}.` };
  }
}

async function getToken(google: GoogleClient, deps: VerifyGoogleDeps): Promise<Unverified | undefined> {
  const answer = await answerOrVerdict(google.token(), deps.tokenUrl);
  return 'outcome' in answer ? answer : readTokenAnswer(answer, deps.now());
}

async function getIssuer({ google, issuerId }: Attempt, deps: VerifyGoogleDeps): Promise<GoogleAnswer | Unverified> {
  const refusal = await getToken(google, deps);
  return refusal ?? answerOrVerdict(google.issuer(issuerId), deps.walletUrl);
}

/** Why a key is refused, as far as the list of the account's public keys tells. */
function explain(certificate: KeyCertificate, { clientEmail, privateKeyId }: ServiceAccount, now: Date): string {
  if (certificate.found === 'nothing') {
    return `Google publishes no key ${privateKeyId} of ${clientEmail}: the key or the account was deleted or disabled. Create a new key.`;
  }
  if (
    certificate.found === 'key' &&
    certificate.expiresAt !== undefined &&
    Date.parse(certificate.expiresAt) <= now.getTime()
  ) {
    return `The key ${privateKeyId} of ${clientEmail} expired on ${certificate.expiresAt.slice(0, 10)}. Create a new key.`;
  }
  return `Look at the key ${privateKeyId} of ${clientEmail} in the Google Cloud console: is it enabled, and the account too?`;
}

async function addWhatTheKeyTells(
  verdict: OnlineVerdict,
  { google, account }: Attempt,
  now: Date,
): Promise<OnlineVerdict> {
  if (verdict.outcome === 'unreachable' || (verdict.outcome === 'refused' && verdict.reason !== 'InvalidGrant'))
    return verdict;
  const certificate = await lookUpKeyCertificate(google, account);
  if (verdict.outcome === 'refused')
    return { ...verdict, message: `${verdict.message} ${explain(certificate, account, now)}` };
  if (certificate.found !== 'key') return verdict;
  const { found: _, ...key } = certificate;
  return { ...verdict, key };
}

/**
 * Asks Google whether it takes a credential: a token is obtained with the key and the issuer is read with the token.
 * The public certificate of the key then gives `key.createdAt` and, when an organisation set one, `key.expiresAt`;
 * when that look-up fails, the verdict stands without.
 *
 * `refused` only when Google judged the credential; whatever may be the network, a quota, an outage or our clock is
 * `unreachable`. One attempt a call, except that a 401 is asked again with another token: the caller backs off.
 * @throws the reason of `deps.signal` when that is aborted: then nothing is known. Everything else is a verdict.
 */
export async function verifyGoogle(credential: Credential, deps: VerifyGoogleDeps): Promise<OnlineVerdict> {
  deps.signal?.throwIfAborted();
  const { account, issuerId } = serviceAccountOf(credential);
  const timeout = AbortSignal.timeout(deps.timeoutMilliseconds ?? defaultTimeoutMilliseconds);
  const signal = deps.signal ? AbortSignal.any([deps.signal, timeout]) : timeout;
  const open = async (): Promise<Attempt> => ({ google: await openGoogle(account, deps, signal), account, issuerId });
  let attempt = await open();
  let answer = await getIssuer(attempt, deps);
  if ('status' in answer && answer.status === 401) {
    // The library's forceRefreshOnFailure would send the token of this client once more; a new client has a new one.
    attempt = await open();
    answer = await getIssuer(attempt, deps);
  }
  deps.signal?.throwIfAborted();
  const verdict = 'outcome' in answer ? answer : readIssuerAnswer(answer, account.clientEmail, issuerId);
  const complete = await addWhatTheKeyTells(verdict, attempt, deps.now());
  deps.signal?.throwIfAborted();
  return complete;
}
