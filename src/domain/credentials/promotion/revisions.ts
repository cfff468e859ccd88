import type { LiveMeta, RevisionMeta } from './observed.ts';

/** Name of the Secret that keeps a revision. */
export function revisionSecretName(credentialName: string, revision: number): string {
  return `${credentialName}-rev-${revision}`;
}

/** The highest number ever given: from the revision Secrets and the live Secret's annotations, never from status. */
export function highestRevision(revisions: readonly RevisionMeta[], live: LiveMeta | undefined): number {
  return Math.max(0, live?.revision ?? 0, live?.highestRevision ?? 0, ...revisions.map((kept) => kept.revision));
}

/**
 * Which revisions go: the lowest numbers beyond the limit, which counts the live one. The live and the pinned one always stay.
 */
export function revisionsToPrune(
  revisions: readonly RevisionMeta[],
  limit: number,
  keep: readonly (number | undefined)[],
): RevisionMeta[] {
  const kept = revisions.filter((candidate) => keep.includes(candidate.revision));
  const others = revisions
    .filter((candidate) => !keep.includes(candidate.revision))
    .sort((left, right) => right.revision - left.revision);
  return others.slice(Math.max(0, limit - kept.length)).sort((left, right) => left.revision - right.revision);
}
