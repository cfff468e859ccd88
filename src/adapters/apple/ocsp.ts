import { X509Certificate } from 'node:crypto';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { describeNetworkFailure } from '../network-failure.ts';
import { certIdOf, ocspResponders } from './ocsp-certificate.ts';
import { encodeOcspRequest } from './ocsp-request.ts';
import { readOcspResponse, type OcspAnswer } from './ocsp-response.ts';

/** Whether a certificate is revoked, as its issuer says; `unreachable` with what kept us from knowing. */
export type RevocationStatus = Exclude<OcspAnswer, { status: 'unusable' }> | { status: 'unreachable'; message: string };

/** Bytes; an answer with a responder's certificate has about 2 KiB. */
const maximumAnswerSize = 65_536;

function isApples(address: string): boolean {
  if (!URL.canParse(address)) return false;
  const { protocol, hostname, port, username } = new URL(address);
  return (
    /^https?:$/.test(protocol) &&
    (hostname === 'apple.com' || hostname.endsWith('.apple.com')) &&
    port === '' &&
    username === ''
  );
}

async function readBounded(answer: IncomingMessage): Promise<Buffer | undefined> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of answer as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > maximumAnswerSize) return undefined;
    parts.push(part);
  }
  return Buffer.concat(parts);
}

/** One POST (RFC 6960 appendix A.1) on a connection of its own. Redirects are not followed: they could lead anywhere. */
async function post(
  url: URL,
  body: Buffer,
  signal: AbortSignal,
): Promise<{ status: number; body: Buffer | undefined }> {
  const headers = { 'content-type': 'application/ocsp-request', 'content-length': body.length };
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
  const exchange = send(url, { method: 'POST', headers, agent: false, signal }, resolve);
  exchange.on('error', reject).end(body);
  try {
    const answer = await promise;
    return { status: answer.statusCode ?? 0, body: await readBounded(answer) };
  } finally {
    exchange.destroy();
  }
}

async function ask(url: URL, question: Buffer, signal: AbortSignal): Promise<Buffer | string> {
  try {
    const { status, body } = await post(url, question, signal);
    if (status !== 200) return `${url.host}: it answered with HTTP status ${status}`;
    return body ?? `${url.host}: its answer is longer than any OCSP response`;
  } catch (error) {
    return describeNetworkFailure(error, url);
  }
}

export interface OcspDeps {
  /** In place of the address in the certificate; any host. */
  ocspUrl?: string | undefined;
  now: () => Date;
  /** Ends the call; an aborted call is `unreachable`. */
  signal: AbortSignal;
}

/**
 * Asks by OCSP (RFC 6960) whether a certificate is revoked; both certificates are PEM or DER.
 * The address comes from the certificate, which anybody may have written: only hosts under apple.com are called,
 * unless `ocspUrl` says otherwise.
 */
export async function checkRevocation(
  { certificate, issuer }: { certificate: string | Buffer; issuer: string | Buffer },
  { ocspUrl, now, signal }: OcspDeps,
): Promise<RevocationStatus> {
  const subject = new X509Certificate(certificate);
  const authority = new X509Certificate(issuer);
  const address = ocspUrl ?? ocspResponders(subject.raw).find(isApples);
  if (address === undefined) {
    return { status: 'unreachable', message: 'the certificate names no OCSP responder under apple.com' };
  }
  const url = new URL(address);
  const certId = certIdOf(subject.raw, authority.raw);
  const answer = await ask(url, encodeOcspRequest(certId), signal);
  if (typeof answer === 'string') return { status: 'unreachable', message: answer };
  const read = readOcspResponse(answer, { certId, issuer: authority, now: now() });
  if (read.status !== 'unusable') return read;
  return { status: 'unreachable', message: `${url.host}: its answer cannot be used, ${read.problem}` };
}
