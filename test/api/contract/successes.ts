import { randomUUID } from 'node:crypto';
import { defaultIcon } from '../../../src/domain/wallet/apple/default-icon.ts';
import { passTypeIdentifier } from '../../support/sources.ts';
import { googleWalletSetup } from '../../support/google-wallet.ts';
import type { World } from '../world.ts';
import type { Provoke } from './given.ts';

type Successes = Record<string, Record<number, Provoke>>;

const reason = 'Asked for by the contract test';

/** How each operation is made to answer each of its 2xx. Those of GETs with an ETag also serve for 304. */
export const successes: Successes = {
  enrolCard: {
    201: ({ home }) => ({
      key: home.key,
      body: { program_id: home.programId, customer: { external_id: randomUUID(), name: 'Grace Hopper' } },
    }),
  },
  findCard: { 200: async (world) => ({ key: world.home.key, query: { number: (await world.newCard()).number } }) },
  getCard: { 200: (world) => onCard(world, {}) },
  earnPoints: { 201: (world) => onCard(world, { body: { points: 250, reason, reference: 'receipt 1' } }) },
  redeemPoints: { 201: (world) => onCard(world, { body: { points: 40 } }) },
  listEntries: { 200: (world) => onCard(world, { query: { limit: '1' } }) },
  voidEntry: {
    201: async (world) => {
      const card = await world.newCard();
      const entry_id = await world.earn(card, 5);
      return { key: world.home.key, path: { card_id: card.id, entry_id }, body: { reason } };
    },
  },
  syncWallet: {
    202: async (world) => asAdmin(world, { body: { card_ids: [(await world.newCard()).id], reason } }),
  },
  createMerchant: {
    201: (world) => asAdmin(world, { body: { name: 'Contract & Söhne', timezone: 'Asia/Kathmandu' } }),
  },
  listMerchants: { 200: (world) => asReader(world, { query: { limit: '1' } }) },
  getMerchant: { 200: (world) => asReader(world, { path: { merchant_id: world.home.id } }) },
  changeMerchant: {
    200: (world) => asAdmin(world, { path: { merchant_id: world.other.id }, body: { name: `Other ${randomUUID()}` } }),
  },
  createProgram: {
    201: (world) => {
      const expiry = { mode: 'inactivity', days: 400, rounding: 'end_of_month' };
      return asAdmin(world, { body: { merchant_id: world.home.id, name: 'Second', points_name: 'stars', expiry } });
    },
  },
  listPrograms: { 200: (world) => asReader(world, { query: { merchant_id: world.home.id } }) },
  getProgram: { 200: (world) => asReader(world, { path: { program_id: world.home.programId } }) },
  changeProgram: {
    200: (world) => asAdmin(world, { path: { program_id: world.other.programId }, body: { warning_days: 60 } }),
  },
  searchCards: { 200: (world) => asReader(world, { query: { merchant_id: world.home.id, status: 'active' } }) },
  getAdminCard: {
    200: async (world) => asReader(world, { path: { card_id: (await world.newCard()).id } }),
  },
  adjustPoints: { 201: async (world) => asAdmin(world, { ...(await card(world)), body: { points: -10, reason } }) },
  restorePoints: {
    200: async (world) => asAdmin(world, { ...(await expiredCard(world)), body: { reason, dry_run: true } }),
    201: async (world) => asAdmin(world, { ...(await expiredCard(world)), body: { reason } }),
  },
  freezeCard: { 200: async (world) => asAdmin(world, { ...(await card(world)), body: { reason } }) },
  unfreezeCard: { 200: async (world) => asAdmin(world, { ...(await card(world)), body: { reason } }) },
  eraseCustomer: {
    200: async (world) => asAdmin(world, { path: { customer_id: (await world.newCard()).customerId } }),
  },
  listRuns: {
    200: async (world) => {
      await failedRun(world);
      return asReader(world, { query: { task: 'expire-points', merchant_id: world.home.id, limit: '2' } });
    },
  },
  getRun: { 200: async (world) => asReader(world, await failedRun(world)) },
  listRunMerchants: {
    200: async (world) => asReader(world, { ...(await failedRun(world)), query: { state: 'failed' } }),
  },
  listRunFailures: {
    200: async (world) => asReader(world, { ...(await failedRun(world)), query: { limit: '1' } }),
  },
  restoreRun: {
    200: async (world) => asAdmin(world, { ...(await failedRun(world)), body: { reason, dry_run: true } }),
    202: async (world) => {
      const expires_at = '2999-12-31T23:59:59.999Z';
      return asAdmin(world, {
        ...(await failedRun(world)),
        body: { reason, expires_at, merchant_id: world.home.id },
      });
    },
  },
  createApiKey: {
    201: (world) => asAdmin(world, { body: { name: 'Shop', scope: 'store', merchant_id: world.home.id } }),
  },
  listApiKeys: { 200: (world) => asReader(world, {}) },
  revokeApiKey: { 204: async (world) => asAdmin(world, { path: { api_key_id: await world.newKeyId() } }) },
  listAudit: { 200: (world) => asReader(world, { query: { limit: '100' } }) },
  createGoogleLink: { 200: (world) => onCard(world, {}) },
  receiveGoogleCallback: { 200: async () => ({ body: (await googleWalletSetup()).callback('save') }) },
  getNeutralLogo: { 200: () => ({}) },
  getWalletStatus: { 200: (world) => asReader(world, {}) },
  getApplePass: { 200: (world) => onCard(world, {}) },
  listProgramImages: {
    200: async (world) => {
      await world.putImages();
      return asReader(world, { path: { program_id: world.home.programId } });
    },
  },
  getProgramImage: { 200: async (world) => asReader(world, await image(world)) },
  putProgramImage: {
    200: (world) =>
      asAdmin(world, {
        path: { program_id: world.home.programId, image_name: 'icon@2x.png' },
        body: defaultIcon('#000000', 2).png,
        headers: { 'content-type': 'image/png' },
      }),
  },
  removeProgramImage: { 204: async (world) => asAdmin(world, await image(world)) },
  registerDevice: {
    200: async (world) => {
      const given = registering(await holder(world));
      const { device, pass_type, serial } = given.path;
      const path = `/v1/devices/${device}/registrations/${pass_type}/${serial}`;
      await world.api.call('POST', path, { headers: given.headers, body: given.body });
      return given;
    },
    201: async (world) => registering(await holder(world)),
  },
  unregisterDevice: { 200: (world) => holder(world) },
  listChangedPasses: {
    200: async (world) => {
      const { path, headers } = await holder(world);
      const registration = `/v1/devices/${path.device}/registrations/${path.pass_type}`;
      await world.api.call('POST', `${registration}/${path.serial}`, { headers, body: { pushToken: 'aa' } });
      return { path };
    },
    204: () => ({ path: { device: randomUUID(), pass_type: passTypeIdentifier } }),
  },
  fetchPass: {
    200: (world) => holder(world),
    304: async (world) => {
      const given = await holder(world);
      return { ...given, headers: { ...given.headers, 'if-modified-since': 'Fri, 31 Dec 2999 23:59:59 GMT' } };
    },
  },
  logMessages: { 200: () => ({ body: { logs: ['A complaint'] } }) },
};

