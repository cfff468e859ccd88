import type { SourceInput } from '../../domain/credentials/checks/check-source.ts';
import type { PlainVerdict } from './thread-verdict.ts';

/** What the thread needs once. */
export interface ThreadData {
  appleRootsPem: string;
}

/** To the thread. The bytes are the thread's own copy, which it wipes. */
export interface CheckRequest {
  id: number;
  input: Omit<SourceInput, 'appleRoots'>;
}

/** From the thread. */
export type ThreadAnswer =
  /** Once: it waits for work. */
  | { kind: 'ready' }
  | { kind: 'verdict'; id: number; verdict: PlainVerdict }
  /** A defect of ours. Only where it happened: an error's message may quote what was read. */
  | { kind: 'failed'; id: number; error: string };
