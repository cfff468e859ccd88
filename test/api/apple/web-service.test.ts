import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { parseScrape, seriesOf } from '../../support/scrape.ts';
import type { IPhone } from '../../support/iphone/iphone.ts';
import { fieldsOf, type HeldPass } from '../../support/iphone/pass.ts';
import { passTypeIdentifier } from '../../support/sources.ts';
import { isProblem, type Json, sharedWorld, type Answered, type Shop, type World } from '../routes/world.ts';
import { cardInIPhone, newIPhone, storePass } from './shop-with-iphone.ts';

describe('the Apple web service', () => {
  let world: World;
  let shop: Shop;
  before(async () => {
    world = await sharedWorld();
    shop = await world.shop();
  });

  const call = (method: string, path: string, token?: string, body?: unknown): Promise<Answered> =>
    world.api.call(method, path, {
      ...(body !== undefined && { body }),
      headers: token === undefined ? {} : { authorization: `ApplePass ${token}` },
    }) as Promise<Answered>;
  const pointsOf = (iphone: IPhone, cardId: string): unknown => fieldsOf(iphone.shown(cardId)).get('points')?.value;
  const registrationPath = (iphone: IPhone, serial: string): string =>
    `/v1/devices/${iphone.deviceId}/registrations/${passTypeIdentifier}/${serial}`;
  const tokenOf = ({ json }: HeldPass): string => json.authenticationToken;
  const passRow = async (cardId: string): Promise<Json> =>
    (await world.database('passes').where({ card_id: cardId, platform: 'apple' }).first()) as Json;
  const registrations = (cardId: string): Promise<Json[]> =>
    world.database('registrations').where({ card_id: cardId }) as unknown as Promise<Json[]>;

  it('is used by an iPhone end to end: added, pushed, listed, fetched, removed, without a complaint', async () => {
    const { iphone, cardId } = await cardInIPhone(world, shop);
    assert.equal(pointsOf(iphone, cardId), 0);
    await shop.earn(cardId, 250);
    assert.deepEqual(await iphone.pushed(), [cardId]);
    assert.equal(pointsOf(iphone, cardId), 250);
    assert.equal(await iphone.fetch(cardId), 304);
    assert.equal(await iphone.remove(cardId), 200);
    assert.deepEqual(iphone.complaints, []);
    assert.deepEqual(await registrations(cardId), []);
  });

  describe('POST registration', () => {
    it('answers 201 to a new one, 200 to a known one, and says that the pass is saved and is to be pushed once', async () => {
      const { iphone, cardId } = await cardInIPhone(world, shop);
      const { saved, stale_since } = await passRow(cardId);
      assert.deepEqual([saved, stale_since !== null], [true, true]);
      const token = tokenOf(iphone.shown(cardId));
      const answer = await call('POST', registrationPath(iphone, cardId), token, { pushToken: iphone.pushToken() });
      assert.deepEqual([answer.status, answer.text], [200, '']);
      assert.equal((await registrations(cardId)).length, 1);
    });

    it('replaces the push token of the device, and heeds nothing that was said of the one before', async () => {
      const { iphone, cardId } = await cardInIPhone(world, shop);
      const other = await storePass(world, shop, (await shop.enrol()).id);
      await iphone.add(other.pkpass, other.lastModified);
      const device = { device_id: iphone.deviceId };
      await world.database('registrations').where(device).update({ pushed_version: 1 });
      await world.database('passes').whereIn('card_id', [cardId, other.serial]).update({ stale_since: null, attempts: 10, next_attempt_at: 'infinity' }); // prettier-ignore
      await iphone.renewToken();
      const [row] = (await world.database('devices').where({ id: iphone.deviceId })) as Json[];
      assert.equal(row?.['push_token'], iphone.pushToken());
      const rows = (await world.database('registrations').where(device)) as Json[];
      assert.deepEqual(rows.map(({ pushed_version }) => pushed_version), [null, null]); // prettier-ignore
      for (const id of [cardId, other.serial]) {
        const { stale_since, attempts, next_attempt_at } = await passRow(id);
        assert.deepEqual([stale_since !== null, attempts, next_attempt_at], [true, 0, null]);
      }
    });

    it('answers 201 to one that APNs had said is gone', async () => {
      const { iphone, cardId } = await cardInIPhone(world, shop);
      await world.database('registrations').where({ card_id: cardId }).update({ gone_at: new Date() });
      const body = { pushToken: iphone.pushToken() };
      const answer = await call('POST', registrationPath(iphone, cardId), tokenOf(iphone.shown(cardId)), body);
      assert.equal(answer.status, 201);
      assert.equal((await registrations(cardId))[0]?.['gone_at'], null);
    });

    it('of the same device twenty times at once is one', async () => {
      const { iphone, cardId } = await cardInIPhone(world, shop);
      const token = tokenOf(iphone.shown(cardId));
      const path = `/v1/devices/${randomUUID()}/registrations/${passTypeIdentifier}/${cardId}`;
      const answers = await Promise.all(
        Array.from({ length: 20 }, () => call('POST', path, token, { pushToken: 'aa' })),
      );
      assert.deepEqual(
        [200, 201].map((status) => answers.filter((answer) => answer.status === status).length),
        [19, 1],
      );
      assert.equal((await registrations(cardId)).length, 2);
    });

    it('refuses a push token that is none with 400', async () => {
      const { iphone, cardId } = await cardInIPhone(world, shop);
      const token = tokenOf(iphone.shown(cardId));
      for (const body of [{}, { pushToken: '' }, { pushToken: 'x'.repeat(256) }]) {
        isProblem(await call('POST', registrationPath(iphone, cardId), token, body), 400, 'invalid-request');
      }
    });
  });

  describe('DELETE registration', () => {
    it('ends that of the device alone; without any the pass is not saved, nor stale', async () => {
      const { iphone, cardId } = await cardInIPhone(world, shop);
      const second = newIPhone(world);
      const { pkpass } = await storePass(world, shop, cardId);
      await second.add(pkpass);
      assert.equal(await iphone.remove(cardId), 200);
      assert.equal((await passRow(cardId))['saved'], true);
      assert.equal(await second.remove(cardId), 200);
      const { saved, stale_since } = await passRow(cardId);
      assert.deepEqual([saved, stale_since], [false, null]);
      assert.deepEqual(await world.database('devices').whereIn('id', [iphone.deviceId, second.deviceId]), []);
    });

    it('answers 200 to who is not registered', async () => {
      const { iphone, cardId } = await cardInIPhone(world, shop);
      const path = `/v1/devices/${randomUUID()}/registrations/${passTypeIdentifier}/${cardId}`;
      assert.equal((await call('DELETE', path, tokenOf(iphone.shown(cardId)))).status, 200);
    });
  });

  describe('401', () => {
    it('is the answer to a wrong token, another pass’s token, an unknown pass and another pass type alike', async () => {
      const { iphone, cardId } = await cardInIPhone(world, shop);
      const other = await cardInIPhone(world, shop);
      const token = tokenOf(iphone.shown(cardId));
      const wrong = tokenOf(other.iphone.shown(other.cardId));
      const body = { pushToken: 'aa' };
      const at = (serial: string, type = passTypeIdentifier): [string, string, unknown?][] => [
        ['POST', `/v1/devices/d/registrations/${type}/${serial}`, body],
        ['DELETE', `/v1/devices/d/registrations/${type}/${serial}`],
        ['GET', `/v1/passes/${type}/${serial}`],
      ];
      const told = new Set<string>();
      const refuse = async ([method, path, sent]: [string, string, unknown?], given?: string): Promise<void> => {
        const answer = await call(method, path, given, sent);
        const { request_id: _, ...problem } = isProblem(answer, 401, 'invalid-pass-token');
        told.add(JSON.stringify([problem, answer.headers.get('www-authenticate')]));
      };
      for (const given of [undefined, wrong, token.slice(0, -1), `${token}x`, 'x'.repeat(43)]) {
        for (const request of at(cardId)) await refuse(request, given);
      }
      for (const request of at(randomUUID())) await refuse(request, token);
      for (const request of at(cardId, 'pass.com.other')) await refuse(request, token);
      assert.equal(told.size, 1, 'nothing tells them apart');
    });

    it('is the answer to an API key', async () => {
      const path = `/v1/passes/${passTypeIdentifier}/${(await shop.enrol()).id}`;
      const answer = (await world.api.call('GET', path, { key: shop.key })) as Answered;
      isProblem(answer, 401, 'invalid-pass-token');
    });
  });

  describe('GET registrations', () => {
    const list = (iphone: IPhone, tag?: string): Promise<Answered> =>
      call(
        'GET',
        `/v1/devices/${iphone.deviceId}/registrations/${passTypeIdentifier}${tag === undefined ? '' : `?passesUpdatedSince=${tag}`}`,
      );

    it('lists all without a tag or with one that is not known, and nothing new with its own', async () => {
      const { iphone, cardId } = await cardInIPhone(world, shop);
      const { body } = await list(iphone);
      assert.deepEqual(body['serialNumbers'], [cardId]);
      assert.match(String(body['lastUpdated']), /^\d+-\d+$/);
      const [system = '', xid = ''] = String(body['lastUpdated']).split('-');
      for (const tag of [
        '',
        'yesterday',
        `1${system}-${xid}`,
        `${system}-${'9'.repeat(18)}`,
        `${system}-${'9'.repeat(40)}`,
      ]) {
        assert.deepEqual((await list(iphone, tag)).body['serialNumbers'], [cardId], tag);
      }
      await assert.doesNotReject(shop.earn((await shop.enrol()).id, 1));
      const own = await list(iphone, String(body['lastUpdated']));
      assert.ok(own.status === 204 || own.status === 200);
    });

    it('answers 204 to a device that has no registration, and of another pass type', async () => {
      const { iphone } = await cardInIPhone(world, shop);
      const others = [`/v1/devices/${randomUUID()}/registrations/${passTypeIdentifier}`, `/v1/devices/${iphone.deviceId}/registrations/pass.com.other`]; // prettier-ignore
      for (const path of others) {
        const answer = await call('GET', path);
        assert.deepEqual([answer.status, answer.text], [204, '']);
      }
    });

    it('lists only passes for which the device is registered, and that are not gone', async () => {
      const { iphone, cardId } = await cardInIPhone(world, shop);
      const stranger = await cardInIPhone(world, shop);
      const second = await storePass(world, shop, (await shop.enrol()).id);
      await iphone.add(second.pkpass);
      await world.database('registrations').where({ card_id: second.serial }).update({ gone_at: new Date() });
      for (const id of [cardId, stranger.cardId, second.serial]) await shop.earn(id, 5);
      assert.deepEqual(await iphone.pushed(), [cardId]);
    });

    it('never misses a card that a transaction changes which commits late', async () => {
      const { iphone, cardId } = await cardInIPhone(world, shop);
      const early = await storePass(world, shop, (await shop.enrol()).id);
      await iphone.add(early.pkpass, early.lastModified);
      await iphone.pushed();
      // It takes its number first, and commits last: others commit, and the phone asks, meanwhile.
      const late = await world.database.transaction();
      try {
        await late.raw('SELECT pg_current_xact_id()');
        const change = { wanted_version: 9, changed_xid: late.raw('pg_current_xact_id()'), modified_at: new Date('2999-01-01T00:00:00Z') }; // prettier-ignore
        await late('passes').where({ card_id: cardId, platform: 'apple' }).update(change);
        for (let round = 0; round < 3; round += 1) {
          await shop.earn(early.serial, 1);
          assert.deepEqual(await iphone.pushed(), [early.serial]);
        }
      } finally {
        await late.commit();
      }
      assert.ok((await iphone.pushed()).includes(cardId), 'the late one is listed');
    });
  });

  describe('GET pass', () => {
    it('has a Last-Modified that grows by a second a version: two updates in one second give no false 304', async () => {
      const { iphone, cardId } = await cardInIPhone(world, shop);
      const seen = new Set<string | null>();
      for (let points = 1; points <= 5; points += 1) {
        await shop.earn(cardId, 1);
        assert.equal(await iphone.fetch(cardId), 200);
        assert.equal(pointsOf(iphone, cardId), points);
        assert.equal(await iphone.fetch(cardId), 304);
        seen.add(iphone.shown(cardId).lastModified);
      }
      assert.equal(seen.size, 5);
      assert.deepEqual(iphone.complaints, []);
    });

    it('records the version that the device has', async () => {
      const { iphone, cardId } = await cardInIPhone(world, shop);
      await shop.earn(cardId, 1);
      await iphone.fetch(cardId);
      const { fetched_version, wanted_version, fetched_at } = await passRow(cardId);
      assert.deepEqual([fetched_version, fetched_at instanceof Date], [wanted_version, true]);
    });

    it('does not believe an If-Modified-Since that is no date of HTTP', async () => {
      const { iphone, cardId } = await cardInIPhone(world, shop);
      const authorization = `ApplePass ${tokenOf(iphone.shown(cardId))}`;
      for (const since of ['2999-01-01', 'tomorrow', '']) {
        const headers = { authorization, 'if-modified-since': since };
        const path = `${world.api.url}/v1/passes/${passTypeIdentifier}/${cardId}`;
        const response = await fetch(path, { headers });
        await response.arrayBuffer();
        assert.equal(response.status, 200, since);
      }
    });

    it('shows an erased customer’s pass as void, without anything of them', async () => {
      const { iphone, cardId } = await cardInIPhone(world, shop);
      const { customer } = (await shop.call('GET', `/cards/${cardId}`)).body;
      await world.admin('DELETE', `/customers/${String((customer as Json)['id'])}`);
      assert.deepEqual(await iphone.pushed(), [cardId]);
      const { json } = iphone.shown(cardId);
      assert.deepEqual([json.voided, json.barcodes, fieldsOf(iphone.shown(cardId)).size], [true, undefined, 0]);
    });
  });

  describe('POST /v1/log', () => {
    const log = (logs: unknown): Promise<Answered> => call('POST', '/v1/log', undefined, { logs });
    const messages: [type: string, message: string][] = [
      ['missing_last_modified', "Response for '7' is missing the last-modified header."],
      ['ignored_if_modified_since', "Server ignored the 'if-modified-since' header (Tue, 23 Aug 2016 16:54:10 GMT) and returned the full unchanged pass data for serial number '8'."], // prettier-ignore
      ['missing_or_unchanged_tag', "Response to 'What changed?' request included 1 serial numbers but the lastUpdated tag (5) remained the same."], // prettier-ignore
      [
        'spurious_push',
        'Device received spurious push. Request for passes updated since 5 returned no serial numbers.',
      ],
      ['unregistered_serial_listed', 'Update requested for unregistered serial number 8C6772F0'],
      ['unchanged_pass_listed', "Server requested update to serial number '12345', but the pass was unchanged."],
      [
        'other',
        'Get pass task (serial number 7, if-modified-since (null)) encountered error: Unexpected response code 500',
      ],
    ];
    for (const [type, message] of messages) {
      it(`counts ${type}`, async () => {
        const count = async (): Promise<number> => {
          const text = await (await fetch(`${world.api.metricsUrl}/metrics`)).text();
          const [series] = seriesOf(parseScrape(text), 'loyalty_apple_device_complaints_total', { class: type });
          return series?.value ?? Number.NaN;
        };
        const before = await count();
        assert.equal((await log([message, message])).status, 200);
        assert.equal(await count(), before + 2);
      });
    }

    it('logs a message in one line without a token, and not more than so many a minute', async () => {
      const token = 'A'.repeat(43);
      const mark = randomUUID();
      await log([`${mark} a\nb\u2028c ApplePass ${token} and ${token} ${'x'.repeat(1_000)}`]);
      const line = world.api.lines().find((one) => String(one['device_message']).startsWith(mark));
      assert.ok(line);
      assert.equal(line.event, 'apple_device.complained');
      const text = String(line['device_message']);
      assert.ok(text.startsWith(`${mark} a b c ApplePass [redacted] and [redacted] xxx`), text);
      assert.ok(text.length <= 501);
      await log(Array(200).fill('many'));
      const logged = world.api.lines().filter((one) => one['device_message'] === 'many');
      assert.ok(logged.length < 60, `${logged.length} lines`);
    });

    it('refuses what is no list of texts with 400, and too much with 413', async () => {
      for (const logs of ['text', [1], null]) isProblem(await log(logs), 400, 'invalid-request');
      isProblem(await log(['x'.repeat(70_000)]), 413, 'payload-too-large');
    });
  });

  it('hears what a simulated iPhone complains of when it is told of a pass that has not changed', async () => {
    const { iphone, cardId } = await cardInIPhone(world, shop);
    await iphone.pushed();
    await iphone.pushed();
    assert.equal(iphone.complaints.length, 2, 'unchanged at first, nothing at all then');
    assert.match(iphone.complaints[0] ?? '', /pass was unchanged/);
    assert.match(iphone.complaints[1] ?? '', /spurious push|pass was unchanged/);
    assert.equal(await iphone.fetch(cardId), 304);
  });
});
