import { Command } from 'commander';
import { exitCodeOf } from '../command-line.ts';
import { type ExitCode, exitCodes } from '../errors.ts';
import { kubectlArguments } from './kubectl-arguments.ts';
import type { Process, Terminal } from './terminal.ts';

type AddCommand = (program: Command, terminal: Terminal) => void;

/** Each command registers itself. Only the one that is called is loaded: nobody waits for the modules of another. */
const commands: Record<string, () => Promise<AddCommand>> = {
  status: async () => (await import('./status/status-command.ts')).addStatusCommand,
  check: async () => (await import('./check/check-command.ts')).addCheckCommand,
  rollback: async () => (await import('./rollback/rollback-command.ts')).addRollbackCommand,
  rerun: async () => (await import('./rerun/rerun-command.ts')).addRerunCommand,
  runs: async () => (await import('./runs/runs-command.ts')).addRunsCommand,
  failures: async () => (await import('./runs/failures-command.ts')).addFailuresCommand,
  'verify-ledger': async () => (await import('./rerun/verify-ledger-command.ts')).addVerifyLedgerCommand,
  completion: async () => (await import('./completion/completion-command.ts')).addCompletionCommand,
};
const aliases = new Map([['run', 'runs']]);

const help = `
Examples:
  $ kubectl loyalty status -n loyalty     # what is live, when it expires, what is wrong, what to do
  $ kubectl loyalty check -R -f deploy/   # the controller's checks on files, without a cluster
  $ kubectl loyalty rollback apple        # make the previous revision live
  $ kubectl loyalty runs -n loyalty       # what the jobs did, and where they failed
  $ kubectl loyalty rerun expire-points --merchant ID --wait

kubectl wants the flags of a plugin after its name: kubectl loyalty status -n loyalty.

Exit codes: 0 done; 10 done in part (the help of each command says what that means); 64 usage, or a
file that cannot be read; 70 internal error; 75 temporary: the API server or the API is away, or
waiting took too long; 78 configuration, key or permission.`;

/** Runs one command line, without the name of the program, and gives its exit code. */
export async function runProgram(given: readonly string[], process: Process, version: string): Promise<ExitCode> {
  let code: ExitCode = exitCodes.done;
  const terminal: Terminal = { ...process, exitWith: (end) => void (code = end) };
  try {
    if (given[0] === '__complete') {
      const { completionText } = await import('./completion/completion-command.ts');
      const program = await createProgram(undefined, terminal, version);
      process.stdout.write(completionText(program, given.slice(1)));
      return code;
    }
    const line = kubectlArguments(given, [...Object.keys(commands), ...aliases.keys()]);
    const program = await createProgram(line[0], terminal, version);
    if (line.length === 0) program.help({ error: true });
    await program.parseAsync(line, { from: 'user' });
    return code;
  } catch (error) {
    return exitCodeOf(error, terminal.stderr);
  }
}

async function createProgram(called: string | undefined, terminal: Terminal, version: string): Promise<Command> {
  const { stdout, stderr } = terminal;
  const program = new Command('kubectl loyalty')
    .description('Orion Loyalty on Kubernetes: its wallet credentials, and its jobs and their runs.')
    .version(version)
    .configureOutput({ writeOut: (text) => stdout.write(text), writeErr: (text) => stderr.write(text) })
    .configureHelp({ helpWidth: Math.min(stdout.columns || 100, 100) })
    .addHelpText('after', help)
    .showHelpAfterError('(kubectl loyalty help lists the commands; kubectl loyalty COMMAND --help its flags)')
    .exitOverride();
  const name = aliases.get(called ?? '') ?? called;
  const known = name !== undefined && Object.hasOwn(commands, name) ? [name] : Object.keys(commands);
  for (const each of known) (await commands[each]?.())?.(program, terminal);
  for (const command of program.commands) command.copyInheritedSettings(program).exitOverride();
  return program;
}
