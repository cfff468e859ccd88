import { z } from 'zod';
import { Card } from '../../adapters/postgres/models/card.ts';
import { ensurePass } from '../../adapters/postgres/wallet/passes.ts';
import { readProgramContents } from '../../adapters/postgres/wallet/program-content.ts';
import { classIdOf, issuerOf, objectIdOf } from '../../domain/wallet/google/ids.ts';
import type { GoogleServing } from '../google/google-serving.ts';
import { issueObject } from '../google/issue-object.ts';
import { operation, type Operation } from '../operation.ts';
import { Problem } from '../problems.ts';
import { id } from '../schemas.ts';
import { found } from './not-found.ts';
import { store } from './paths.ts';

/** Milliseconds in which the object is made, or the request is to be sent again later. */
const longest = 20_000;

const saveLink = z.object({
  save_url: z.string().meta({
    description: 'Where the customer saves the card in Google Wallet: for a button or an e-mail. It does not expire.',
    example: 'https://pay.google.com/gp/v/save/eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9…',
  }),
  object_id: z.string().meta({
    description: 'Of the card at Google; it never changes.',
    example: '3388000000012345678.loyalty-card-…',
  }),
});

/** POST for the link with which a customer saves a card in Google Wallet. */
export function googleLinkOperation(google: GoogleServing | undefined): Operation {
  return operation({
    operationId: 'createGoogleLink',
    method: 'POST',
    path: `${store}/cards/{card_id}/wallet/google`,
    tag: 'Loyalty - Store',
    summary: 'Get the Google Wallet link of a card',
    description:
      'With the link the customer saves the card in Google Wallet, which shows each change from then on. The first request makes the object of the card at ' +
      'Google, and the class of its program where there is none, and so may take some seconds.',
    scopes: ['store'],
    problems: ['wallet-not-configured', 'card-closed', 'google-refused', 'google-unavailable'],
    params: z.object({ card_id: id }),
    responses: { 200: { description: 'The link.', schema: saveLink } },
    async prepare({ params: { card_id: cardId } }, { database, principal: { merchantId } }) {
      const card = found(await Card.query(database).findOne({ merchant_id: merchantId, id: cardId }), 'card', cardId);
      if (card.status === 'closed')
        throw new Problem('card-closed', 'Its customer was erased: there is no pass of it.');
      if (google === undefined) throw new Problem('wallet-not-configured', 'Google Wallet is not configured.');
      const { wallet, origins } = google;
      const { issuerId } = wallet.account();
      const made = {
        merchantId,
        cardId,
        platform: 'google',
        objectId: objectIdOf(issuerId, { merchantId, cardId }),
      } as const;
      const pass = found(await ensurePass(database, made), 'card', cardId);
      if (issuerOf(pass.objectId) !== issuerId) throw otherIssuer(pass.objectId, issuerId);
      const [read] = await readProgramContents(database, [{ merchantId, programId: card.program_id }]);
      const program = found(read, 'program', card.program_id);
      await issueObject(pass, { database, wallet, program, signal: AbortSignal.timeout(longest) });
      const saveUrl = await wallet.saveLink(pass.objectId, classIdOf(issuerId, program), origins);
      return { save_url: saveUrl, object_id: pass.objectId };
    },
    handler: (_input, _context, body) => ({ status: 200, body }),
  });
}

function otherIssuer(objectId: string, issuerId: string): Problem {
  const detail = `Object ${objectId} of the card is of another issuer than ${issuerId}, whose credential is in use: put that of its issuer back.`;
  return new Problem('google-refused', detail, { extensions: { reason: 'CardRefused' } });
}
