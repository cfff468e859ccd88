import type { Command } from 'commander';
import type { Knex } from 'knex';
import type { CredentialFolder } from '../adapters/credential-folder/credential-folder.ts';
import type { CredentialFolders } from '../adapters/credential-folder/open-folders.ts';
import { createPacer } from '../adapters/postgres/wallet/pacer.ts';
import { readDueVolume } from '../adapters/postgres/wallet/due-volume.ts';
import { type Config, type Flags, readConfig } from '../config.ts';
import { exitCodes } from '../errors.ts';
import type { RunRequest } from '../jobs/run.ts';
import { writeTermination } from '../jobs/run-termination.ts';
import { readScope, type SyncScope } from '../jobs/sync-wallets/scope.ts';
import { describeSync, nameOf, syncTermination } from '../jobs/sync-wallets/sync-table.ts';
import {
  type ApplePlatform,
  type GooglePlatform,
  type SyncDeps,
  syncWallets,
} from '../jobs/sync-wallets/sync-wallets.ts';
import { createLog } from '../log.ts';
import { endOnDefect } from './end-on-defect.ts';
import { endWithTermination, untilSignal, withJobDatabase } from './job.ts';
import { openWalletFolders } from './sync-wallets-start.ts';

type Settings = Config<'sync-wallets'>;

async function googlePlatform(database: Knex, config: Settings, folder: CredentialFolder): Promise<GooglePlatform> {
  const { openGoogleWallet } = await import('../adapters/google/wallet/google-wallet.ts');
  const { serviceAccountOf } = await import('../adapters/google/service-account.ts');
  const { GOOGLE_RATE_PER_SECOND: ratePerSecond, PUBLIC_URL: publicUrl } = config;
  const account = (): string => serviceAccountOf(folder.current()).issuerId;
  const endpoints = { walletUrl: config.GOOGLE_WALLET_URL, tokenUrl: config.GOOGLE_TOKEN_URL };
  return {
    platform: 'google',
    ratePerSecond,
    pacer: createPacer({ database, platform: 'google', account, ratePerSecond }),
    open: (pacing) =>
      openGoogleWallet({
        credential: () => folder.current(),
        renew: () => folder.refresh(),
        endpoints,
        publicUrl,
        ...pacing,
      }),
  };
}

async function applePlatform(config: Settings, folder: CredentialFolder): Promise<ApplePlatform> {
  const { openApns } = await import('../adapters/apple/push/client.ts');
  const { pushIdentityOf } = await import('../adapters/apple/push/identity-of.ts');
  return {
    platform: 'apple',
    // More would gain nothing at the times that APNs takes, and each is sent once more when it replaces the server.
    apns: openApns({
      url: config.APNS_URL,
      identity: () => pushIdentityOf(folder.current()),
      maximumStreams: 200,
    }),
    account: () => {
      const { topic: account, fingerprint } = pushIdentityOf(folder.current());
      return { account, fingerprint };
    },
    renew: () => void folder.refresh(),
  };
}

async function platformsOf(
  database: Knex,
  config: Settings,
  { google, apple }: CredentialFolders,
): Promise<SyncDeps['platforms']> {
  return [
    ...(google ? [await googlePlatform(database, config, google)] : []),
    ...(apple ? [await applePlatform(config, apple)] : []),
  ];
}

function requestFor(config: Settings): RunRequest {
  const { PLATFORM: platform, CARD_IDS: cards, FAILURES_OF: failuresOf, FULL: full } = config;
  const inPart = platform !== undefined || cards !== undefined || failuresOf !== undefined;
  return {
    task: 'sync-wallets',
    key: config.RUN_UID,
    name: config.RUN_NAME,
    asOf: undefined,
    merchants: config.MERCHANT_IDS,
    inPart,
    resume: undefined,
    parameters: {
      google_rate_per_second: config.GOOGLE_RATE_PER_SECOND,
      ...(platform && { platform }),
      ...(cards && { cards: cards.slice(0, 100) }),
      ...(failuresOf !== undefined && { failures_of: failuresOf }),
      ...(full && { full }),
    },
    actor: 'job:sync-wallets',
    // Merchants are put on the list when something is sent for them.
    enlist: async () => {},
  };
}

async function rehearse(database: Knex, config: Settings, folders: CredentialFolders, scope: SyncScope): Promise<void> {
  const platforms = (['google', 'apple'] as const).filter((platform) => folders[platform] !== undefined);
  const cards = scope.cards?.map(({ cardId }) => cardId);
  const volumes = await readDueVolume(database, { platforms, merchants: scope.merchants, cards, full: config.FULL });
  const lines = volumes.map(({ platform, due, waiting, merchants }) => {
    const seconds = platform === 'google' ? `, about ${Math.ceil(due / config.GOOGLE_RATE_PER_SECOND)} s` : '';
    return `${nameOf(platform)}: ${due} passes of ${merchants} merchants would be sent${seconds}; ${waiting} wait for their next try or a change.`;
  });
  const text = `sync-wallets, dry run\n\n${lines.join('\n')}\nDry run: nothing was sent and nothing written.\n`;
  process.stdout.write(text);
  writeTermination(config.TERMINATION_LOG, text);
}

