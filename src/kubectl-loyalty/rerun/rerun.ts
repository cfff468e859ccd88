import type { ExitCode } from '../../errors.ts';
import { exitCodes } from '../../errors.ts';
import { flagsToRepeat } from '../cluster-flags.ts';
import { type ClusterFlags, withConnection } from '../connection.ts';
import { type OutputFormat, print } from '../output.ts';
import { lineWidth, type Terminal } from '../terminal.ts';
import { printable } from '../text.ts';
import { findCronJob } from './cron-job.ts';
import { createJob, jobFrom, jobUid } from './job.ts';
import { type JobFlags, jobEnvironment } from './job-environment.ts';
import { createdText, endText, type RerunResult, rerunResult } from './rerun-result.ts';
import { waitForJob } from './wait.ts';

export interface RerunFlags extends ClusterFlags, JobFlags {
  name?: string;
  wait?: boolean;
  /** Milliseconds. */
  timeout: number;
  output: OutputFormat;
}

const uuid = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;

/** Makes a Job of a CronJob, and waits for its end where that is wanted. */
export function rerun(job: string, flags: RerunFlags, terminal: Terminal): Promise<ExitCode> {
  return withConnection(flags, terminal.environment, async ({ client, namespace }) => {
    const { cronJob, task } = await findCronJob(client, namespace, job);
    const { failuresOf } = flags;
    const isName = failuresOf !== undefined && !uuid.test(failuresOf);
    const environment = jobEnvironment(task, {
      ...flags,
      ...(isName && { failuresOf: await jobUid(client, namespace, failuresOf) }),
    });
    const created = await createJob(client, namespace, jobFrom(cronJob, { name: flags.name, environment }));
    const repeat = flagsToRepeat(flags, namespace);
    const result = rerunResult(created, { cronJob, task, environment, flags: repeat });
    const width = lineWidth(terminal);
    if (flags.output === 'table') terminal.stdout.write(createdText(result, width));
    const end = flags.wait
      ? await waitForJob(client, created, {
          timeoutMilliseconds: flags.timeout,
          onState: (line) => void terminal.stderr.write(`${printable(line)}\n`),
        })
      : null;
    const whole: RerunResult = { ...result, end };
    await print(terminal, flags.output, whole, () => endText(whole, width));
    return end?.exitCode ?? exitCodes.done;
  });
}
