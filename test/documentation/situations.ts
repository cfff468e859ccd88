import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { appleWalletSetup } from '../support/apple-wallet.ts';
import { startApi } from '../support/api-process.ts';
import { freePort } from '../support/control-plane/ports.ts';
import { googleWalletSetup } from '../support/google-wallet.ts';
import { sharedPostgres } from '../support/postgres/shared-postgres.ts';
import type { Block } from '../support/runbook/runbook.ts';
import type { Situation } from '../support/runbook/run-blocks.ts';
import { eventually } from '../support/wait.ts';

/** What a page is for, made ready. */
export interface Prepared {
  situation: Situation;
  /** Absent: all blocks. */
  chosen?: (block: Block) => boolean;
  end?: () => Promise<unknown>;
}

/** The section of the README that needs a cluster; test/cluster/readme.test.ts runs it. */
export const clusterSection = 'Five minutes to a first credential on your own cluster';

const fromRoot = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));

/** The folder of a clone, as far as the README uses it. */
export const clone = { bin: fromRoot('bin'), deploy: fromRoot('deploy') };

/** Pages whose commands run without a cluster, each in its situation. */
export const situations: Record<string, () => Promise<Prepared>> = {
  'README.md': readme,
  'docs/api.md': withApi,
  'docs/console.md': withApi,
  'docs/credentials.md': () => Promise.resolve({ situation: { environment: {}, programs: [] } }),
  'docs/jobs.md': withDatabase,
  'docs/upgrade.md': withDatabase,
};

async function withDatabase(): Promise<Prepared> {
  const database = await (await sharedPostgres()).emptyDatabase();
  const environment = { DATABASE_URL: database.url, LOG_FORMAT: 'json' };
  return { situation: { environment, programs: [] }, end: database.drop };
}

/** With both wallets. */
async function withApi(): Promise<Prepared> {
  const folder = await mkdtemp(join(tmpdir(), 'orion-page-'));
  const google = await googleWalletSetup();
  const api = await startApi({ environment: { ...google.environment, ...appleWalletSetup().environment } });
  const keyFile = join(folder, 'admin-key');
  await writeFile(keyFile, api.adminKey, { mode: 0o600 });
  const environment = { LOYALTY_URL: api.url, LOYALTY_ADMIN_KEY_FILE: keyFile };
  const end = async (): Promise<void> => {
    await api.end();
    await rm(folder, { recursive: true });
  };
  return { situation: { environment, programs: [], instead: { 'http://localhost:3000': api.url } }, end };
}

/** A reader with a PostgreSQL, who starts the API. */
async function readme(): Promise<Prepared> {
  const database = await (await sharedPostgres()).emptyDatabase();
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const situation: Situation = {
    environment: { HOST: '127.0.0.1', PORT: String(port), METRICS_PORT: '0' },
    programs: [],
    links: clone,
    instead: {
      'postgres://loyalty:secret@localhost:5432/loyalty': database.url,
      'http://localhost:3000': url,
    },
    mayShowMore: true,
    whenServing: () =>
      eventually(async () => ((await fetch(`${url}/readyz`).catch(() => undefined))?.ok === true ? true : null), {
        describe: 'the API of the README to be ready',
        deadlineSeconds: 30,
      }),
  };
  return { situation, chosen: ({ section }) => section !== clusterSection, end: database.drop };
}
