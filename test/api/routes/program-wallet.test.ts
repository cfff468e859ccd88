import assert from 'node:assert/strict';
import { defaultIcon } from '../../../src/domain/wallet/apple/default-icon.ts';
import { storePass } from '../apple/shop-with-iphone.ts';
import { unzip } from '../../support/iphone/archive.ts';
import { type Answered, isProblem, type Json, sharedWorld, type Shop, walk, type World } from './world.ts';

const full = {
  issuer_name: 'Vogel',
  background_color: '#7a1f2b',
  foreground_color: '#ffffff',
  label_color: '#dddddd',
  logo_url: 'https://cdn.example.com/logo.png',
  hero_image_url: 'https://cdn.example.com/hero.png?v=2',
  home_url: 'https://example.com',
  terms: 'Körner verfallen.',
  barcode: 'aztec',
  translations: { en: { program_name: 'Card', points_name: 'grains', terms: 'Grains expire.' }, 'pt-BR': {} },
};

describe('what the passes of a program look like', () => {
  let world: World;
  let shop: Shop;
  before(async () => {
    world = await sharedWorld();
    shop = await world.shop();
  });

  const path = (): string => `/programs/${shop.programId}`;
  const change = (body: Json): Promise<Answered> => world.admin('PATCH', path(), { body });
  const put = (name: string, body: Buffer, type = 'image/png'): Promise<Answered> =>
    world.admin('PUT', `${path()}/images/${name}`, { body, headers: { 'content-type': type } });
  const version = async (): Promise<number> => {
    const row = (await world.database('programs').where({ id: shop.programId }).first('wallet_version')) as Json;
    return Number(row['wallet_version']);
  };

  it('is nothing at first, then what was set, as a whole', async () => {
    assert.deepEqual((await world.admin('GET', path())).body['wallet'], {});
    assert.deepEqual((await change({ wallet: full })).body['wallet'], full);
    assert.deepEqual((await world.admin('GET', path())).body['wallet'], full);
    assert.deepEqual((await change({ wallet: { background_color: '#ABCDEF' } })).body['wallet'], {
      background_color: '#abcdef',
    });
  });

  const refused: [what: string, wallet: Json, place: string][] = [
    ['a colour by name', { background_color: 'red' }, '/wallet/background_color'],
    ['a short colour', { label_color: '#fff' }, '/wallet/label_color'],
    ['an address without TLS', { logo_url: 'http://example.com/logo.png' }, '/wallet/logo_url'],
    ['an address that is too long', { home_url: `https://example.com/${'x'.repeat(2_048)}` }, '/wallet/home_url'],
    ['a barcode that there is not', { barcode: 'ean13' }, '/wallet/barcode'],
    ['terms that are too long', { terms: 'x'.repeat(5_001) }, '/wallet/terms'],
    ['a language that is none', { translations: { german: {} } }, '/wallet/translations/german'],
    ['a text that passes have not', { translations: { de: { slogan: 'x' } } }, '/wallet/translations/de/slogan'],
    ['a member that there is not', { colour: '#ffffff' }, '/wallet/colour'],
  ];
  for (const [what, wallet, place] of refused) {
    it(`may not be ${what}`, async () => {
      const problem = isProblem(await change({ wallet }), 400, 'invalid-request');
      assert.deepEqual((problem['errors'] as Json[]).map(({ pointer }) => pointer), [place]); // prettier-ignore
    });
  }

  it('has a new version with each change that shows on passes, and with no other', async () => {
    const icon = defaultIcon('#123456', 1).png;
    const showing: [what: string, act: () => Promise<Answered>, grows: number][] = [
      ['name', () => change({ name: 'Neue Karte' }), 1],
      ['the same name', () => change({ name: 'Neue Karte' }), 0],
      ['points name', () => change({ points_name: 'Punkte' }), 1],
      ['wallet', () => change({ wallet: full }), 1],
      ['the same wallet', () => change({ wallet: { ...full } }), 0],
      ['warning days', () => change({ warning_days: 5 }), 0],
      ['expiry', () => change({ expiry: { mode: 'fixed', days: 9 } }), 0],
      ['image', () => put('icon.png', icon), 1],
      ['no image', () => world.admin('DELETE', `${path()}/images/icon.png`), 1],
      ['merchant', () => world.admin('PATCH', `/merchants/${shop.merchantId}`, { body: { name: 'Vogel & Co' } }), 1],
      ['timezone', () => world.admin('PATCH', `/merchants/${shop.merchantId}`, { body: { timezone: 'UTC' } }), 1],
      ['the same merchant', () => world.admin('PATCH', `/merchants/${shop.merchantId}`, { body: {} }), 0],
    ];
    for (const [what, act, grows] of showing) {
      const before = await version();
      const { status, text } = await act();
      assert.ok(status < 300, text);
      assert.equal((await version()) - before, grows, what);
    }
  });

  describe('images', () => {
    const [one, two] = [defaultIcon('#00ff00', 1).png, defaultIcon('#00ff00', 2).png];

    it('are put, listed, read, replaced and removed, and audited', async () => {
      assert.deepEqual((await put('icon@2x.png', two)).body['width'], 58);
      assert.equal((await put('icon.png', one)).status, 200);
      const { body } = await world.admin('GET', `${path()}/images`);
      assert.deepEqual((body['items'] as Json[]).map(({ name, width, bytes }) => [name, width, bytes]), [['icon.png', 29, one.length], ['icon@2x.png', 58, two.length]]); // prettier-ignore
      const read = await fetch(`${world.api.url}/api/v1/admin/loyalty${path()}/images/icon.png`, {
        headers: { authorization: `Bearer ${world.api.adminKey}` },
      });
      assert.equal(read.headers.get('content-type'), 'image/png');
      assert.deepEqual(Buffer.from(await read.arrayBuffer()), one);
      assert.equal((await world.admin('DELETE', `${path()}/images/icon.png`)).status, 204);
      isProblem(await world.admin('DELETE', `${path()}/images/icon.png`), 404, 'not-found');
      isProblem(await world.admin('GET', `${path()}/images/icon.png`), 404, 'not-found');
      const audited = await walk((query) => world.admin('GET', `/audit?subject=${shop.programId}&${query}`));
      const actions = audited.map(({ action }) => action).slice(0, 3);
      assert.deepEqual(actions, ['program.image_removed', 'program.image_put', 'program.image_put']);
    });

    it('are refused when they are no PNG, of another size, of another type, too large, or of a name that there is not', async () => {
      const broken = Buffer.from(one).fill(0, 40, 44);
      for (const [name, body] of [
        ['icon.png', broken],
        ['icon.png', two],
        ['logo.png', Buffer.from('GIF89a')],
      ] as const) {
        const problem = isProblem(await put(name, body), 400, 'invalid-request');
        assert.match(String(problem['detail']), /must be/);
      }
      isProblem(await put('icon.png', one, 'image/jpeg'), 415, 'unsupported-media-type');
      isProblem(await put('icon.png', Buffer.alloc(1024 * 1024 + 1)), 413, 'payload-too-large');
      isProblem(await put('thumbnail.png', one), 404, 'not-found');
    });

    it('are in the next pass, and an icon is made while there is none', async () => {
      const { id } = await shop.enrol();
      const iconOf = async (): Promise<Buffer | undefined> =>
        unzip((await storePass(world, shop, id)).pkpass).get('icon.png');
      await put('icon@2x.png', two);
      assert.deepEqual(await iconOf(), two, 'a larger one serves');
      await world.admin('DELETE', `${path()}/images/icon@2x.png`);
      const made = await iconOf();
      assert.ok(made && !made.equals(one) && !made.equals(two));
      await put('icon.png', one);
      assert.deepEqual(await iconOf(), one);
      await world.admin('DELETE', `${path()}/images/icon.png`);
    });
  });
});
