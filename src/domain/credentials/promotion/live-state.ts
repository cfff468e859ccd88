import type { LiveMetadata, Observed } from './observed.ts';

/** What stands where the live Secret belongs. */
export type LiveState =
  | { state: 'absent' }
  /** Somebody else's Secret: never touched. */
  | { state: 'foreign' }
  /** Ours, but changed since we last knew what it holds. */
  | { state: 'unread' }
  /** Ours, and a hand has changed what it holds. */
  | { state: 'spoilt' }
  | { state: 'intact'; revision: number; fingerprint: string; metadata: LiveMetadata };

/**
 * The status vouches for the live Secret as long as its resourceVersion is the one that was written; else its content does.
 * So a restart reads no Secret, and a crash between the write of the live Secret and that of the status loses nothing.
 */
export function liveStateOf(observed: Observed): LiveState {
  const { live, liveContent, resource } = observed;
  if (!live) return { state: 'absent' };
  if (!live.ours) return { state: 'foreign' };
  if (liveContent?.resourceVersion === live.resourceVersion) return readState(observed);
  const known = resource.status?.live;
  const firstSeen = resource.status?.key?.firstSeen;
  if (known?.resourceVersion !== live.resourceVersion || firstSeen === undefined) return { state: 'unread' };
  const { revision, fingerprint } = known;
  return {
    state: 'intact',
    revision,
    fingerprint,
    metadata: metadata(revision, fingerprint, firstSeen, resource.status?.rotateBy),
  };
}

function readState({ live, liveContent, revisions }: Observed): LiveState {
  const found = liveContent?.metadata;
  if (!found || found.revision !== live?.revision || found.fingerprint !== live.fingerprint) return { state: 'spoilt' };
  const kept = revisions.find((candidate) => candidate.revision === found.revision);
  if (liveContent.fingerprint !== found.fingerprint || (kept && kept.fingerprint !== found.fingerprint))
    return { state: 'spoilt' };
  return { state: 'intact', revision: found.revision, fingerprint: found.fingerprint, metadata: found };
}

/** metadata.json of the live Secret; its keys in this order, so that equal metadata are equal text. */
export function metadata(
  revision: number,
  fingerprint: string,
  keyFirstSeen: string,
  rotateBy: string | undefined,
): LiveMetadata {
  return { revision, fingerprint, keyFirstSeen, ...(rotateBy !== undefined && { rotateBy }) };
}

export function sameMetadata(left: LiveMetadata, right: LiveMetadata): boolean {
  const text = (value: LiveMetadata): string =>
    JSON.stringify(metadata(value.revision, value.fingerprint, value.keyFirstSeen, value.rotateBy));
  return text(left) === text(right);
}

/** Whether the live Secret holds what is wanted. */
export function contentFits(live: LiveState, wanted: LiveMetadata): boolean {
  return live.state === 'intact' && sameMetadata(live.metadata, wanted);
}
