import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { Knex } from 'knex';
import { openDatabase } from '../../../src/adapters/postgres/database.ts';
import { retryTable } from '../../../src/domain/wallet/retry.ts';
import { type RunningApi, startApi } from '../../support/api-process.ts';
import { expireByRun } from '../expire-by-run.ts';
import { plugin } from '../../kubectl-loyalty/plugin.ts';
import { createWorld, type World } from '../world.ts';
import { consoleClient, type ConsoleClient } from './console-client.ts';
import { makeTrouble, suspicious, type Trouble } from './trouble.ts';

const sections = ['', '/credentials', '/runs', '/cards'];
const hostile = `"><script>alert('x')</script><img src=x onerror=alert(1)>&amp;\u202e`;
const size = process.env['SOAK'] ? 10_000 : 120;

describe('pages of the console', function () {
  this.timeout(120_000);
  let api: RunningApi;
  let database: Knex;
  let client: ConsoleClient;
  let world: World;
  let trouble: Trouble;

  const page = async (path: string): Promise<string> => {
    const { status, text } = await client.get(path);
    assert.equal(status, 200, `${path}: ${text}`);
    return text;
  };

  before(async () => {
    // Nothing listens there: the API server is away.
    const environment = {
      CONSOLE_NAMESPACE: 'loyalty',
      CONSOLE_CREDENTIAL_NAMESPACES: 'loyalty',
      KUBECONFIG: '/nonexistent/kubeconfig',
      RUNBOOKS_URL: 'https://runbooks.example/',
    };
    api = await startApi({ environment });
    database = openDatabase({ url: api.database.url, poolSize: 2, applicationName: 'test' });
    client = consoleClient(api);
    await client.signIn(api.adminKey);
  });
  after(async () => {
    await database?.destroy();
    await api?.end();
  });

  it('say that there is nothing where there is nothing', async () => {
    await database('stale_pass_samples').del();
    const overview = await page('');
    assert.match(overview, /All is well\./);
    assert.match(overview, /The first count is made within five minutes\./);
    assert.match(overview, /No run of expire-points is known\./);
    assert.match(await page('/credentials'), /No wallet is configured/);
    assert.match(await page('/runs'), /There is no run\./);
    assert.match(await page('/cards'), /No card has failed\./);
    assert.equal((await client.get(`/runs/${randomUUID()}`)).status, 404);
  });

  it('say why WalletCredentials are not known, and show the rest', async () => {
    const text = await page('/credentials');
    assert.match(text, /The WalletCredentials could not be read: .*\/nonexistent\/kubeconfig/);
    assert.match(text, /In use by this replica/);
  });

  describe('where something is wrong', () => {
    before(async () => {
      world = await createWorld(api);
      trouble = await makeTrouble(database, world);
    });

    it('name it with the advice, the command and the runbook', async () => {
      const overview = await page('');
      assert.match(overview, /expire-points: 1 merchant failed/);
      assert.ok(overview.includes(`--failures-of ${trouble.expireRun} -n loyalty --wait`));
      assert.match(overview, /href="https:\/\/runbooks\.example\/ExpirePointsFailed\.md"/);
      assert.ok(overview.includes(retryTable.InvalidContent.advice));
      assert.match(overview, /<time datetime="\d{4}-\d\d-\d\dT[\d:.]+Z">\d{4}-\d\d-\d\d \d\d:\d\d UTC<\/time>/);
    });

    it('plot the past, and tell it as a table', async () => {
      const overview = await page('');
      const [stale = '', expired = ''] = overview.match(/<svg class="plot".*?<\/svg>/gs) ?? [];
      // Nobody counted for nine hours: each line has a gap.
      assert.deepEqual(
        [...stale.matchAll(/<path class="line \w+" d="([^"]*)"/g)].map(([, path = '']) => path.split('M').length - 1),
        [2, 2],
      );
      assert.equal(expired.match(/<rect\s/g)?.length, 29);
      assert.match(overview, /45,413/);
    });

    it('show a run with what failed in it', async () => {
      const expire = await page(`/runs/${trouble.expireRun}`);
      assert.ok(expire.includes(suspicious));
      assert.ok(expire.includes(`--merchant ${world.home.id} --force-merchant ${world.home.id} -n loyalty --wait`));
      const sync = await page(`/runs/${trouble.syncRun}`);
      assert.ok(sync.includes(trouble.cards.google) && sync.includes(trouble.cards.apple));
      assert.ok(sync.includes(retryTable.ApnsBusy.advice));
    });

    it('show a stopped platform, a ledger out of balance', async () => {
      await database('wallet_platforms').insert({
        platform: 'google',
        account: '3388',
        fingerprint: 'f'.repeat(64),
        stopped_at: new Date(),
        stopped_reason: 'CredentialRefused',
        stopped_message: 'invalid_grant: Invalid JWT Signature.',
      });
      const verified = { merchant_id: world.home.id, verified_at: new Date(), cards: 2, imbalanced_cards: 1 };
      await database('ledger_verifications').insert(verified);
      const overview = await page('');
      assert.match(overview, /Google: sending has stopped: CredentialRefused/);
      assert.match(overview, /The ledger of 1 card is out of balance/);
      assert.ok(overview.indexOf('Critical') < overview.indexOf('Warning'));
      assert.match(await page('/cards'), /Google stopped/);
    });

    it('answer addresses that are none with a page', async () => {
      for (const path of [
        '/runs?task=x',
        '/runs?before=1',
        '/cards?after=x',
        '/cards?reason=%3Cscript%3E',
        '/runs/x',
      ]) {
        const { status, text, headers } = await client.get(path);
        assert.equal(status, 404, path);
        assert.match(text, /<h1>Not found<\/h1>/);
        assert.doesNotMatch(text, /<script/);
        assert.match(String(headers.get('content-security-policy')), /default-src 'none'/);
      }
    });
  });

  describe('with hostile names and messages', () => {
    it('show them as text', async () => {
      await database('merchants').where({ id: world.home.id }).update({ name: hostile });
      await database('passes').update({ last_error: hostile });
      await database('api_keys').update({ name: hostile });
      const failure = { reason: 'InternalError', message: hostile };
      const run = await expireByRun(database, { merchantId: world.home.id, failure });
      await database('runs').where({ id: run }).update({ name: hostile, actor: hostile });
      for (const path of [...sections, `/runs/${run}`, '/cards?reason=InvalidContent']) {
        const text = await page(path);
        assert.doesNotMatch(text, /<script|<img|\sonerror=(?!alert\(1\)&gt;)/, path);
        assert.ok(text.includes('&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;'), path);
      }
    });

    it('put nothing of them into a command', async () => {
      for (const path of [...sections, `/runs/${trouble.syncRun}`])
        for (const [, line = ''] of (await page(path)).matchAll(/<pre class="command"[^>]*><code>(.*?)<\/code>/g))
          assert.match(line, /^(kubectl loyalty [\w .-]+|curl -sS [^`]+)$/);
    });
  });

  describe('where they show commands', () => {
    it('name flags that the plugin knows', async () => {
      const paths = [...sections, `/runs/${trouble.expireRun}`, `/runs/${trouble.syncRun}`];
      const lines = (await Promise.all(paths.map(page))).flatMap((text) => [
        ...text.matchAll(/<code>kubectl loyalty (.*?)<\/code>/g),
      ]);
      const flags = new Set(
        lines.flatMap(([, line = '']) =>
          [...line.matchAll(/ (--[a-z-]+)/g)].map(([, flag]) => `${line.split(' ')[0]} ${flag}`),
        ),
      );
      assert.ok(flags.size >= 4, [...flags].join());
      for (const words of flags) {
        const { stdout } = await plugin(['__complete', ...words.split(' ')]);
        assert.ok(
          stdout.split('\n').some((line) => line.startsWith(`${words.split(' ')[1]}\t`)),
          words,
        );
      }
    });
  });

  describe('with much', () => {
    before('add merchants with failures, runs and cards', async () => {
      const { home } = world;
      await database.raw(
        `INSERT INTO merchants (id, name, timezone) SELECT uuid_v7(), 'Merchant ' || n, 'UTC' FROM generate_series(1, ?::int) AS n`,
        [size],
      );
      await database.raw(
        `INSERT INTO run_merchants (merchant_id, run_id, state, reason, message)
         SELECT id, ?::uuid, 'failed', 'LockTimeout', 'held' FROM merchants WHERE name LIKE 'Merchant %'`,
        [trouble.syncRun],
      );
      await database.raw(
        `INSERT INTO runs (task, run_key, state, as_of, full_run, actor, finished_at, totals)
         SELECT 'verify-ledger', 'much-' || n, 'done', now(), true, 'job', now(),
           '{"merchants":1,"pending":0,"done":1,"failed":0,"skipped":0,"cards":1,"lots":0,"points":0}' FROM generate_series(1, ?::int) AS n`,
        [size],
      );
      await database.raw(
        `WITH people AS (
           INSERT INTO customers (merchant_id, id, external_id) SELECT :merchant, uuid_v7(), 'much-' || n FROM generate_series(1, :size::int) AS n RETURNING id
         ), cards AS (
           INSERT INTO cards (merchant_id, id, program_id, customer_id, number)
           SELECT :merchant, uuid_v7(), :program, id, 'much-' || row_number() OVER () FROM people RETURNING id
         )
         INSERT INTO passes (merchant_id, card_id, platform, object_id, wanted_version, stale_since, last_reason, last_error, attempts, saved)
         SELECT :merchant, id, 'google', id::text, 2, now(), 'Unavailable', '503', 2, true FROM cards`,
        { merchant: home.id, program: home.programId, size },
      );
    });

    /** Every row of a list, page by page. */
    async function walk(path: string, row: RegExp): Promise<Set<string>> {
      const found = new Set<string>();
      let next: string | undefined = '';
      while (next !== undefined) {
        const text: string = await page(next === '' ? path : `${path.split('?')[0]}${next}`);
        const rows = [...text.matchAll(row)].map(([, id = '']) => id);
        assert.ok(rows.length <= 50);
        for (const id of rows) found.add(id);
        next = /<a href="([^"]+)" rel="next"/.exec(text)?.[1]?.replaceAll('&amp;', '&');
      }
      return found;
    }

    it('show it page by page, nothing twice and nothing left out', async () => {
      const runs = await walk('/runs', /console\/runs\/([\da-f-]{36})"/g);
      assert.equal(runs.size, Number((await database('runs').count())[0]?.['count']));
      const cards = await walk('/cards', /<h2 class="id">([\da-f-]{36})<\/h2>/g);
      assert.equal(cards.size, size + 2);
      assert.equal((await walk('/cards?reason=Unavailable', /<h2 class="id">([\da-f-]{36})<\/h2>/g)).size, size);
    });

    it('show a run with many failed merchants, and where the rest is', async () => {
      const text = await page(`/runs/${trouble.syncRun}`);
      assert.match(text, /There are more\. All of them:/);
      assert.ok(text.includes(`kubectl loyalty failures ${trouble.syncRun} -n loyalty --limit 1000`));
      assert.ok(text.length < 400_000, `${text.length} bytes`);
    });

    it('sum it up on the overview', async () => {
      assert.match(await page(''), new RegExp(`${(size + 2).toLocaleString('en-US')}</strong>`));
    });
  });
});
