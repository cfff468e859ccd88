import { Argument, type Command, InvalidArgumentError, Option } from 'commander';
import type { Terminal } from '../terminal.ts';
import { rerun, type RerunFlags } from './rerun.ts';
import { addRerunFlags, ids } from './rerun-flags.ts';

const help = `
It makes a Job from the CronJob of that name, as kubectl create job --from does, and sets what the
flags say in its environment. JOB may also be the command (expire-points) where Helm named the
CronJob otherwise. What is wrong with an id or an instant is said before there is a Job.

--failures-of takes the id of a run (or the name of its Job): expire-points goes on with that run,
which keeps its as-of, and tries its failed merchants again; sync-wallets sends the cards that failed.
--dry-run is the job's own: a Job runs, shows what it would do in its log, and changes nothing.
--force-merchant lets a merchant lose more than MAX_EXPIRE_SHARE of its points. See why it was held
back first: kubectl loyalty failures RUN.

Exit codes: 0 the Job was created (with --wait: it is done); with --wait that of the job: 10 a
merchant failed, 64, 70, 75 and 78 as everywhere, 75 also when Kubernetes ended it or the wait was
too long; 64 no such CronJob, a Job of that --name, or a value that cannot be.

Examples:
  $ kubectl loyalty rerun expire-points -n loyalty --wait
  $ kubectl loyalty rerun expire-points --merchant 019aafd2-7c1e-7d3b-9f00-6b1d52c7a001
  $ kubectl loyalty rerun expire-points --failures-of 019ab0c4-1f2a-7e00-8000-2b1d52c7a0ff --wait
  $ kubectl loyalty rerun sync-wallets --card 019aafd2-7c1e-7d3b-9f00-6b1d52c7a001 --platform google
`;

/** Adds `kubectl loyalty rerun` to the program. */
export function addRerunCommand(program: Command, terminal: Terminal): void {
  const command = program
    .command('rerun')
    .summary('run a job now: of all merchants, of some, or of those that failed')
    .description('Runs a job now, for all merchants, for some, or for those that failed in a run.')
    .addArgument(new Argument('<job>', 'name of the CronJob, such as expire-points').argParser(cronJobName))
    .option('--merchant <id>', 'only this merchant; may be repeated (MERCHANT_IDS)', ids)
    .option('--card <id>', 'only this card; may be repeated (CARD_IDS)', ids)
    .addOption(new Option('--platform <platform>', 'only this wallet (PLATFORM)').choices(['google', 'apple']))
    .addOption(
      new Option('--failures-of <run>', 'what failed in that run, again: its id, or the name of its Job').argParser(
        runName,
      ),
    )
    .option('--as-of <instant>', 'what has expired by then, as in 2026-03-01T00:00:00Z (AS_OF)')
    .option('--dry-run', 'the Job shows what it would do, and writes nothing (DRY_RUN)')
    .option('--force-merchant <id>', 'let this merchant lose what it will; may be repeated (FORCE_MERCHANTS)', ids);
  addRerunFlags(command)
    .addHelpText('after', help)
    .action(async (job: string, flags: RerunFlags) => terminal.exitWith(await rerun(job, flags, terminal)));
}

function cronJobName(value: string): string {
  const name = value.replace(/^(cj|cronjobs?(\.batch)?)\//, '');
  if (/^[a-z0-9]([-.a-z0-9]{0,51})$/.test(name)) return name;
  throw new InvalidArgumentError('Write the name of a CronJob: at most 52 lower-case letters, digits, "-" and ".".');
}

function runName(value: string): string {
  const name = value.replace(/^jobs?(\.batch)?\//, '');
  if (/^[a-z\d]([-.a-z\d]{0,251}[a-z\d])?$/i.test(name)) return name;
  throw new InvalidArgumentError('Write the id of a run, or the name of its Job.');
}
