import type { Command } from 'commander';
import type { Terminal } from '../terminal.ts';
import { rerun, type RerunFlags } from './rerun.ts';
import { addRerunFlags, ids } from './rerun-flags.ts';

const help = `
It makes a Job from the CronJob verify-ledger, as kubectl loyalty rerun verify-ledger does. The job
only reads: for every card it holds balance, entries and lots against each other.

Exit codes: 0 the Job was created (with --wait: every card is in balance); with --wait 10 is an
imbalance, or a merchant that could not be verified; 64, 70, 75 and 78 as everywhere.

Examples:
  $ kubectl loyalty verify-ledger -n loyalty --wait
  $ kubectl loyalty verify-ledger --merchant 019aafd2-7c1e-7d3b-9f00-6b1d52c7a001 --wait
`;

/** Adds `kubectl loyalty verify-ledger` to the program. */
export function addVerifyLedgerCommand(program: Command, terminal: Terminal): void {
  const command = program
    .command('verify-ledger')
    .summary('verify balances, entries and lots now')
    .description('Verifies the ledger now, of all merchants or of some.')
    .option('--merchant <id>', 'only this merchant; may be repeated (MERCHANT_IDS)', ids);
  addRerunFlags(command)
    .addHelpText('after', help)
    .action(async (flags: RerunFlags) => terminal.exitWith(await rerun('verify-ledger', flags, terminal)));
}
