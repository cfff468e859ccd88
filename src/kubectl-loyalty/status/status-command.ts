import { Argument, type Command } from 'commander';
import type { KubernetesClient } from '../../adapters/kubernetes/client.ts';
import type { WalletCredential } from '../../domain/credentials/wallet-credential.ts';
import { type ExitCode, ExitError, exitCodes } from '../../errors.ts';
import { addApiFlags, type ApiFlags } from '../api/api-flags.ts';
import { credentialName, flagsToRepeat } from '../cluster-flags.ts';
import { withConnection } from '../connection.ts';
import { findCredential, listCredentials } from '../credentials-in-cluster.ts';
import { type OutputFormat, outputOption, print } from '../output.ts';
import { lineWidth, type Terminal } from '../terminal.ts';
import { summaryOf } from '../../domain/credentials/summary/credential-summary.ts';
import { latestRuns } from './latest-runs.ts';
import { latestRunsText, noRunsText } from './latest-runs-text.ts';
import { statusText } from './status-text.ts';

interface StatusFlags extends ApiFlags {
  allNamespaces?: boolean;
  output: OutputFormat;
}

const help = `
READY      True: a live credential exists and is valid now
REVISION   what is live
EXPIRES    the earliest end of validity in what is live; - for Google, whose keys carry no date
SOURCE     accepted: the source Secret is what is live; else why it is not
ROTATE BY  when the key becomes older than spec.rotation.intervalDays

Below the table: what is wrong, the worst first for each, and what to do. Then, when no credential
is named, the latest run of each job, if the API can be reached (kubectl loyalty runs --help).

Exit codes: 0 shown, whatever it says; 10 shown, but one of the names does not exist; 64, 75 and 78
as everywhere. For scripts: -o json prints {"credentials": [...],
"runs": [...]}, see docs/kubectl-loyalty.md.

Examples:
  $ kubectl loyalty status -A
  $ kubectl loyalty status apple -n loyalty -o json | jq -e '.credentials[0].ready == "True"'
`;

/** Adds `kubectl loyalty status` to the program. */
export function addStatusCommand(program: Command, terminal: Terminal): void {
  const command = program
    .command('status')
    .summary('show what is live, when it expires, what is wrong, what the jobs did')
    .description('Shows WalletCredentials: what is live, when it expires, whether the source is accepted, what to do.')
    .addArgument(new Argument('[name...]', 'names (default: all of the namespace)').argParser(collectNames));
  addApiFlags(command)
    .option('-A, --all-namespaces', 'of all namespaces')
    .addOption(outputOption())
    .addHelpText('after', help)
    .action(async (names: string[], flags: StatusFlags) => {
      terminal.exitWith(await status(names, flags, terminal));
    });
}

function collectNames(value: string, previous: string[] | undefined): string[] {
  return [...(previous ?? []), credentialName(value)];
}

async function status(names: readonly string[], flags: StatusFlags, terminal: Terminal): Promise<ExitCode> {
  const { allNamespaces = false, output } = flags;
  if (allNamespaces && names.length > 0)
    throw new ExitError(exitCodes.usage, 'A name is of one namespace: write NAME with -n, or -A without a name.');
  return withConnection(flags, terminal.environment, async ({ client, namespace }) => {
    const found = await read(client, allNamespaces ? undefined : namespace, names);
    const now = terminal.now();
    const summaries = found.credentials.map((credential) =>
      summaryOf(credential, now, flagsToRepeat(flags, credential.metadata.namespace)),
    );
    const width = lineWidth(terminal);
    // Whoever asks for some credentials wants to know of these.
    const runs = names.length === 0 ? await latestRuns(flags, terminal) : null;
    const credentialsText = summaries.length > 0 ? statusText(summaries, { now, width, allNamespaces }) : '';
    const runsText = runs?.runs ? latestRunsText(runs.runs, now) : '';
    if (runs?.runs === null && output === 'table') terminal.stderr.write(noRunsText(runs.problem, width));
    if (summaries.length === 0 && names.length === 0 && output === 'table')
      terminal.stderr.write(
        `No WalletCredentials ${allNamespaces ? 'in any namespace' : `in namespace ${namespace}`}.\n`,
      );
    const value = { credentials: summaries, runs: runs?.runs ?? null, runsProblem: runs?.problem ?? null };
    await print(terminal, output, value, () => [credentialsText, runsText].filter((text) => text !== '').join('\n'));
    for (const name of found.missing)
      terminal.stderr.write(`WalletCredential ${name} does not exist in namespace ${namespace}.\n`);
    return found.missing.length === 0 ? exitCodes.done : exitCodes.partial;
  });
}

async function read(
  client: KubernetesClient,
  namespace: string | undefined,
  names: readonly string[],
): Promise<{ credentials: WalletCredential[]; missing: string[] }> {
  if (namespace === undefined || names.length === 0)
    return { credentials: await listCredentials(client, namespace), missing: [] };
  const found = await Promise.all(names.map((name) => findCredential(client, namespace, name)));
  return {
    credentials: found.filter((credential) => credential !== undefined),
    missing: names.filter((_, index) => found[index] === undefined),
  };
}
