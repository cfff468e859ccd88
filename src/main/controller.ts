import type { Command } from 'commander';
import { readAppleRoots } from '../adapters/apple/apple-roots.ts';
import { createKubernetesClient } from '../adapters/kubernetes/client.ts';
import { loadKubeConfig, ownNamespace } from '../adapters/kubernetes/kube-config.ts';
import { createCheckThread } from '../adapters/thread/check-thread.ts';
import { type Config, readConfig } from '../config.ts';
import { startController } from '../controller/controller.ts';
import type { Credential, OnlineVerdict } from '../domain/credentials/verdict.ts';
import { exitCodes } from '../errors.ts';
import { createLog } from '../log.ts';
import { endOnDefect } from './end-on-defect.ts';

/** Asks the provider that the credential is of. The clients are loaded when the first credential is verified online. */
async function ask(config: Config<'controller'>, credential: Credential, signal: AbortSignal): Promise<OnlineVerdict> {
  const now = (): Date => new Date();
  if (credential.provider === 'google') {
    const { verifyGoogle } = await import('../adapters/google/verify-google.ts');
    const { GOOGLE_TOKEN_URL: tokenUrl, GOOGLE_WALLET_URL: walletUrl, GOOGLE_CERTS_URL: certsUrl } = config;
    return verifyGoogle(credential, { tokenUrl, walletUrl, certsUrl, now, signal });
  }
  const { verifyApple } = await import('../adapters/apple/verify-apple.ts');
  const { APNS_URL: apnsUrl, OCSP_URL: ocspUrl } = config;
  return verifyApple(credential, { apnsUrl, ...(ocspUrl !== undefined && { ocspUrl }), now, signal });
}

async function run(): Promise<void> {
  // Until the controller runs there is nothing to end: it has written nothing, and holds no lease.
  let end: () => void = () => process.exit(exitCodes.done);
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => end());
  const config = readConfig('controller', process.env);
  const log = createLog({ level: config.LOG_LEVEL, format: config.LOG_FORMAT });
  const kubeConfig = await loadKubeConfig(process.env);
  const own = ownNamespace(kubeConfig);
  const appleRootsPem = readAppleRoots(config.APPLE_ROOTS_FILE);
  const controller = await startController({
    client: createKubernetesClient(kubeConfig),
    checks: createCheckThread({ appleRootsPem }),
    ask: (credential, signal) => ask(config, credential, signal),
    namespaces: config.WATCH_NAMESPACES ?? [own],
    lease: config.LEADER_ELECTION ? { namespace: config.LEASE_NAMESPACE ?? own, name: config.LEASE_NAME } : undefined,
    host: config.HOST,
    port: config.PORT,
    log,
  });
  await new Promise<void>((resolve) => (end = resolve));
  await controller.stop();
  // Whatever still holds the event loop (a provider that does not answer) must not hold the pod.
  process.exit(exitCodes.done);
}

const help = `
It watches WalletCredentials and the Secrets behind them, checks every new credential, and
promotes those that pass to the live Secret that pods mount. It is set by environment variables
only: \`loyalty config controller\` prints them all.

Example:
  $ KUBECONFIG=~/.kube/config WATCH_NAMESPACES=loyalty loyalty controller
`;

/** Adds `loyalty controller` to the program. */
export function addControllerCommand(program: Command): void {
  program
    .command('controller')
    .summary('run the WalletCredential controller')
    .description('Runs the WalletCredential controller until SIGTERM.')
    .addHelpText('after', help)
    .action(async () => {
      endOnDefect();
      await run();
    });
}
