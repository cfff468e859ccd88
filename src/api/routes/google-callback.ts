import { z } from 'zod';
import { recordCallback } from '../../adapters/postgres/wallet/google-callbacks.ts';
import { callbackPath, logoPath } from '../../domain/wallet/google/loyalty-class.ts';
import { type CallbackVerdict, type SignedCallback, verifyCallback } from '../../domain/wallet/google/callback.ts';
import { neutralLogo } from '../../domain/wallet/google/neutral-logo.ts';
import { messageOf } from '../../errors.ts';
import { logEvents } from '../../log.ts';
import type { GoogleServing } from '../google/google-serving.ts';
import { operation, type Operation, type OwnAuthentication } from '../operation.ts';
import { Problem } from '../problems.ts';

const tag = 'Google Wallet';

/** Anyone may call: the proof, where there is one, is in the body. */
const anyone: OwnAuthentication = { callerOf: ({ address }) => `address ${address}` };

const text = z.string().min(1);
const callback = z
  .object({
    protocolVersion: text.meta({ example: 'ECv2SigningOnly' }),
    signature: text.meta({ description: 'Base64.' }),
    intermediateSigningKey: z.object({ signedKey: text, signatures: z.array(text).min(1).max(10) }),
    signedMessage: text.meta({ description: 'JSON: classId, objectId, eventType (save, del), nonce, expTimeMillis.' }),
  })
  .meta({ id: 'GoogleCallback' });

/** POST of Google, when a customer has saved or deleted a pass. */
function callbackOperation(google: GoogleServing | undefined): Operation {
  return operation({
    operationId: 'receiveGoogleCallback',
    method: 'POST',
    path: callbackPath,
    tag,
    authentication: anyone,
    summary: 'Take a callback',
    description:
      'Google calls when a customer saves a pass or deletes it. Each call is verified by its signature (ECv2SigningOnly), and heeded once.',
    scopes: [],
    problems: ['wallet-not-configured', 'invalid-callback'],
    body: callback,
    responses: { 200: { description: 'It was heeded, now or before.' } },
    async prepare({ body }, { log, now = new Date() }) {
      if (google === undefined) throw new Problem('wallet-not-configured', 'Google Wallet is not configured.');
      const verdict = await verified(body, google, now);
      if ('event' in verdict) return verdict.event;
      log.warn({ event: logEvents.googleCallbackRefused, reason: verdict.refusal });
      throw new Problem('invalid-callback', `The callback is not heeded: ${verdict.refusal}.`);
    },
    async handler(_input, { database, log }, { nonce, objectId, eventType }) {
      const saved = eventType === 'save';
      const { heeded, cardId } = await recordCallback(database, { nonce, objectId, saved });
      log.info({ event: logEvents.googleCallbackHeeded, event_type: eventType, card_id: cardId, again: !heeded });
      return { status: 200 };
    },
  });
}

async function verified(body: SignedCallback, google: GoogleServing, now: Date): Promise<CallbackVerdict> {
  const { wallet, callbackKeys } = google;
  const recipient = wallet.account().issuerId;
  try {
    const verdict = verifyCallback(body, { rootKeys: await callbackKeys.current(), recipient, now });
    if ('event' in verdict || verdict.unknownRoot !== true) return verdict;
    const rootKeys = await callbackKeys.newer();
    return rootKeys === undefined ? verdict : verifyCallback(body, { rootKeys, recipient, now });
  } catch (error) {
    const headers = { 'Retry-After': '60' };
    throw new Problem('unavailable', `The keys of Google's callbacks cannot be read: ${messageOf(error)}.`, {
      headers,
    });
  }
}

const logo = operation({
  operationId: 'getNeutralLogo',
  method: 'GET',
  path: logoPath,
  tag,
  authentication: anyone,
  summary: 'Get the neutral logo',
  description: 'What Google shows of a program that has no `logo_url`: Google fetches it from here.',
  scopes: [],
  responses: { 200: { description: 'A square PNG.', file: 'image/png' } },
  handler: () => ({ status: 200, headers: { 'Cache-Control': 'public, max-age=86400' }, body: neutralLogo() }),
});

/** What Google calls. */
export function googleCalls(google: GoogleServing | undefined): Operation[] {
  return [callbackOperation(google), logo];
}