/** An image that the program of the home merchant has. */
async function image(world: World): Promise<{ path: { program_id: string; image_name: string } }> {
  await world.putImages();
  return { path: { program_id: world.home.programId, image_name: 'icon.png' } };
}

/** A device that has the token of a pass. */
async function holder(world: World) {
  const { serial, token } = await world.applePass(await world.newCard());
  const path = { device: randomUUID(), pass_type: passTypeIdentifier, serial };
  return { path, headers: { authorization: `ApplePass ${token}` } };
}

function registering<G extends object>(given: G): G & { body: object } {
  return { ...given, body: { pushToken: randomUUID() } };
}

function asAdmin<G extends object>(world: World, given: G): G & { key: string } {
  return { ...given, key: world.adminKey };
}

function asReader<G extends object>(world: World, given: G): G & { key: string } {
  return { ...given, key: world.readKey };
}

/** A card of the home merchant with 100 points. */
async function card(world: World): Promise<{ path: { card_id: string } }> {
  const made = await world.newCard();
  await world.earn(made, 100);
  return { path: { card_id: made.id } };
}

async function onCard<G extends object>(world: World, given: G) {
  return { ...given, ...(await card(world)), key: world.home.key };
}

async function expiredCard(world: World): Promise<{ path: { card_id: string } }> {
  const made = await world.newCard();
  await world.earn(made, 100);
  await world.expire(made);
  return { path: { card_id: made.id } };
}

/** A run that has expired points of a card, and then failed. */
async function failedRun(world: World): Promise<{ path: { run_id: string } }> {
  const made = await world.newCard();
  await world.earn(made, 100);
  const failure = { reason: 'LockTimeout', message: 'canceling statement due to lock timeout' };
  return { path: { run_id: await world.run([made], { failure }) } };
}