const terminationLog = (): string => process.env['TERMINATION_LOG'] || '/dev/termination-log';

async function job(flags: Flags): Promise<void> {
  endOnDefect();
  const stopping = untilSignal(terminationLog);
  const config = readConfig('sync-wallets', process.env, flags);
  const log = createLog({ level: config.LOG_LEVEL, format: config.LOG_FORMAT });
  const folders = openWalletFolders(config, log);
  const connection = { url: config.DATABASE_URL, applicationName: 'loyalty sync-wallets', poolSize: 6 };
  await withJobDatabase(connection, async (database) => {
    const { MERCHANT_IDS: merchants, CARD_IDS: cards, FAILURES_OF: failuresOf, PLATFORM: platform } = config;
    const scope = await readScope(database, { merchants, cards, failuresOf, platform });
    if (config.DRY_RUN) return rehearse(database, config, folders, scope);
    const platforms = await platformsOf(database, config, folders);
    const options = { scope, full: config.FULL, limitSeconds: config.RUN_LIMIT_SECONDS };
    const end = await syncWallets({ database, log, platforms, stopping }, requestFor(config), options);
    process.stdout.write(describeSync(end));
    writeTermination(config.TERMINATION_LOG, syncTermination(end));
    process.exitCode = end.exitCode;
  });
  process.exitCode ??= exitCodes.done;
}

interface Options {
  merchant?: string;
  card?: string;
  platform?: string;
  failuresOf?: string;
  full?: true;
  dryRun?: true;
}

function run({ merchant, card, platform, failuresOf, full, dryRun }: Options): Promise<void> {
  const flags = {
    MERCHANT_IDS: merchant,
    CARD_IDS: card,
    PLATFORM: platform,
    FAILURES_OF: failuresOf,
    FULL: full && 'true',
    DRY_RUN: dryRun && 'true',
  };
  return endWithTermination(terminationLog, () => job(flags));
}

const listed = (text: string, earlier: string | undefined): string =>
  earlier === undefined ? text : `${earlier},${text}`;

const help = `
A pass is stale from a change of its card until its wallet has got it. Each run sends the newest
version of what is stale: to Google the object (and the class of a program that looks otherwise), to
every iPhone that has the pass a push, after which it fetches the pass. The chart runs it each minute.

It ends when nothing is left, or after RUN_LIMIT_SECONDS (600): the rest is the next run's. Merchants
take turns, so that none waits for another. Run it several times at once, kill it anywhere: no pass
is forgotten, and none is sent an old version after a newer one. All processes together, the API
too, keep GOOGLE_RATE_PER_SECOND.

What fails is tried again by the retry table of the runbook: a card that Google refuses not before
it changes, what did not answer after 5 minutes, then longer. After 10 attempts a pass is dead: it
is tried once a day, and at once when its card changes or a new credential goes live. A platform that
refuses the credential as a whole is stopped for the run, and the other one goes on.

--merchant, --card and --failures-of do not wait for the next try, and --full sends what the wallets
have already, too: after tables were restored from a backup, or to mend one card by hand.

Every flag is also a variable, for \`kubectl set env\`: MERCHANT_IDS, CARD_IDS, PLATFORM, FAILURES_OF,
FULL, DRY_RUN; several ids separated by commas; the flag wins. A wallet needs its credential folder:
GOOGLE_CREDENTIAL_DIR, APPLE_CREDENTIAL_DIR. \`loyalty config sync-wallets\` prints all settings.

The table goes to standard output, JSON log events (sync_wallets.…) to standard error; the last one
has failed_card_ids, the reasons, and what to do about each. A short form goes to
/dev/termination-log. SIGTERM ends it within 5 s.

Exit codes: 0 done, 10 a card failed or a platform is stopped, 64 a flag, its variable, or a
merchant, card or run that is not there, 75 the database is away or busy, or SIGTERM (try again),
78 the other settings, a credential folder, or a schema that is not migrated.

Examples:
  $ loyalty sync-wallets --dry-run
  $ loyalty sync-wallets --card 019aafd2-7c1e-7d3b-9f00-6b1d52c7a001 --full
  $ loyalty sync-wallets --failures-of 019aafd2-8a00-7d3b-9f00-6b1d52c7a001
`;

/** Adds `loyalty sync-wallets` to the program. */
export function addSyncWalletsCommand(program: Command): void {
  program
    .command('sync-wallets')
    .summary('bring Google Wallet and Apple Wallet up to date with the cards')
    .description('Brings Google Wallet and Apple Wallet up to date with the cards.')
    .option('--merchant <id>', 'only this merchant; may be given several times', listed)
    .option('--card <id>', 'only this card; may be given several times', listed)
    .option('--platform <platform>', 'google or apple; both when absent')
    .option('--failures-of <run>', 'only the cards that failed in this run, by its id or its RUN_UID')
    .option('--full', 'send what the wallets have already, too')
    .option('--dry-run', 'show what would be sent, and send nothing')
    .addHelpText('after', help)
    .action(run);
}
