import type { Command } from 'commander';
import { type ExitCode, exitCodes } from '../../errors.ts';
import { addApiFlags, type ApiFlags, apiHelp } from '../api/api-flags.ts';
import { withLoyaltyApi } from '../api/loyalty-api.ts';
import { type OutputFormat, outputOption, print } from '../output.ts';
import type { Terminal } from '../terminal.ts';
import { findRunId, readList, type Run, type RunFailure } from './run.ts';
import { limitOption, textOptions } from './runs-command.ts';
import { againText, failuresText } from './runs-text.ts';

interface FailuresFlags extends ApiFlags {
  merchant?: string;
  limit: number;
  output: OutputFormat;
}

const help = `
CARD is - where the merchant failed as a whole. Below: what happened, and what to do about each
reason.
${apiHelp}

Exit codes: 0 shown, also when nothing failed; 64 no such run; 75 the API is away; 78 address, key
or permission. For scripts: -o json prints {"run": ID, "failures": [...]}.

Examples:
  $ kubectl loyalty failures expire-points-29384715 -n loyalty
  $ kubectl loyalty failures RUN --limit 1000 -o json | jq -r '.failures[].merchant_id' | sort -u
`;

/** Adds `kubectl loyalty failures` to the program. */
export function addFailuresCommand(program: Command, terminal: Terminal): void {
  const command = program
    .command('failures')
    .summary('show what failed in a run, why, and what to do')
    .description('Shows what failed in a run: merchants and cards, each with its reason, and what to do.')
    .argument('<run>', 'id of a run, or the name of its Job')
    .option('--merchant <id>', 'only of this merchant');
  addApiFlags(command)
    .addOption(limitOption())
    .addOption(outputOption())
    .addHelpText('after', help)
    .action(async (run: string, flags: FailuresFlags) => terminal.exitWith(await failures(run, flags, terminal)));
}

function failures(called: string, flags: FailuresFlags, terminal: Terminal): Promise<ExitCode> {
  const { merchant, limit, output } = flags;
  return withLoyaltyApi(flags, terminal, async (api) => {
    const run = await api.get<Run>(`/runs/${await findRunId(api, called)}`);
    const path = `/runs/${run.id}/failures`;
    const { items, more } = await readList<RunFailure>(api, path, { merchant_id: merchant }, limit);
    const options = textOptions(flags, terminal);
    if (items.length === 0 && output === 'table') terminal.stderr.write(`Nothing failed in run ${run.id}.\n`);
    else {
      const text = (): string => failuresText(items, more, options) + againText(run, options.flags);
      await print(terminal, output, { run: run.id, failures: items }, text);
    }
    return exitCodes.done;
  });
}
