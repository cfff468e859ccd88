import { type RetryRule, retryTable } from '../../../src/domain/wallet/retry.ts';

/** The retry table as runbooks/wallet-sync.md has it: a row an outcome. */
export function retryRows(): string[] {
  return Object.entries<RetryRule>(retryTable).map(([outcome, rule]) => {
    const counts = rule.lasting === undefined ? rule.counts : `${rule.counts}, ${rule.lasting}`;
    return `| \`${outcome}\` | ${rule.answers} | ${atOnce(rule)} | ${later(rule)} | ${counts} | ${rule.advice} |`;
  });
}

function atOnce({ atOnce: rule }: RetryRule): string {
  if (rule.action === 'none') return '–';
  return `${rule.action}, ${rule.tries} tries`;
}

function later({ later: rule }: RetryRule): string {
  if (rule.when === 'never') return '–';
  if (rule.when === 'next run') return 'in the next run';
  if (rule.when !== 'after') return `when the ${rule.when.replace(' changes', '')} changes`;
  return rule.doubling
    ? `after ${rule.minutes} min · 2ⁿ, at most ${rule.mostMinutes / 60} h`
    : `after ${rule.minutes} min`;
}
