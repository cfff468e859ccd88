import { randomUUID } from 'node:crypto';
import type { NewCard, World } from '../world.ts';
import { admin } from '../world.ts';
import { googleError } from '../../support/fake-google/google-error.ts';
import { googleWalletSetup } from '../../support/google-wallet.ts';
import type { Reply } from '../../support/reply.ts';
import type { Given, Provoke } from './given.ts';

const reason = 'Asked for by the contract test';
const longAgo = '2020-02-29T12:00:00.000Z';
const most = Number.MAX_SAFE_INTEGER;

/** How each operation is made to refuse for reasons of its own, by problem code. */
export const refusals: Record<string, Record<string, Provoke>> = {
  enrolCard: {
    'not-found': (world) => enrolment(world, { program_id: randomUUID() }),
    'card-exists': async (world) => enrolment(world, { customer: { external_id: (await world.newCard()).externalId } }),
    'number-taken': async (world) => enrolment(world, { number: (await world.newCard()).number }),
    conflict: async (world) =>
      enrolment(world, { customer: { external_id: await erase(world, await world.newCard()) } }),
  },
  earnPoints: {
    'card-frozen': async (world) => booking(world, await frozen(world)),
    'card-closed': async (world) => booking(world, await closed(world)),
    'balance-limit': async (world) => booking(world, await having(world, most)),
  },
  redeemPoints: {
    'insufficient-points': async (world) => booking(world, await having(world, 5), 6),
    'card-frozen': async (world) => booking(world, await frozen(world)),
    'card-closed': async (world) => booking(world, await closed(world)),
  },
  voidEntry: {
    'points-spent': async (world) => {
      const card = await world.newCard();
      const earned = await world.earn(card, 5);
      await world.redeem(card, 1);
      return voiding(world, card, earned);
    },
    'already-voided': async (world) => {
      const card = await world.newCard();
      const given = voiding(world, card, await world.earn(card, 5));
      await world.api.call(
        'POST',
        `/api/v1/store/loyalty/cards/${card.id}/entries/${given.path['entry_id']}/void`,
        given,
      );
      return given;
    },
    'not-voidable': async (world) => {
      const card = await having(world, 5);
      return voiding(world, card, await world.expire(card));
    },
    'card-frozen': async (world) => {
      const card = await world.newCard();
      const earned = await world.earn(card, 5);
      await change(world, card, 'freeze');
      return voiding(world, card, earned);
    },
    'card-closed': async (world) => {
      const card = await world.newCard();
      const earned = await world.earn(card, 5);
      await erase(world, card);
      return voiding(world, card, earned);
    },
    'balance-limit': async (world) => {
      const card = await having(world, 5);
      const redeemed = await world.redeem(card, 5);
      await world.earn(card, most);
      return voiding(world, card, redeemed);
    },
  },
  syncWallet: {
    'not-found': (world) => ({ key: world.adminKey, body: { merchant_id: randomUUID() } }),
  },
  createProgram: {
    'not-found': (world) => {
      const program = { name: 'Nobody', points_name: 'points', expiry: { mode: 'none' } };
      return { key: world.adminKey, body: { merchant_id: randomUUID(), ...program } };
    },
  },
  getApplePass: {
    'card-closed': async (world) => ({ key: world.home.key, path: { card_id: (await closed(world)).id } }),
  },
  createGoogleLink: {
    'card-closed': async (world) => linking(world, await closed(world)),
    'google-refused': async (world) => linking(world, await answeredByGoogle(world, googleError('badRequest'))),
    'google-unavailable': async (world) => linking(world, await answeredByGoogle(world, googleError('backendError'))),
  },
  receiveGoogleCallback: {
    'invalid-callback': async () => {
      const callback = (await googleWalletSetup()).callback('save');
      return { body: { ...callback, signedMessage: `${callback.signedMessage} ` } };
    },
  },
  adjustPoints: {
    'insufficient-points': async (world) => adjusting(world, await having(world, 5), { points: -6 }),
    'balance-limit': async (world) => adjusting(world, await having(world, most), { points: 1 }),
    'card-closed': async (world) => adjusting(world, await closed(world), { points: 1 }),
    'expiry-in-past': async (world) => adjusting(world, await having(world, 5), { points: 1, expires_at: longAgo }),
  },
  restorePoints: {
    'nothing-to-restore': async (world) => adjusting(world, await having(world, 5), {}),
    'already-restored': async (world) => {
      const card = await having(world, 5);
      const given = adjusting(world, card, { entry_ids: [await world.expire(card)] });
      await world.api.call('POST', `${admin}/cards/${card.id}/points/restore`, given);
      return given;
    },
    'balance-limit': async (world) => {
      const card = await having(world, 5);
      await world.expire(card);
      await world.earn(card, most);
      return adjusting(world, card, {});
    },
    'card-closed': async (world) => {
      const card = await having(world, 5);
      await world.expire(card);
      await erase(world, card);
      return adjusting(world, card, {});
    },
    'expiry-in-past': async (world) => {
      const card = await having(world, 5);
      await world.expire(card);
      return adjusting(world, card, { expires_at: longAgo });
    },
  },
  freezeCard: { 'card-closed': async (world) => adjusting(world, await closed(world), {}) },
  unfreezeCard: { 'card-closed': async (world) => adjusting(world, await closed(world), {}) },
  restoreRun: {
    conflict: async (world) => restoringRun(world, await world.run([], { task: 'restore' }), {}),
    'expiry-in-past': async (world) => restoringRun(world, await world.run([]), { expires_at: longAgo }),
  },
  createApiKey: {
    'not-found': (world) => ({
      key: world.adminKey,
      body: { name: 'Nobody', scope: 'store', merchant_id: randomUUID() },
    }),
  },
  revokeApiKey: {
    conflict: async (world) => ({ key: world.adminKey, path: { api_key_id: await lastAdminKey(world) } }),
  },
};

