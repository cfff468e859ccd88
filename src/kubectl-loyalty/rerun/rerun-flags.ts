import { type Command, InvalidArgumentError, Option } from 'commander';
import { addClusterFlags } from '../cluster-flags.ts';
import { outputOption } from '../output.ts';
import { millisecondsOf } from '../rollback/duration.ts';

/** Flags of every command that makes a Job. */
export function addRerunFlags(command: Command): Command {
  return addClusterFlags(command)
    .addOption(
      new Option('--name <name>', 'name of the Job (default: JOB-rerun-… with five random letters)').argParser(jobName),
    )
    .option('--wait', 'wait for its end, print its summary, and end with its exit code')
    .addOption(new Option('--no-wait').hideHelp())
    .addOption(
      new Option('--timeout <duration>', 'how long to wait, as in 30s or 2m; the Job goes on')
        .default(21_600_000, '6h')
        .argParser(duration),
    )
    .addOption(outputOption());
}

/** Ids of a flag that may be repeated, or hold several separated by commas. */
export function ids(value: string, earlier: string[] | undefined): string[] {
  return [...(earlier ?? []), ...value.split(',').map((id) => id.trim())];
}

/** Pods get the name of their Job as a label, which holds 63 characters. */
function jobName(value: string): string {
  if (/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(value)) return value;
  throw new InvalidArgumentError('Write a name of at most 63 lower-case letters, digits and "-".');
}

function duration(value: string): number {
  const milliseconds = millisecondsOf(value);
  if (milliseconds === undefined) throw new InvalidArgumentError('Write a duration, as in 30s, 2m or 1m30s.');
  return milliseconds;
}
