import { Command } from 'commander';
import { exitCodeOf, productVersion } from '../command-line.ts';
import { exitCodes } from '../errors.ts';

/** Each command registers itself. Only the one that is called is loaded, so that none pays for the others. */
const commands: Record<string, () => Promise<(program: Command) => void>> = {
  controller: async () => (await import('./controller.ts')).addControllerCommand,
  api: async () => (await import('./api.ts')).addApiCommand,
  migrate: async () => (await import('./migrate.ts')).addMigrateCommand,
  'expire-points': async () => (await import('./expire-points.ts')).addExpirePointsCommand,
  'sync-wallets': async () => (await import('./sync-wallets.ts')).addSyncWalletsCommand,
  'verify-ledger': async () => (await import('./verify-ledger.ts')).addVerifyLedgerCommand,
  'demo-data': async () => (await import('./demo-data.ts')).addDemoDataCommand,
  config: async () => (await import('./config.ts')).addConfigCommand,
  'example-credentials': async () => (await import('./example-credentials.ts')).addExampleCredentialsCommand,
};

const exitCodeHelp = `
Exit codes: 0 done, 10 done in part or an imbalance, 64 usage, 70 internal error,
75 temporary (try again), 78 configuration.`;

async function createProgram(called: string | undefined): Promise<Command> {
  const program = new Command('loyalty')
    .description('Orion Loyalty: wallet credentials on Kubernetes.')
    .version(productVersion())
    .configureHelp({ helpWidth: Math.min(process.stdout.columns || 100, 100) })
    .addHelpText('after', exitCodeHelp)
    .showHelpAfterError('(loyalty --help lists the commands; loyalty COMMAND --help its options)')
    .exitOverride();
  const known = called !== undefined && Object.hasOwn(commands, called) ? [called] : Object.keys(commands);
  for (const name of known) (await commands[name]?.())?.(program);
  for (const command of program.commands) command.copyInheritedSettings(program).exitOverride();
  return program;
}

// `loyalty … | head` is no failure, and no reason to leave what it does half done: nobody listens any more, that is all.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') process.exit(exitCodes.internal);
});

try {
  const program = await createProgram(process.argv[2]);
  if (process.argv.length <= 2) program.help({ error: true });
  await program.parseAsync();
} catch (error) {
  process.exitCode = exitCodeOf(error, process.stderr);
}
// What is said is written out; whatever still holds the event loop (a connection that does not close) must not hold the pod.
for (const stream of [process.stdout, process.stderr])
  await new Promise<void>((resolve) => stream.write('', () => resolve()));
process.exit();