function enrolment({ home }: World, members: object): Given {
  return { key: home.key, body: { program_id: home.programId, customer: { external_id: randomUUID() }, ...members } };
}

function booking({ home }: World, card: NewCard, points = 1): Given {
  return { key: home.key, path: { card_id: card.id }, body: { points } };
}

function voiding({ home }: World, card: NewCard, entry_id: string) {
  return { key: home.key, path: { card_id: card.id, entry_id }, body: { reason } };
}

function adjusting({ adminKey }: World, card: NewCard, members: object): Given {
  return { key: adminKey, path: { card_id: card.id }, body: { reason, ...members } };
}

function restoringRun({ adminKey }: World, run_id: string, members: object): Given {
  return { key: adminKey, path: { run_id }, body: { reason, ...members } };
}

async function having(world: World, points: number): Promise<NewCard> {
  const card = await world.newCard();
  await world.earn(card, points);
  return card;
}

async function change({ api, adminKey }: World, card: NewCard, action: string): Promise<void> {
  await api.call('POST', `${admin}/cards/${card.id}/${action}`, { key: adminKey, body: { reason } });
}

async function frozen(world: World): Promise<NewCard> {
  const card = await having(world, 5);
  await change(world, card, 'freeze');
  return card;
}

async function closed(world: World): Promise<NewCard> {
  const card = await having(world, 5);
  await erase(world, card);
  return card;
}

/** Answers the pseudonym. */
async function erase({ api, adminKey }: World, { customerId }: NewCard): Promise<string> {
  const { body } = await api.call('DELETE', `${admin}/customers/${customerId}`, { key: adminKey });
  return (body as { customer: { external_id: string } }).customer.external_id;
}

async function lastAdminKey({ api, adminKey }: World): Promise<string> {
  const { body } = await api.call('GET', `${admin}/api-keys?limit=100`, { key: adminKey });
  const { items } = body as { items: { id: string; scope: string }[] };
  return items.find(({ scope }) => scope === 'admin')?.id ?? 'none';
}

function linking({ home: { key } }: World, { id }: NewCard): Given {
  return { key, path: { card_id: id } };
}

/** A card about whose object Google answers this. */
async function answeredByGoogle(world: World, reply: Reply): Promise<NewCard> {
  const card = await world.newCard();
  const { google } = await googleWalletSetup();
  const { interfere } = google;
  google.interfere = (call) => (call.id.endsWith(card.id) ? { reply } : interfere(call));
  return card;
}
