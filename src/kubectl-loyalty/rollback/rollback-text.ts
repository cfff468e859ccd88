import { dayAndDistance, printable } from '../text.ts';
import type { RollbackResult } from './rollback-result.ts';

/** What happened, what is live now, and how to undo it. */
export function rollbackText(result: RollbackResult, now: Date): string {
  const lines = [whatHappened(result), ...whatIsLive(result, now), ...whatIsNext(result)];
  return lines.map((line) => `${printable(line)}\n`).join('');
}

function whatHappened({ namespace, name, before, rollbackTo, changed, patch }: RollbackResult): string {
  const subject = `WalletCredential ${namespace}/${name}`;
  const live = before.revision === null ? 'nothing' : `revision ${before.revision}`;
  if (rollbackTo === null) {
    if (before.rollbackTo === null) return `${subject}: spec.rollbackTo is not set, so there is nothing to undo.`;
    const verb = changed ? 'spec.rollbackTo was removed' : 'spec.rollbackTo would be removed';
    return `${subject}: ${verb}; it was ${before.rollbackTo}.`;
  }
  if (patch === null) return `${subject}: spec.rollbackTo is ${rollbackTo} already.`;
  return `${subject}: spec.rollbackTo ${changed ? 'was set' : 'would be set'} to ${rollbackTo}; live ${changed ? 'was' : 'is'} ${live}.`;
}

function whatIsLive({ dryRun, patch, live }: RollbackResult, now: Date): string[] {
  if (dryRun) return patch ? [`Patch (JSON merge): ${JSON.stringify(patch)}`, 'Nothing was written.'] : [];
  if (!live) return [];
  const until = live.expiresAt === null ? '' : `, valid until ${dayAndDistance(live.expiresAt, now, 'expired')}`;
  return [`Revision ${live.revision} is live in Secret ${live.secretName} since ${live.since}${until}.`];
}

function whatIsNext({ rollbackTo, dryRun, changed, live, undo, follow }: RollbackResult): string[] {
  if (rollbackTo === null && !changed) return [];
  const waitForIt = live || dryRun ? [] : [`To see what becomes of it: ${follow}`];
  if (rollbackTo === null) return waitForIt;
  const pinned = 'It stays so: later sources are checked and reported, not promoted, until this is undone.';
  return [...waitForIt, ...(live ? [pinned] : []), `To follow the source again: ${undo}`];
}
