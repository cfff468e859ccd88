import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { expireCards } from '../../src/adapters/postgres/ledger/expire.ts';
import { openDatabase } from '../../src/adapters/postgres/database.ts';
import { defaultIcon } from '../../src/domain/wallet/apple/default-icon.ts';
import { imageFile, imageScales } from '../../src/domain/wallet/apple/images.ts';
import type { ApiCall, RunningApi } from '../support/api-process.ts';
import { unzip } from '../support/iphone/archive.ts';
import { expireByRun, type WantedRun } from './expire-by-run.ts';

export const store = '/api/v1/store/loyalty';
export const admin = '/api/v1/admin/loyalty';

export interface Merchant {
  id: string;
  programId: string;
  /** An API key of scope store. */
  key: string;
}

export interface NewCard {
  id: string;
  number: string;
  customerId: string;
  externalId: string;
}

/** Two merchants with a program each, and ways to put cards into any state. Everything is made through the API. */
export interface World {
  api: RunningApi;
  home: Merchant;
  other: Merchant;
  adminKey: string;
  readKey: string;
  /** An admin key that was made for nothing but to be revoked. */
  newKeyId(): Promise<string>;
  newCard(merchant?: Merchant): Promise<NewCard>;
  /** Answers the id of the entry. */
  earn(card: NewCard, points: number, merchant?: Merchant): Promise<string>;
  redeem(card: NewCard, points: number, merchant?: Merchant): Promise<string>;
  adjust(card: NewCard, points: number): Promise<string>;
  /** Zeroes what the card has, as expire-points will when it is due; answers the id of the expire entry. */
  expire(card: NewCard): Promise<string>;
  /** An icon in every size for the program of the home merchant. */
  putImages(): Promise<void>;
  /** The serial number and the token of the Apple pass of a card. */
  applePass(card: NewCard): Promise<{ serial: string; token: string }>;
  /** A finished run of expire-points, unless another task is wanted, that took all of these cards; answers its id. */
  run(cards: readonly NewCard[], more?: Partial<WantedRun>): Promise<string>;
}

interface Identified {
  id: string;
}

/** Makes them in the API that runs. */
export async function createWorld(api: RunningApi): Promise<World> {
  const { adminKey } = api;
  const made = <Body>(path: string, call: ApiCall): Promise<Body> => create<Body>(api, path, call);
  const newMerchant = async (name: string, timezone: string): Promise<Merchant> => {
    const { id } = await made<Identified>(`${admin}/merchants`, { key: adminKey, body: { name, timezone } });
    const expiry = { mode: 'fixed', days: 30, rounding: 'none' };
    const program = { merchant_id: id, name: `${name} card`, points_name: 'points', expiry };
    const { id: programId } = await made<Identified>(`${admin}/programs`, { key: adminKey, body: program });
    return { id, programId, key: await newKey({ name: `Tills of ${name}`, scope: 'store', merchant_id: id }) };
  };
  const newKey = async (body: object): Promise<string> =>
    (await made<{ key: string }>(`${admin}/api-keys`, { key: adminKey, body })).key;
  const home = await newMerchant('Home', 'Europe/Berlin');
  const other = await newMerchant('Other', 'America/New_York');
  const book = async (action: string, { id }: NewCard, points: number, { key } = home): Promise<string> =>
    (await made<{ entry: Identified }>(`${store}/cards/${id}/${action}`, { key, body: { points } })).entry.id;
  return {
    api,
    home,
    other,
    adminKey,
    readKey: await newKey({ name: 'Dashboards', scope: 'admin:read' }),
    newKeyId: async () =>
      (await made<Identified>(`${admin}/api-keys`, { key: adminKey, body: { name: 'Spare', scope: 'admin:read' } })).id,
    newCard: (merchant = home) => enrol(api, merchant),
    earn: (card, points, merchant) => book('earn', card, points, merchant),
    redeem: (card, points, merchant) => book('redeem', card, points, merchant),
    adjust: async (card, points) => {
      const body = { points, reason: 'A correction' };
      const call = { key: adminKey, body };
      return (await made<{ entry: Identified }>(`${admin}/cards/${card.id}/adjust`, call)).entry.id;
    },
    expire: (card) => expire(api, home, card),
    putImages: () => putIcons(api, home),
    applePass: (card) => applePass(api, home, card),
    run: (cards, more) => run(api, { merchantId: home.id, cardIds: cards.map(({ id }) => id), ...more }),
  };
}

async function create<Body>(api: RunningApi, path: string, call: ApiCall): Promise<Body> {
  const { status, text, body } = await api.call('POST', path, call);
  assert.equal(status, 201, `POST ${path}: ${text}`);
  return body as Body;
}

async function enrol(api: RunningApi, merchant: Merchant): Promise<NewCard> {
  const externalId = `C-${randomBytes(6).toString('hex')}`;
  const body = { program_id: merchant.programId, customer: { external_id: externalId, name: 'Ada' } };
  const call = { key: merchant.key, body };
  const card = await create<Identified & { number: string; customer: Identified }>(api, `${store}/cards`, call);
  return { id: card.id, number: card.number, customerId: card.customer.id, externalId };
}

/** No endpoint does it: the job will. */
async function expire(api: RunningApi, { id: merchantId }: Merchant, { id: cardId }: NewCard): Promise<string> {
  const database = openDatabase({ url: api.database.url, poolSize: 1, applicationName: 'test' });
  try {
    const asOf = new Date(Date.now() + 365 * 86_400_000);
    const cause = { actor: 'test', reason: null, reference: null, runId: null };
    await database.transaction((transaction) =>
      expireCards(transaction, { merchantId, asOf, cards: [cardId], ...cause }),
    );
    const where = { merchant_id: merchantId, card_id: cardId, kind: 'expire' };
    const [entry] = await database('entries').where(where).orderBy('card_version', 'desc').limit(1).select('id');
    return (entry as Identified).id;
  } finally {
    await database.destroy();
  }
}

async function putIcons(api: RunningApi, { programId }: Merchant): Promise<void> {
  for (const scale of imageScales) {
    const icon = defaultIcon('#7a1f2b', scale);
    const path = `${admin}/programs/${programId}/images/${imageFile(icon)}`;
    const call = { key: api.adminKey, body: icon.png, headers: { 'content-type': 'image/png' } };
    const { status, text } = await api.call('PUT', path, call);
    assert.equal(status, 200, text);
  }
}

async function applePass(
  api: RunningApi,
  { key }: Merchant,
  { id }: NewCard,
): Promise<{ serial: string; token: string }> {
  const headers = { authorization: `Bearer ${key}` };
  const response = await fetch(`${api.url}${store}/cards/${id}/wallet/apple`, { headers });
  assert.equal(response.status, 200);
  const files = unzip(Buffer.from(await response.arrayBuffer()));
  const json = JSON.parse(String(files.get('pass.json'))) as { serialNumber: string; authenticationToken: string };
  return { serial: json.serialNumber, token: json.authenticationToken };
}

async function run(api: RunningApi, wanted: WantedRun): Promise<string> {
  const database = openDatabase({ url: api.database.url, poolSize: 1, applicationName: 'test' });
  try {
    return await expireByRun(database, wanted);
  } finally {
    await database.destroy();
  }
}
