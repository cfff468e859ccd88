import { type Command, InvalidArgumentError, Option } from 'commander';
import { type ExitCode, ExitError, exitCodes } from '../../errors.ts';
import { addApiFlags, type ApiFlags, apiHelp } from '../api/api-flags.ts';
import { type LoyaltyApi, withLoyaltyApi } from '../api/loyalty-api.ts';
import { flagsAsGiven } from '../cluster-flags.ts';
import { type OutputFormat, outputOption, print } from '../output.ts';
import { lineWidth, type Terminal } from '../terminal.ts';
import { findRunId, readList, type Run, type RunMerchant, runStates, runTasks } from './run.ts';
import { runsText, runText } from './runs-text.ts';

interface RunsFlags extends ApiFlags {
  task?: string;
  state?: string;
  merchant?: string;
  limit: number;
  output: OutputFormat;
}

const help = `
STATE   done; partial: some merchants failed; failed: all did; running; abandoned: nobody works on
        it any more, and the next run did what was left
FAILED  merchants that failed

With RUN, which is its id or the name of its Job: that run, those of its merchants that failed, then
the others. --limit is of merchants then. Dry runs leave no run.
${apiHelp}

Exit codes: 0 shown, whatever it says; 64 no such run; 75 the API is away; 78 address, key or
permission. For scripts: -o json prints {"runs": [...]}, with RUN {"run": …, "merchants": [...]}.

Examples:
  $ kubectl loyalty runs -n loyalty --task expire-points --state partial
  $ kubectl loyalty run expire-points-29384715 -n loyalty
  $ kubectl loyalty runs --limit 1 -o json | jq -e '.runs[0].merchants.failed == 0'
`;

/** Adds `kubectl loyalty runs`, also called `run`, to the program. */
export function addRunsCommand(program: Command, terminal: Terminal): void {
  const command = program
    .command('runs')
    .alias('run')
    .summary('list the runs of jobs, or show one with its merchants')
    .description('Lists the runs of jobs, the newest first, or shows one of them with its merchants.')
    .argument('[run]', 'id of a run, or the name of its Job')
    .addOption(new Option('--task <task>', 'only of this job').choices(runTasks))
    .addOption(new Option('--state <state>', 'only in this state').choices(runStates))
    .option('--merchant <id>', 'only runs that were of this merchant, among others or alone');
  addApiFlags(command)
    .addOption(limitOption())
    .addOption(outputOption())
    .addHelpText('after', help)
    .action(async (run: string | undefined, flags: RunsFlags) => {
      terminal.exitWith(await (run === undefined ? list(flags, terminal) : show(run, flags, terminal)));
    });
}

export function limitOption(): Option {
  return new Option('--limit <count>', 'how many at most').default(20).argParser((value) => {
    if (/^[1-9]\d{0,4}$/.test(value)) return Number(value);
    throw new InvalidArgumentError('Write a number from 1 to 99999.');
  });
}

function list(flags: RunsFlags, terminal: Terminal): Promise<ExitCode> {
  const { task, state, merchant, limit, output } = flags;
  return withLoyaltyApi(flags, terminal, async (api) => {
    const { items: runs } = await readList<Run>(api, '/runs', { task, state, merchant_id: merchant }, limit);
    const options = textOptions(flags, terminal);
    if (runs.length === 0 && output === 'table') terminal.stderr.write('There are no such runs.\n');
    else await print(terminal, output, { runs }, () => runsText(runs, options));
    return exitCodes.done;
  });
}

function show(called: string, flags: RunsFlags, terminal: Terminal): Promise<ExitCode> {
  if (flags.task !== undefined || flags.state !== undefined || flags.merchant !== undefined)
    throw new ExitError(exitCodes.usage, '--task, --state and --merchant choose among runs: leave them out with RUN.');
  return withLoyaltyApi(flags, terminal, async (api) => {
    const run = await api.get<Run>(`/runs/${await findRunId(api, called)}`);
    const merchants = await readMerchants(api, run, flags.limit);
    const options = textOptions(flags, terminal);
    await print(terminal, flags.output, { run, merchants }, () => runText(run, merchants, options));
    return exitCodes.done;
  });
}

/** Those that failed first, since they are what one looks for. */
async function readMerchants(api: LoyaltyApi, { id, merchants }: Run, limit: number): Promise<RunMerchant[]> {
  const found: RunMerchant[] = [];
  for (const state of ['failed', 'pending', 'done', 'skipped'] as const) {
    if (merchants[state] === 0 || found.length >= limit) continue;
    const { items } = await readList<RunMerchant>(api, `/runs/${id}/merchants`, { state }, limit - found.length);
    found.push(...items);
  }
  return found;
}

export function textOptions(flags: ApiFlags, terminal: Terminal): { now: Date; width: number; flags: string } {
  return { now: terminal.now(), width: lineWidth(terminal), flags: flagsAsGiven(flags) };
}
