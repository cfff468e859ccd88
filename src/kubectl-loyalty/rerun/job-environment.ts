import type { z } from 'zod';
import { settings } from '../../config.ts';
import { ExitError, exitCodes } from '../../errors.ts';
import type { Task } from './task.ts';

/** Flags that become settings of the job. */
export interface JobFlags {
  merchant?: string[];
  card?: string[];
  platform?: string;
  failuresOf?: string;
  asOf?: string;
  dryRun?: boolean;
  forceMerchant?: string[];
}

/** The settings that say the same as a flag; the first that the job has is used. */
const meanings: Record<keyof JobFlags, { flag: string; names: string[] }> = {
  merchant: { flag: '--merchant', names: ['MERCHANT_IDS'] },
  card: { flag: '--card', names: ['CARD_IDS'] },
  platform: { flag: '--platform', names: ['PLATFORM'] },
  // A run that is resumed tries its failed merchants again.
  failuresOf: { flag: '--failures-of', names: ['FAILURES_OF', 'RESUME_RUN'] },
  asOf: { flag: '--as-of', names: ['AS_OF'] },
  dryRun: { flag: '--dry-run', names: ['DRY_RUN'] },
  forceMerchant: { flag: '--force-merchant', names: ['FORCE_MERCHANTS'] },
};

/**
 * What `kubectl set env` would have to set, judged by the job's own rules before there is a Job.
 * @throws ExitError (64) naming everything that is wrong.
 */
export function jobEnvironment(task: Task, flags: JobFlags): Record<string, string> {
  const environment: Record<string, string> = {};
  const problems: string[] = [];
  const known: Readonly<Record<string, { schema: z.ZodType }>> = settings[task];
  for (const key of Object.keys(meanings) as (keyof JobFlags)[]) {
    const value = written(flags[key]);
    if (value === undefined) continue;
    const { flag, names } = meanings[key];
    const name = names.find((each) => Object.hasOwn(known, each));
    const verdict = name === undefined ? undefined : known[name]?.schema.safeParse(value);
    if (name === undefined) problems.push(`${task} has no ${flag}.`);
    else if (verdict?.success) environment[name] = value;
    else problems.push(`${flag} is ${JSON.stringify(value)}: it ${verdict?.error.issues[0]?.message ?? 'is wrong'}.`);
  }
  if (problems.length > 0) throw new ExitError(exitCodes.usage, `${problems.join('\n')}\nNo Job was created.`);
  return environment;
}

function written(value: JobFlags[keyof JobFlags]): string | undefined {
  if (value === undefined || value === false) return undefined;
  return Array.isArray(value) ? value.join(',') : String(value);
}
