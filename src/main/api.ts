import { hostname } from 'node:os';
import type { Command } from 'commander';
import { apiSettings, jobSettings, openDatabase } from '../adapters/postgres/database.ts';
import { createAppleWallet } from '../api/apple/apple-wallet.ts';
import { createDeviceComplaints } from '../api/apple/device-complaints.ts';
import { openGoogleServing } from '../api/google/google-serving.ts';
import { clusterCredentials } from '../api/console/cluster-credentials.ts';
import type { ConsoleSources } from '../api/console/page.ts';
import type { Task } from '../api/housekeeping.ts';
import { routes } from '../api/routes/routes.ts';
import { type RunningApi, startApi } from '../api/server.ts';
import type { KubernetesClient } from '../adapters/kubernetes/client.ts';
import { exitCodes } from '../errors.ts';
import { type RestoreDeps, workOffRestores } from '../jobs/restore.ts';
import { type ApiStart, readApiStart } from './api-start.ts';
import { endOnDefect } from './end-on-defect.ts';

async function start(given: ReturnType<typeof readApiStart>): Promise<RunningApi> {
  const { config, log, folders, apple: settings, appleLacks } = given;
  const { DATABASE_URL: url, DATABASE_POOL_SIZE: poolSize, BOOTSTRAP_ADMIN_KEY: bootstrapKey } = config;
  const longestSilence = config.DATABASE_TIMEOUT_SECONDS * 1000;
  const name = 'loyalty api';
  const hasWallet = Object.values(folders).length > 0;
  const connections = { settings: apiSettings, longestSilence, pipelining: true };
  const database = openDatabase({ url, poolSize, applicationName: name, ...connections });
  // Apart from the requests' pool, so that neither waits for the other. No connection is open while nothing is restored.
  const workDatabase = openDatabase({ url, poolSize: 2, applicationName: `${name} restore`, settings: jobSettings });
  const complaints = createDeviceComplaints();
  const apple = settings && createAppleWallet(settings);
  const google =
    folders.google &&
    openGoogleServing({
      database,
      folder: folders.google,
      walletUrl: config.GOOGLE_WALLET_URL,
      tokenUrl: config.GOOGLE_TOKEN_URL,
      callbackKeysUrl: config.GOOGLE_CALLBACK_KEYS_URL,
      ratePerSecond: config.GOOGLE_RATE_PER_SECOND,
      publicUrl: config.PUBLIC_URL,
      origins: config.CORS_ALLOWED_ORIGINS ?? [],
    });
  const expectedTasks = ['expire-points', 'verify-ledger', ...(hasWallet ? (['sync-wallets'] as const) : [])] as const;
  return startApi({
    operations: routes({
      folders,
      replica: hostname(),
      appleLacks,
      ...(apple && { apple }),
      ...(google && { google }),
      complaints,
    }),
    ownMetrics: [complaints.counter],
    database,
    background: [restoring({ database, workDatabase, log })],
    expectedTasks,
    ...(config.CONSOLE && { console: consoleOf(config, { folders, expectedTasks }) }),
    poolSize,
    host: config.HOST,
    port: config.PORT,
    metricsPort: config.METRICS_PORT,
    ...(bootstrapKey !== undefined && { bootstrapKey }),
    requestsPerMinute: config.RATE_LIMIT_PER_MINUTE,
    allowedOrigins: config.CORS_ALLOWED_ORIGINS ?? [],
    log,
  });
}

/** What the console is made from. */
function consoleOf(
  config: ApiStart['config'],
  parts: Pick<ConsoleSources, 'folders' | 'expectedTasks'>,
): ConsoleSources {
  const { CONSOLE_NAMESPACE: namespace, PUBLIC_URL: publicUrl } = config;
  const { CONSOLE_CREDENTIAL_NAMESPACES: namespaces, RUNBOOKS_URL: runbooks } = config;
  return {
    ...parts,
    replica: hostname(),
    runbooks: runbooks.replace(/\/+$/, ''),
    ...(namespace !== undefined && { namespace }),
    ...(publicUrl !== undefined && { publicUrl: publicUrl.replace(/\/+$/, '') }),
    ...(namespaces !== undefined && { credentials: clusterCredentials({ connect: connectToCluster, namespaces }) }),
  };
}

async function connectToCluster(): Promise<KubernetesClient> {
  // Only loaded where WalletCredentials are shown.
  const { loadKubeConfig } = await import('../adapters/kubernetes/kube-config.ts');
  const { createKubernetesClient } = await import('../adapters/kubernetes/client.ts');
  return createKubernetesClient(await loadKubeConfig(process.env), { userAgent: 'orion-loyalty-api' });
}

function restoring(deps: RestoreDeps): Task {
  return { name: 'restore points', milliseconds: 300, turn: (stopping) => workOffRestores(deps, stopping) };
}

async function run(): Promise<void> {
  // Until the API runs there is nothing to end.
  let end: () => void = () => process.exit(exitCodes.done);
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => end());
  const settings = readApiStart(process.env);
  const api = await start(settings);
  await new Promise<void>((resolve) => (end = resolve));
  await api.stop();
  for (const folder of Object.values(settings.folders)) folder.close();
  // Whatever still holds the event loop (a database that does not answer) must not hold the pod.
  process.exit(exitCodes.done);
}

const help = `
It serves the store and admin API on PORT with its documentation under /docs and /openapi.json,
/healthz and /readyz; and /metrics on METRICS_PORT. It is ready once the schema of the database
fits (\`loyalty migrate\`); while the database is away later, requests get 503 with Retry-After.

The first admin key comes from BOOTSTRAP_ADMIN_KEY_FILE:
  $ (umask 077; echo "olk_$(head -c 32 /dev/urandom | base64 | tr +/ -_ | tr -d =)" > admin-key)
It is an API key named "bootstrap"; further ones are made by POST /api/v1/admin/loyalty/api-keys.
Another key in the file ends the one before at the next start; a key that was revoked or replaced
never works again. Without the setting nothing changes: revoke the key when it has served.

A configured wallet needs its credential folder (GOOGLE_CREDENTIAL_DIR, APPLE_CREDENTIAL_DIR);
passes of Apple Wallet also need PUBLIC_URL, where iPhones fetch them, and PASS_TOKEN_KEY_FILE, a file
of random bytes that must never change: with another one no pass that customers have is updated again.
SIGTERM: requests in work are answered, and the process ends with 0 within 30 s.
It is set by environment variables only: \`loyalty config api\` prints them all.

Example:
  $ DATABASE_URL=postgres://loyalty:secret@localhost:5432/loyalty \\
    BOOTSTRAP_ADMIN_KEY_FILE=admin-key loyalty api
`;

/** Adds `loyalty api` to the program. */
export function addApiCommand(program: Command): void {
  program
    .command('api')
    .summary('serve the store and admin API')
    .description('Serves the store and admin API until SIGTERM.')
    .addHelpText('after', help)
    .action(async () => {
      endOnDefect();
      await run();
    });
}
