import assert from 'node:assert/strict';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { documentedOperations } from '../api/document.ts';
import { createWorld, type NewCard, type World } from '../api/world.ts';
import { type RunningApi, startApi } from '../support/api-process.ts';
import { startBrowser, type TestBrowser } from './browser.ts';
import { swaggerPage } from './swagger-page.ts';

const desktop = { width: 1280, height: 900 };
const phone = { width: 390, height: 844 };

describe('/docs in Chromium, with the network closed', function () {
  this.timeout(90_000);
  let api: RunningApi;
  let world: World;
  let card: NewCard;
  let browser: TestBrowser;
  let screenshots: string;

  before('start the API and the browser', async () => {
    api = await startApi();
    world = await createWorld(api);
    card = await world.newCard();
    browser = await startBrowser(api.url);
    screenshots = await mkdtemp(join(tmpdir(), 'orion-docs-'));
    console.log(`    screenshots: ${screenshots}`);
  });

  after('end both', async () => {
    await browser?.close();
    await api?.end();
  });

  it('lists the tags and every operation', async () => {
    const { page, mistakes } = await browser.open('/docs', desktop);
    const tags = ['Loyalty - Store', 'Loyalty - Admin', 'Google Wallet', 'Apple Wallet'];
    assert.deepEqual(await swaggerPage(page).tags(), tags);
    assert.equal((await page.$$('.opblock')).length, documentedOperations().length);
    await page.screenshot({ path: join(screenshots, 'desktop.png') });
    assert.deepEqual(mistakes, []);
  });

  it('sends a GET and a POST of a store, and shows the answers', async () => {
    const { page, mistakes } = await browser.open('/docs', desktop);
    const swagger = swaggerPage(page);
    await swagger.authorize(world.home.key);
    const read = await swagger.execute('findCard', { parameters: { number: card.number } });
    assert.equal(read.status, '200');
    assert.match(read.body, new RegExp(card.id));
    await page.screenshot({ path: join(screenshots, 'get.png') });
    const booked = await swagger.execute('earnPoints', { parameters: { card_id: card.id }, body: '{"points": 321}' });
    assert.equal(booked.status, '201', booked.body);
    assert.match(booked.body, /"balance": 321\b/);
    await page.screenshot({ path: join(screenshots, 'post.png') });
    assert.deepEqual(mistakes, []);
  });

  it('has examples that can be sent as they are', async () => {
    const { page, mistakes } = await browser.open('/docs', desktop);
    const swagger = swaggerPage(page);
    await swagger.authorize(world.adminKey);
    const created = await swagger.execute('createMerchant');
    assert.equal(created.status, '201', created.body);
    assert.deepEqual(mistakes, []);
  });

  it('shows the problem that a request is refused with', async () => {
    const { page } = await browser.open('/docs', desktop);
    const refused = await swaggerPage(page).execute('findCard', { parameters: { number: '1' } });
    assert.equal(refused.status, '401');
    assert.match(refused.body, /"code": "unauthenticated"/);
  });

  it('fits a phone', async () => {
    const { page, mistakes } = await browser.open('/docs', phone);
    await page.screenshot({ path: join(screenshots, 'phone.png') });
    const block = await page.waitForSelector('.opblock[id$="-redeemPoints"] .opblock-summary-control');
    await block?.click();
    await page.waitForSelector('.opblock[id$="-redeemPoints"] .responses-wrapper');
    await page.screenshot({ path: join(screenshots, 'phone-operation.png') });
    assert.equal(await page.evaluate('document.documentElement.scrollWidth'), phone.width);
    assert.deepEqual(mistakes, []);
  });

  it('asks nobody but the API', () => assert.deepEqual(browser.refused, []));
});
