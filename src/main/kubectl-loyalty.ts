import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { ExitError, exitCodes } from '../errors.ts';
import { kubectlArguments } from '../kubectl-loyalty/kubectl-arguments.ts';
import type { Terminal } from '../kubectl-loyalty/terminal.ts';

type AddCommand = (program: Command, terminal: Terminal) => void;

/** Each command registers itself. Only the one that is called is loaded: nobody waits for the modules of another. */
const commands: Record<string, () => Promise<AddCommand>> = {
  status: async () => (await import('../kubectl-loyalty/status/status-command.ts')).addStatusCommand,
  check: async () => (await import('../kubectl-loyalty/check/check-command.ts')).addCheckCommand,
  rollback: async () => (await import('../kubectl-loyalty/rollback/rollback-command.ts')).addRollbackCommand,
};

const help = `
Examples:
  $ kubectl loyalty status -n loyalty                 # what is live, when it expires, what is wrong and what to do
  $ kubectl loyalty check -R -f deploy/               # the controller's checks, on files, without a cluster
  $ kubectl loyalty rollback apple -n loyalty         # make the previous revision live, at 3 a.m. too

kubectl wants the flags of a plugin after its name: kubectl loyalty status -n loyalty.
Exit codes: 0 done, 10 done in part (each command's --help says what that means), 64 usage or an unreadable file,
70 internal error, 75 temporary (the API server is away, or waiting took too long), 78 configuration or permission.`;

const terminal: Terminal = {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  environment: process.env,
  now: () => new Date(),
  exitWith: (code) => {
    process.exitCode = code;
  },
};

function version(): string {
  const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}

async function createProgram(called: string | undefined): Promise<Command> {
  const program = new Command('kubectl loyalty')
    .description('Wallet credentials of Orion Loyalty on Kubernetes: look at them, check them, roll them back.')
    .version(version())
    .configureHelp({ helpWidth: Math.min(process.stdout.columns || 100, 100) })
    .addHelpText('after', help)
    .showHelpAfterError('(kubectl loyalty help lists the commands; kubectl loyalty COMMAND --help its flags)')
    .exitOverride();
  const known = called !== undefined && Object.hasOwn(commands, called) ? [called] : Object.keys(commands);
  for (const name of known) (await commands[name]?.())?.(program, terminal);
  for (const command of program.commands) command.copyInheritedSettings(program).exitOverride();
  return program;
}

/** The exit code of whatever ended the command. Commander has already printed its own messages. */
function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
  if (error instanceof ExitError) {
    process.stderr.write(`${error.message}\n`);
    return error.exitCode;
  }
  process.stderr.write(`Internal error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  return exitCodes.internal;
}

// `kubectl loyalty status | head` closes the pipe early: that is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

try {
  const given = kubectlArguments(process.argv.slice(2), Object.keys(commands));
  const program = await createProgram(given[0]);
  if (given.length === 0) program.help({ error: true });
  await program.parseAsync(given, { from: 'user' });
} catch (error) {
  process.exitCode = exitCodeOf(error);
}
