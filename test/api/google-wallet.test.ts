import assert from 'node:assert/strict';
import { createPublicKey, randomUUID, verify } from 'node:crypto';
import type { Knex } from 'knex';
import { openDatabase } from '../../src/adapters/postgres/database.ts';
import { objectIdOf } from '../../src/domain/wallet/google/ids.ts';
import { type ApiAnswer, type RunningApi, startApi } from '../support/api-process.ts';
import { googleError } from '../support/fake-google/google-error.ts';
import { createGoogleWalletSetup, type GoogleWalletSetup } from '../support/google-wallet.ts';
import { issuerId } from '../support/sources.ts';
import { eventually } from '../support/wait.ts';
import { admin, createWorld, type NewCard, store, type World } from './world.ts';

describe('Google Wallet in the API', () => {
  let setup: GoogleWalletSetup;
  let api: RunningApi;
  let world: World;
  let database: Knex;

  before(async () => {
    setup = await createGoogleWalletSetup();
    api = await startApi({ environment: { ...setup.environment, CORS_ALLOWED_ORIGINS: 'https://shop.example.com' } });
    world = await createWorld(api);
    database = openDatabase({ url: api.database.url, poolSize: 2, applicationName: 'test' });
  });
  after(async () => {
    await database?.destroy();
    await api?.end();
    await setup?.google.close();
  });
  afterEach(() => (setup.google.interfere = () => undefined));

  const link = ({ id }: NewCard, headers: Record<string, string> = {}): Promise<ApiAnswer> =>
    api.call('POST', `${store}/cards/${id}/wallet/google`, { key: world.home.key, headers });
  const idOf = ({ id: cardId }: NewCard): string => objectIdOf(issuerId, { merchantId: world.home.id, cardId });
  const post = (body: unknown): Promise<ApiAnswer> => api.call('POST', '/wallet/google/callback', { body });
  const passOf = async ({ id }: NewCard): Promise<Record<string, unknown>> =>
    (await database('passes').where({ card_id: id, platform: 'google' }))[0] as Record<string, unknown>;
  /** What Google was asked meanwhile. */
  const asked = async (work: Promise<unknown>): Promise<string[]> => {
    setup.google.requests.length = 0;
    await work;
    return setup.google.requests.filter((name) => name !== 'token');
  };

  describe('the save link of a card', () => {
    it('is signed by the service account, of an object that exists at Google', async () => {
      const card = await world.newCard();
      await world.earn(card, 70);
      const { status, body, text } = await link(card);
      assert.equal(status, 200, text);
      const { save_url: url, object_id: objectId } = body as { save_url: string; object_id: string };
      assert.equal(objectId, idOf(card));
      const object = setup.google.wallet.find(objectId);
      assert.deepEqual(object?.resource['loyaltyPoints'], { label: 'points', balance: { int: 70 } });
      const [head = '', payload = '', signature = ''] = url.replace('https://pay.google.com/gp/v/save/', '').split('.');
      const key = createPublicKey(setup.account.private_key);
      assert.ok(verify('sha256', Buffer.from(`${head}.${payload}`), key, Buffer.from(signature, 'base64url')));
      const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>;
      const classId = object?.resource['classId'];
      assert.deepEqual(claims['payload'], { loyaltyObjects: [{ id: objectId, classId }] });
      assert.deepEqual(claims['origins'], ['https://shop.example.com']);
      const { synced_version, wanted_version, stale_since, claimed_by, saved } = await passOf(card);
      assert.deepEqual([synced_version, stale_since, claimed_by, saved], [wanted_version, null, null, false]);
    });

    it('counts what came of asking Google', async () => {
      const counted = async (outcome: string): Promise<number> =>
        Number((await database('wallet_outcomes').where({ platform: 'google', outcome }).first())?.requests ?? 0);
      const [created, refused] = [await counted('Created'), await counted('InvalidContent')];
      await link(await world.newCard());
      assert.equal(await counted('Created'), created + 1);
      setup.google.interfere = () => ({ reply: googleError('badRequest') });
      assert.notEqual((await link(await world.newCard())).status, 200);
      assert.equal(await counted('InvalidContent'), refused + 1);
    });

    it('asks Google for nothing when it has the object already, and brings one up to date that nobody has', async () => {
      const card = await world.newCard();
      await link(card);
      assert.deepEqual(await asked(link(card)), []);
      await world.earn(card, 5);
      assert.deepEqual(await asked(link(card)), ['loyaltyObject']);
      const [, version] = setup.google.wallet.find(idOf(card))?.versions ?? [];
      assert.deepEqual((version?.['loyaltyPoints'] as { balance: unknown } | undefined)?.balance, { int: 5 });
    });

    it('is the same under an Idempotency-Key, without asking Google again', async () => {
      const card = await world.newCard();
      const headers = { 'idempotency-key': randomUUID() };
      const first = await link(card, headers);
      await world.earn(card, 5);
      let second: ApiAnswer | undefined;
      assert.deepEqual(await asked(link(card, headers).then((answer) => (second = answer))), []);
      assert.equal(second?.text, first.text);
      assert.equal(second?.headers.get('idempotency-replayed'), 'true');
    });

    it('is given to all who ask for it at once, and the object is made once', async () => {
      const card = await world.newCard();
      const calls = await asked(
        Promise.all(Array.from({ length: 6 }, () => link(card))).then((answers) =>
          assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200]),
        ),
      );
      assert.equal(calls.filter((name) => name === 'loyaltyObject').length, 2);
    });

    it('holds no transaction open while Google takes its time', async () => {
      const card = await world.newCard();
      setup.google.interfere = () => ({ delayMilliseconds: 300 });
      const answer = link(card);
      await eventually(async () => (await passOf(card))?.['claimed_by'] ?? null, { describe: 'the claim' });
      const { rows } = (await database.raw(
        `SELECT count(*)::integer AS open FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%'`,
      )) as { rows: { open: number }[] };
      assert.deepEqual([rows[0]?.open, (await answer).status], [0, 200]);
    });

    it('is refused with what Google refuses, and the pass is free for another try', async () => {
      const card = await world.newCard();
      setup.google.interfere = () => ({ reply: googleError('badRequest', 'Something is wrong with Ada.') });
      const { status, body } = await link(card);
      const { code, reason, detail } = body as Record<string, string>;
      assert.deepEqual([status, code, reason], [502, 'google-refused', 'InvalidContent']);
      assert.match(detail ?? '', /Something is wrong with …/);
      setup.google.interfere = () => undefined;
      assert.equal((await link(card)).status, 200);
    });

    it('is of no card that is closed, nor of another merchant', async () => {
      const card = await world.newCard();
      const { other } = world;
      const path = `${store}/cards/${card.id}/wallet/google`;
      assert.equal((await api.call('POST', path, { key: other.key })).status, 404);
      await api.call('DELETE', `${admin}/customers/${card.customerId}`, { key: world.adminKey });
      assert.equal((await link(card)).status, 409);
    });
  });

  describe('a callback', () => {
    async function linked(): Promise<NewCard> {
      const card = await world.newCard();
      assert.equal((await link(card)).status, 200);
      return card;
    }

    it('of a save has the pass saved and sent at once, of a delete not', async () => {
      const card = await linked();
      await database('passes').where({ card_id: card.id }).update({ next_attempt_at: 'infinity' });
      const { status, text } = await post(setup.callback('save', idOf(card)));
      assert.deepEqual([status, text], [200, '']);
      const { saved, next_attempt_at } = await passOf(card);
      assert.deepEqual([saved, next_attempt_at], [true, null]);
      assert.equal((await post(setup.callback('del', idOf(card)))).status, 200);
      assert.equal((await passOf(card))['saved'], false);
    });

    it('is heeded once: a replay is answered alike and changes nothing', async () => {
      const card = await linked();
      const save = setup.callback('save', idOf(card));
      await post(save);
      await post(setup.callback('del', idOf(card)));
      assert.equal((await post(save)).status, 200);
      assert.equal((await passOf(card))['saved'], false);
    });

    it('of an object that nobody knows is taken', async () => {
      assert.equal((await post(setup.callback('save'))).status, 200);
    });

    it('that is tampered with, for another issuer or no callback at all is refused, and changes nothing', async () => {
      const card = await linked();
      const good = setup.callback('save', idOf(card));
      const event = setup.google.callbacks.event({ classId: 'c', objectId: idOf(card), eventType: 'save' });
      const bodies = [
        { ...good, signedMessage: good.signedMessage.replace('"save"', '"del"') },
        setup.google.callbacks.sign(event, { recipient: '3388000000099999999' }),
        setup.google.callbacks.sign(event, { recipient: issuerId, intermediateExpiration: Date.now() - 1 }),
        setup.google.callbacks.sign({ ...event, expTimeMillis: Date.now() - 1 }, { recipient: issuerId }),
      ];
      for (const body of bodies) {
        const answer = await post(body);
        assert.deepEqual(
          [answer.status, (answer.body as { code: string }).code],
          [400, 'invalid-callback'],
          answer.text,
        );
      }
      assert.equal((await post({ hello: 'world' })).status, 400);
      assert.equal((await passOf(card))['saved'], false);
    });

    it('is to be sent again while the keys of Google cannot be read', async () => {
      const environment = { ...setup.environment, GOOGLE_CALLBACK_KEYS_URL: 'https://localhost:1/keys' };
      const { database: same, adminKey } = api;
      const without = await startApi({ database: same, adminKey, environment });
      try {
        const answer = await without.call('POST', '/wallet/google/callback', { body: setup.callback('save') });
        assert.deepEqual([answer.status, answer.headers.get('retry-after')], [503, '60']);
      } finally {
        await without.end();
      }
    });

    it('is logged without what it says of anybody', () => {
      const lines = api.lines().filter(({ event }) => String(event).startsWith('google_wallet.'));
      const names = new Set(lines.map(({ event }) => event));
      assert.deepEqual(
        [...names].map(String).toSorted((one, other) => one.localeCompare(other)),
        ['google_wallet.callback_heeded', 'google_wallet.callback_refused'],
      );
      for (const line of lines) {
        assert.deepEqual(
          Object.keys(line).filter(
            (name) =>
              !['level', 'time', 'event', 'request_id', 'event_type', 'card_id', 'again', 'reason'].includes(name),
          ),
          [],
        );
      }
    });
  });

  it('serves the neutral logo, a square PNG', async () => {
    const response = await fetch(`${api.url}/wallet/google/logo.png`);
    const png = Buffer.from(await response.arrayBuffer());
    assert.equal(response.headers.get('content-type'), 'image/png');
    assert.equal(png.subarray(1, 4).toString(), 'PNG');
    assert.deepEqual([png.readUInt32BE(16), png.readUInt32BE(20)], [660, 660]);
  });
});
