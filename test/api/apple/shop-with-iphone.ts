import assert from 'node:assert/strict';
import { createIPhone, type IPhone } from '../../support/iphone/iphone.ts';
import { appleWalletSetup } from '../../support/apple-wallet.ts';
import { storePath, type Shop, type World } from '../routes/world.ts';

/** A .pkpass as the store API answers it. */
export interface StorePass {
  serial: string;
  pkpass: Buffer;
  lastModified: string | null;
}

/** The pass of a card, as a till gives it to the customer. */
export async function storePass({ api }: World, shop: Shop, cardId: string): Promise<StorePass> {
  const headers = { authorization: `Bearer ${shop.key}` };
  const response = await fetch(`${api.url}${storePath}/cards/${cardId}/wallet/apple`, { headers });
  const pkpass = Buffer.from(await response.arrayBuffer());
  assert.equal(response.status, 200, String(pkpass));
  assert.equal(response.headers.get('content-type'), 'application/vnd.apple.pkpass');
  assert.equal(response.headers.get('content-disposition'), `attachment; filename="${cardId}.pkpass"`);
  return { serial: cardId, pkpass, lastModified: response.headers.get('last-modified') };
}

export function newIPhone({ api }: World): IPhone {
  return createIPhone({ rootPem: appleWalletSetup().rootPem, server: api.url });
}

/** A new card in a new iPhone. */
export async function cardInIPhone(world: World, shop: Shop): Promise<{ iphone: IPhone; cardId: string }> {
  const { id } = await shop.enrol({ name: 'Ada' });
  const iphone = newIPhone(world);
  const { pkpass, lastModified } = await storePass(world, shop, id);
  assert.equal(await iphone.add(pkpass, lastModified), 201);
  return { iphone, cardId: id };
}
