import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'puppeteer-core';
import { openDatabase } from '../../src/adapters/postgres/database.ts';
import { appleFiles, SecretVolume, temporaryDirectory, withMetadata } from '../adapters/credential-folder/folders.ts';
import { makeTrouble, suspicious, type Trouble } from '../api/console/trouble.ts';
import { createWorld, type World } from '../api/world.ts';
import { conditions, healthyStatus } from '../kubectl-loyalty/credentials.ts';
import { type RunningApi, startApi } from '../support/api-process.ts';
import { type Cluster, startCluster } from '../support/cluster.ts';
import { appleSpec, createSources } from '../support/sources.ts';
import { eventually } from '../support/wait.ts';
import { startBrowser, type TestBrowser } from './browser.ts';

const desktop = { width: 1280, height: 900 };
const phone = { width: 390, height: 844 };
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface AxeViolation {
  id: string;
  impact: string;
  nodes: { html: string; failureSummary: string }[];
}

describe('/console in Chromium, with the network closed', function () {
  this.timeout(120_000);
  let cluster: Cluster;
  let api: RunningApi;
  let world: World;
  let trouble: Trouble;
  let browser: TestBrowser;
  let screenshots: string;
  const parent = temporaryDirectory();
  const sources = createSources();
  const apple = new SecretVolume(parent, withMetadata(appleFiles(sources, { validDays: 21 }), { revision: 3 }));

  before('start a cluster, the API and the browser, and make trouble', async () => {
    cluster = await startCluster({ controllerManager: false, audit: false });
    const namespace = await rejectedSource(cluster);
    api = await startApi({
      environment: {
        KUBECONFIG: cluster.controlPlane.kubeconfig,
        CONSOLE_NAMESPACE: 'loyalty',
        CONSOLE_CREDENTIAL_NAMESPACES: namespace,
        APPLE_CREDENTIAL_DIR: apple.directory,
        PUBLIC_URL: 'https://loyalty.example.com',
        PASS_TOKEN_KEY_FILE: fileOf(parent, 'pass-token-key', randomBytes(32)),
        APPLE_ROOTS_FILE: fileOf(parent, 'roots.pem', sources.rootPem),
      },
    });
    world = await createWorld(api);
    const database = openDatabase({ url: api.database.url, poolSize: 2, applicationName: 'test' });
    trouble = await makeTrouble(database, world);
    await database.destroy();
    apple.swap({ ...appleFiles(sources), 'signer.key': 'not a key' });
    browser = await startBrowser(api.url);
    screenshots = await mkdtemp(join(tmpdir(), 'orion-console-'));
    console.log(`    screenshots: ${screenshots}`);
  });

  after('end all', async () => {
    await browser?.close();
    await api?.end();
    await cluster?.stop();
    rmSync(parent, { recursive: true });
  });

  async function signIn(page: Page, key: string): Promise<void> {
    await page.type('#key', key);
    await Promise.all([page.waitForNavigation(), page.keyboard.press('Enter')]);
  }

  const textOf = (page: Page): Promise<string> => page.$eval('main', (main) => main.textContent);

  async function violations(page: Page): Promise<string[]> {
    // Evaluated from outside: the policy of the page lets no script run.
    await page.evaluate(axe);
    const { violations: found } = (await page.evaluate('axe.run()')) as { violations: AxeViolation[] };
    return found.flatMap(({ id, impact, nodes }) => nodes.map((node) => `${impact} ${id}: ${node.html}`));
  }

  it('leads to the page that was asked for, by the keyboard alone', async () => {
    const { page, mistakes } = await browser.open('/console/runs', desktop);
    await page.screenshot({ path: join(screenshots, 'sign-in.png') });
    assert.match(page.url(), /\/console\/sign-in\?to=%2Fruns$/);
    await signIn(page, world.readKey);
    assert.equal(new URL(page.url()).pathname, '/console/runs');
    assert.match(await textOf(page), /sync-wallets-29384801/);
    await page.keyboard.press('Tab');
    assert.equal(await page.evaluate('document.activeElement.textContent'), 'Skip to the content');
    assert.deepEqual(mistakes, []);
  });

  it('shows on the overview what needs attention, and how to repair it', async () => {
    const { page, mistakes } = await browser.open('/console', desktop);
    await eventually(
      async () => {
        await page.reload();
        return /the credential folder is rejected/.test(await textOf(page));
      },
      { describe: 'the API to look at the folder', deadlineSeconds: 20 },
    );
    const text = await textOf(page);
    assert.match(text, /WalletCredential \S+\/apple: WwdrMismatch/);
    assert.match(text, /expire-points: 1 merchant failed/);
    assert.match(
      text,
      new RegExp(`kubectl loyalty rerun expire-points --failures-of ${trouble.expireRun} -n loyalty --wait`),
    );
    assert.match(text, /Google: 1 card failed: InvalidContent/);
    assert.equal((await page.$$('svg.plot')).length, 2);
    await page.screenshot({ path: join(screenshots, 'overview.png'), fullPage: true });
    assert.deepEqual(mistakes, []);
  });

  it('shows the rejected source, with the reason and what stays live', async () => {
    const { page, mistakes } = await browser.open('/console/credentials', desktop);
    const text = await textOf(page);
    assert.match(text, /The signer was issued by G4, the Secret holds G2/);
    assert.match(text, /revision 3 in Secret apple-live/);
    assert.match(text, /kubectl loyalty check -f FILE/);
    assert.match(text, /New content rejected/);
    await page.screenshot({ path: join(screenshots, 'credentials.png'), fullPage: true });
    assert.deepEqual(mistakes, []);
  });

  it('shows the failed run, merchant by merchant', async () => {
    const { page, mistakes } = await browser.open('/console/runs', desktop);
    await page.screenshot({ path: join(screenshots, 'runs.png'), fullPage: true });
    await Promise.all([page.waitForNavigation(), page.click(`a[href$="${trouble.expireRun}"]`)]);
    const text = await textOf(page);
    assert.ok(text.includes(suspicious));
    assert.match(text, /--force-merchant/);
    await page.screenshot({ path: join(screenshots, 'run.png'), fullPage: true });
    assert.deepEqual(mistakes, []);
  });

  it('shows the failed cards, with the advice of the retry table', async () => {
    const { page, mistakes } = await browser.open('/console/cards', desktop);
    const text = await textOf(page);
    assert.ok(text.includes(trouble.cards.google) && text.includes(trouble.cards.apple));
    assert.match(text, /Correct what the message names in the program or the card/);
    assert.match(text, /Given up/);
    await page.screenshot({ path: join(screenshots, 'cards.png'), fullPage: true });
    assert.deepEqual(mistakes, []);
  });

  const paths = (): string[] => ['', '/credentials', '/runs', `/runs/${trouble.syncRun}`, '/cards'];

  for (const scheme of ['light', 'dark'] as const) {
    it(`has no problem that axe finds, in the ${scheme} theme`, async () => {
      for (const path of paths()) {
        const { page, mistakes } = await browser.open(`/console${path}`, desktop);
        await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
        assert.deepEqual(mistakes, []);
        await page.screenshot({ path: join(screenshots, `${scheme}${path.replaceAll('/', '-')}.png`), fullPage: true });
        assert.deepEqual(await violations(page), [], path);
        await page.close();
      }
    });
  }

  it('fits a phone', async () => {
    for (const path of paths()) {
      const { page, mistakes } = await browser.open(`/console${path}`, phone);
      assert.equal(await page.evaluate('document.documentElement.scrollWidth'), phone.width, path);
      await page.screenshot({ path: join(screenshots, `phone${path.replaceAll('/', '-')}.png`), fullPage: true });
      assert.deepEqual(await violations(page), [], path);
      assert.deepEqual(mistakes, []);
      await page.close();
    }
  });

  it('signs out', async () => {
    const { page, mistakes } = await browser.open('/console', desktop);
    await Promise.all([page.waitForNavigation(), page.click('.who button')]);
    assert.match(page.url(), /\/console\/sign-in$/);
    assert.deepEqual(await violations(page), []);
    await page.goto(`${api.url}/console`);
    assert.match(page.url(), /\/console\/sign-in$/);
    assert.deepEqual(mistakes, []);
  });

  it('asks nobody but the API', () => assert.deepEqual(browser.refused, []));
});

