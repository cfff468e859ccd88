import { z } from 'zod';
import { Card } from '../../adapters/postgres/models/card.ts';
import { ensurePass } from '../../adapters/postgres/wallet/passes.ts';
import { pkpassType } from '../../domain/wallet/apple/pkpass.ts';
import type { AppleWallet } from '../apple/apple-wallet.ts';
import { httpDate } from '../apple/http-date.ts';
import { operation, type Operation } from '../operation.ts';
import { Problem } from '../problems.ts';
import { id } from '../schemas.ts';
import { found } from './not-found.ts';
import { store } from './paths.ts';

/**
 * GET the pass of a card for Apple Wallet.
 * @param lacks why there is no Apple Wallet although its credential is there
 */
export function applePassOperation(apple: AppleWallet | undefined, lacks: readonly string[] = []): Operation {
  return operation({
    operationId: 'getApplePass',
    method: 'GET',
    path: `${store}/cards/{card_id}/wallet/apple`,
    tag: 'Loyalty - Store',
    summary: 'Get the Apple Wallet pass of a card',
    description:
      'A signed .pkpass as the card is now: hand it to the customer, whose iPhone adds it and fetches each change by itself from then on. ' +
      'The first request makes the pass; its serial number and token never change.',
    scopes: ['store'],
    writes: true,
    problems: ['wallet-not-configured', 'card-closed'],
    params: z.object({ card_id: id }),
    responses: {
      200: {
        description: 'The pass.',
        file: pkpassType,
        headers: z.object({ 'Content-Disposition': z.string(), 'Last-Modified': z.string() }),
      },
    },
    async handler({ params: { card_id: cardId } }, { database, principal: { merchantId }, now }) {
      if (apple === undefined) throw notConfigured(lacks);
      const card = found(await Card.query(database).findOne({ merchant_id: merchantId, id: cardId }), 'card', cardId);
      if (card.status === 'closed')
        throw new Problem('card-closed', 'Its customer was erased: there is no pass of it.');
      const key = { merchantId, cardId, platform: 'apple' } as const;
      // The serial number is the card's id: whatever happens to the row, it is the same again.
      const pass = found(await ensurePass(database, { ...key, objectId: cardId }), 'card', cardId);
      const { pkpass } = found(await apple.make(database, pass, now), 'card', cardId);
      return {
        status: 200,
        headers: {
          'Content-Disposition': `attachment; filename="${cardId}.pkpass"`,
          'Last-Modified': httpDate(pass.modifiedAt),
        },
        body: pkpass,
      };
    },
  });
}

function notConfigured(lacks: readonly string[]): Problem {
  return new Problem('wallet-not-configured', ['Apple Wallet is not configured.', ...lacks].join(' '));
}
