import { deadAfter } from '../../../domain/wallet/retry.ts';

/**
 * What a change of a card does to its passes, as the SET of an UPDATE of `passes`. The pass wants a version more than it did, at least that
 * of the card (`version`), and is stale from the `instant` on, if not before; both are SQL. What waited for a change is tried at once: a pass
 * that was refused for its content ('infinity'), a dead one, and one that only a new look had marked (stale from a later instant on).
 */
export function staleSince(version: string, instant: string): string {
  return `
    wanted_version = greatest(passes.wanted_version + 1, ${version}),
    stale_since = least(coalesce(passes.stale_since, ${instant}), ${instant}),
    next_attempt_at = CASE
      WHEN passes.next_attempt_at = 'infinity' OR passes.attempts >= ${deadAfter} OR passes.stale_since > ${instant} THEN NULL
      ELSE passes.next_attempt_at END,
    modified_at = greatest(date_trunc('seconds', ${instant}), passes.modified_at + interval '1 second'),
    changed_xid = pg_current_xact_id()`;
}
