import { Argument, type Command, InvalidArgumentError, Option } from 'commander';
import type { WalletCredential } from '../../domain/credentials/wallet-credential.ts';
import { type ExitCode, ExitError, exitCodes } from '../../errors.ts';
import { addClusterFlags, credentialName, flagsToRepeat } from '../cluster-flags.ts';
import { type ClusterFlags, type Connection, withConnection } from '../connection.ts';
import { type OutputFormat, outputOption, print } from '../output.ts';
import type { Terminal } from '../terminal.ts';
import { type Change, changeOf, makeChange, readCredential, waitFor } from './change.ts';
import { millisecondsOf } from './duration.ts';
import { outcomeOfRollback, outcomeOfUndo } from './outcome.ts';
import { rollbackResult } from './rollback-result.ts';
import { rollbackText } from './rollback-text.ts';
import { targetOf } from './target.ts';

interface RollbackFlags extends ClusterFlags {
  to?: number;
  undo?: boolean;
  wait: boolean;
  timeout: number;
  dryRun?: boolean;
  output: OutputFormat;
}

const help = `
It sets spec.rollbackTo. The controller checks that revision again, makes it live and pins it: later
sources are checked and reported, not promoted, until --undo removes spec.rollbackTo. Called again,
it goes back one more. The kept revisions: kubectl loyalty status NAME -o json.

Exit codes: 0 that revision is live (with --undo: the source is; without waiting: it was written);
10 --undo was written, but the source is rejected, so what was live stays live; 64 there is no such
WalletCredential or revision; 75 the controller does not make it live (it says why), or not in time.

Examples:
  $ kubectl loyalty rollback apple -n loyalty                # to the previous revision
  $ kubectl loyalty rollback apple -n loyalty --to 4
  $ kubectl loyalty rollback apple -n loyalty --undo
`;

/** Adds `kubectl loyalty rollback` to the program. */
export function addRollbackCommand(program: Command, terminal: Terminal): void {
  const command = program
    .command('rollback')
    .summary('make the previous revision live, or the one you name')
    .description('Makes an earlier revision of a WalletCredential live, and keeps it so until that is undone.')
    .addArgument(new Argument('<name>', 'name of the WalletCredential').argParser(credentialName));
  addClusterFlags(command)
    .addOption(
      new Option('--to <revision>', 'number of a kept revision (default: the one before what is live)').argParser(
        revision,
      ),
    )
    .addOption(new Option('--undo', 'remove spec.rollbackTo: follow the source again').conflicts('to'))
    .addOption(new Option('--wait', 'wait until it is live').default(true, 'yes'))
    .option('--no-wait', 'return when it is written')
    .addOption(
      new Option('--timeout <duration>', 'how long to wait, as in 30s or 2m')
        .default(30_000, '30s')
        .argParser(duration),
    )
    .option('--dry-run', 'show the patch, write nothing')
    .addOption(outputOption())
    .addHelpText('after', help)
    .action(async (name: string, flags: RollbackFlags) => {
      const run = (connection: Connection): Promise<ExitCode> => rollback(name, flags, connection, terminal);
      terminal.exitWith(await withConnection(flags, terminal.environment, run));
    });
}

function revision(value: string): number {
  if (/^[1-9]\d{0,9}$/.test(value)) return Number(value);
  throw new InvalidArgumentError('Write the number of a revision, as in 4.');
}

function duration(value: string): number {
  const milliseconds = millisecondsOf(value);
  if (milliseconds === undefined) throw new InvalidArgumentError('Write a duration, as in 30s, 2m or 1m30s.');
  return milliseconds;
}

async function rollback(
  name: string,
  flags: RollbackFlags,
  { client, namespace }: Connection,
  terminal: Terminal,
): Promise<ExitCode> {
  const { to, undo = false, dryRun = false, wait, timeout, output } = flags;
  const decide = (credential: WalletCredential): Change => changeOf(credential, undo ? null : targetOf(credential, to));
  const named = { client, namespace, name };
  const repeat = flagsToRepeat(flags, namespace);
  const show = async (change: Change, after?: WalletCredential): Promise<void> => {
    const result = rollbackResult(change, { dryRun, flags: repeat, after });
    await print(terminal, output, result, () => rollbackText(result, terminal.now()));
  };
  if (dryRun) {
    await show(decide(await readCredential(named)));
    return exitCodes.done;
  }
  const change = await makeChange(named, decide);
  const nothingToUndo = undo && !change.patch;
  if (!wait || nothingToUndo) {
    await show(change);
    return exitCodes.done;
  }
  const { credential, outcome } = await settle(named, change, timeout, repeat);
  await show(change, credential);
  if (outcome.state === 'done') return exitCodes.done;
  terminal.stderr.write(`The source is not promoted, ${outcome.reason}: ${outcome.message}\n`);
  return exitCodes.partial;
}

/** Waits for the controller. @throws ExitError (75) when it refuses a revision, or takes too long, with what can be done. */
async function settle(
  named: { client: Connection['client']; namespace: string; name: string },
  { rollbackTo }: Change,
  timeout: number,
  repeat: string,
): Promise<Awaited<ReturnType<typeof waitFor>>> {
  if (rollbackTo === null) return waitFor(named, outcomeOfUndo, timeout);
  const whatNow =
    `spec.rollbackTo is ${rollbackTo} now. To see what becomes of it: kubectl loyalty status ${named.name} ${repeat}\n` +
    `To undo it: kubectl loyalty rollback ${named.name} --undo ${repeat}`;
  const settled = await waitFor(named, (found) => outcomeOfRollback(found, rollbackTo), timeout).catch(
    (error: unknown) => {
      throw error instanceof ExitError && error.exitCode === exitCodes.temporary
        ? givenUp(error.message, whatNow)
        : error;
    },
  );
  const { outcome } = settled;
  if (outcome.state === 'done') return settled;
  throw givenUp(`Revision ${rollbackTo} was not made live, ${outcome.reason}: ${outcome.message}`, whatNow);
}

function givenUp(why: string, whatNow: string): ExitError {
  return new ExitError(exitCodes.temporary, `${why}\n${whatNow}`);
}