/** A WalletCredential whose new source was rejected while revision 3 is live; answers its namespace. */
async function rejectedSource(cluster: Cluster): Promise<string> {
  const namespace = await cluster.namespace();
  const found = await namespace.putCredential('apple', appleSpec('apple-wallet-source'));
  const message =
    'The WWDR certificate in wwdr.pem of Secret apple-wallet-source did not issue the signer. The signer was issued by G4, the Secret holds G2.';
  const expiresAt = new Date(Date.now() + 21.5 * 86_400_000).toISOString().replace(/\.\d+/, '');
  const status = healthyStatus({
    expiresAt,
    source: { accepted: false, reason: 'WwdrMismatch', message },
    conditions: conditions({
      SourceAccepted: ['False', 'WwdrMismatch', message],
      ExpiringSoon: ['True', 'WithinWarning', `The live credential expires at ${expiresAt}.`],
    }),
  });
  const path = `/apis/loyalty.orion.dev/v1alpha1/namespaces/${namespace.name}/walletcredentials/apple/status`;
  await cluster.client.request({ method: 'PUT', path, body: { ...found, status } });
  return namespace.name;
}

function fileOf(parent: string, name: string, content: string | Buffer): string {
  const path = join(parent, name);
  writeFileSync(path, content, { mode: 0o600 });
  return path;
}
