/** What a wallet's answer means for the pass, the card or the platform. Names are CamelCase and stable: people script against them. */
export interface RetryRule {
  /** The answers, for people. */
  answers: string;
  /** What is done within the same run. `tries`: requests at most, the first one included. */
  atOnce:
    | { action: 'none' }
    | { action: 'create' | 'patch' | 'renew credential' | 'read issuer'; tries: 2 }
    | { action: 'back off'; tries: number };
  /** When the pass is tried again after that. `doubling`: minutes · 2ⁿ, n = attempts before, up to `mostMinutes`. */
  later:
    | { when: 'never' | 'next run' | 'card changes' | 'credential changes' }
    | { when: 'after'; minutes: number; doubling: boolean; mostMinutes: number };
  counts: 'synced' | 'created' | 'pruned' | 'throttled' | 'stopped' | 'failed';
  /** Of what failed: whether trying again without a change can help. */
  lasting?: 'permanent' | 'transient';
  /** Whether it counts as an attempt of the pass; after {@link deadAfter} of them in a row the pass is dead. */
  attempt: boolean;
  /** What a person is to do. */
  advice: string;
}

/** After so many attempts in a row a pass is dead: tried once a day, and at once when the card changes or a new credential goes live. */
export const deadAfter = 10;

/** Minutes between tries of a dead pass. */
export const deadMinutes = 1_440;

const nothing = 'Nothing.';

/**
 * Every outcome of sending a pass: Google's by status and `error.errors[0]` (developers.google.com/wallet), Apple's by status and reason
 * ("Handling notification responses from APNs", developer.apple.com). Code, tests and the runbook of the wallet sync are held to this table.
 */
export const retryTable = {
  Synced: {
    answers: '2xx',
    atOnce: { action: 'none' },
    later: { when: 'never' },
    counts: 'synced',
    attempt: false,
    advice: nothing,
  },
  Created: {
    answers: '404 for a class or an object',
    atOnce: { action: 'create', tries: 2 },
    later: { when: 'never' },
    counts: 'created',
    attempt: false,
    advice: nothing,
  },
  AlreadyExists: {
    answers: '409 for a class or an object that was to be created',
    atOnce: { action: 'patch', tries: 2 },
    later: { when: 'never' },
    counts: 'synced',
    attempt: false,
    advice: nothing,
  },
  InvalidContent: {
    answers: '400 of Google; 400 of APNs that does not judge the device token; 413',
    atOnce: { action: 'none' },
    later: { when: 'card changes' },
    counts: 'failed',
    lasting: 'permanent',
    attempt: true,
    advice: 'Correct what the message names in the program or the card; the change sends the pass again.',
  },
  CredentialRefused: {
    answers: '401, invalid_grant; APNs 403 or a TLS alert for the certificate',
    atOnce: { action: 'renew credential', tries: 2 },
    later: { when: 'next run' },
    counts: 'stopped',
    attempt: false,
    advice: 'The platform is stopped. Replace or roll back the credential: runbook WalletPlatformStopped.',
  },
  Throttled: {
    answers:
      '429; 403 of domain usageLimits or reason quotaExceeded, rateLimitExceeded, userRateLimitExceeded, dailyLimitExceeded',
    atOnce: { action: 'back off', tries: 5 },
    later: { when: 'next run' },
    counts: 'throttled',
    attempt: false,
    advice:
      'Nothing while the next runs catch up. If it lasts, lower GOOGLE_RATE_PER_SECOND or ask Google for more quota.',
  },
  IssuerRefused: {
    answers: 'another 403, and the issuer cannot be read with the same token',
    atOnce: { action: 'read issuer', tries: 2 },
    later: { when: 'next run' },
    counts: 'stopped',
    attempt: false,
    advice:
      'The platform is stopped. Add the service account as a user of the issuer in the Google Pay & Wallet Console: runbook WalletPlatformStopped.',
  },
  CardRefused: {
    answers: 'another 403, and the issuer can be read with the same token',
    atOnce: { action: 'read issuer', tries: 2 },
    later: { when: 'card changes' },
    counts: 'failed',
    lasting: 'permanent',
    attempt: true,
    advice:
      'Look at the object or class that the message names in the Google Pay & Wallet Console, then sync the card again.',
  },
  Unavailable: {
    answers: '5xx of Google, timeout, connection refused or reset',
    atOnce: { action: 'back off', tries: 3 },
    later: { when: 'after', minutes: 5, doubling: true, mostMinutes: 1_440 },
    counts: 'failed',
    lasting: 'transient',
    attempt: true,
    advice:
      'Nothing: it is tried again by itself. If all cards fail, look at the network and at the status page of the provider.',
  },
  Unregistered: {
    answers: 'APNs 410 Unregistered, ExpiredToken',
    atOnce: { action: 'none' },
    later: { when: 'never' },
    counts: 'pruned',
    attempt: false,
    advice: 'Nothing: the pass was removed from the device.',
  },
  BadDeviceToken: {
    answers: 'APNs 400 BadDeviceToken, DeviceTokenNotForTopic',
    atOnce: { action: 'none' },
    later: { when: 'card changes' },
    counts: 'failed',
    lasting: 'permanent',
    attempt: true,
    advice:
      'One device: nothing, it registers anew by itself. Many: APNS_URL is of another environment, or the pass type is another one than before.',
  },
  TopicRefused: {
    answers: 'APNs 400 BadDeviceToken or DeviceTokenNotForTopic for every push of the topic in the run',
    atOnce: { action: 'none' },
    later: { when: 'next run' },
    counts: 'stopped',
    attempt: false,
    advice:
      'The platform is stopped. Compare APNS_URL and the pass type identifier with those the devices registered with: runbook WalletPlatformStopped.',
  },
  ApnsBusy: {
    answers: 'APNs 429, 5xx',
    atOnce: { action: 'none' },
    later: { when: 'after', minutes: 15, doubling: false, mostMinutes: 15 },
    counts: 'failed',
    lasting: 'transient',
    attempt: true,
    advice: 'Nothing: it is tried again by itself.',
  },
} as const satisfies Record<string, RetryRule>;

export type WalletOutcome = keyof typeof retryTable;

/**
 * When a pass is tried again after an outcome.
 * @param attempts those in a row, this one included when the rule counts it
 * @returns `now`: with the next claim; `card changes`: not before that; a Date: not before it; undefined: there is nothing to be tried
 */
export function nextAttempt(
  outcome: WalletOutcome,
  attempts: number,
  now: Date,
): 'now' | 'card changes' | Date | undefined {
  const { later, attempt }: RetryRule = retryTable[outcome];
  if (later.when === 'never') return undefined;
  if (attempt && attempts >= deadAfter) return minutesAfter(now, deadMinutes);
  if (later.when === 'card changes') return 'card changes';
  if (later.when !== 'after') return 'now';
  const doublings = later.doubling ? Math.max(0, attempts - 1) : 0;
  return minutesAfter(now, Math.min(later.mostMinutes, later.minutes * 2 ** doublings));
}

function minutesAfter(now: Date, minutes: number): Date {
  return new Date(now.getTime() + minutes * 60_000);
}
