import type { ApnsIdentity } from '../apns.ts';

/** The pass certificate that is live. */
export interface PushIdentity extends ApnsIdentity {
  /** It differs whenever anything else here does. */
  fingerprint: string;
}
