import { ExitError } from '../../errors.ts';
import type { ApiFlags } from '../api/api-flags.ts';
import { withLoyaltyApi } from '../api/loyalty-api.ts';
import { readList, type Run, runTasks } from '../runs/run.ts';
import type { Terminal } from '../terminal.ts';

/** The latest run of each task; or why there are none to be shown, for which `status` does not fail. */
export type LatestRuns = { runs: Run[]; problem: null } | { runs: null; problem: string };

export async function latestRuns(flags: ApiFlags, terminal: Terminal): Promise<LatestRuns> {
  try {
    const runs = await withLoyaltyApi(flags, terminal, (api) =>
      Promise.all(runTasks.map((task) => readList<Run>(api, '/runs', { task }, 1))),
    );
    return { runs: runs.flatMap(({ items }) => items), problem: null };
  } catch (error) {
    if (error instanceof ExitError) return { runs: null, problem: error.message };
    throw error;
  }
}
