/** What a run has come to, over its merchants; `totals` of a closed run. */
export interface RunSums {
  merchants: number;
  pending: number;
  done: number;
  failed: number;
  skipped: number;
  cards: number;
  lots: number;
  points: number;
}

/** SQL of a row with the columns of {@link RunSums}, of the run whose id this SQL expression is. */
export const sumsOf = (runId: string): string => `
  SELECT count(*) AS merchants, count(*) FILTER (WHERE state = 'pending') AS pending, count(*) FILTER (WHERE state = 'done') AS done,
    count(*) FILTER (WHERE state = 'failed') AS failed, count(*) FILTER (WHERE state = 'skipped') AS skipped,
    coalesce(sum(cards), 0) AS cards, coalesce(sum(lots), 0) AS lots, coalesce(sum(points), 0) AS points
  FROM run_merchants WHERE run_id = ${runId}`;
