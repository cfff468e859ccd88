import type { Apns } from '../../adapters/apple/push/client.ts';
import type { PushResult } from '../../adapters/apple/push/result.ts';
import type { ClaimedPass } from '../../adapters/postgres/wallet/claims.ts';
import {
  type PushRecord,
  readVersions,
  recordPushes,
  type Registration,
  registrationsToPush,
} from '../../adapters/postgres/wallet/registrations-to-push.ts';
import type { WalletOutcome } from '../../domain/wallet/retry.ts';
import type { Claimed } from './claimant.ts';
import type { LeasedPass, Leases } from './leases.ts';
import type { PlatformRun } from './platform-run.ts';

/** Passes of a claim: a device that has several of them is pushed once. */
const claimSize = 500;

/** Claims at a time: a push that hangs holds up only its own. */
const lanes = 3;

/** Of so many devices in a run, none of which took a push, it is not the devices. */
const doubtfulDevices = 5;

export interface AppleDeps {
  apns: Apns;
  leases: Leases;
  /** Reads the credential folder again. */
  renew: () => void;
  useCredential: () => Promise<void>;
}

/** What the run knows of the topic. */
interface Topic {
  taken: boolean;
  badTokens: Set<string>;
}

/** Pushes to the devices whose Apple passes are due. */
export async function sendToApple(run: PlatformRun, deps: AppleDeps): Promise<void> {
  const topic: Topic = { taken: false, badTokens: new Set() };
  await Promise.all(Array.from({ length: lanes }, () => lane(run, deps, topic)));
}

async function lane(run: PlatformRun, deps: AppleDeps, topic: Topic): Promise<void> {
  for (;;) {
    run.recorder.check();
    if (run.ending.ended) return;
    await deps.leases.release();
    await deps.useCredential();
    const claimed = await run.claimant.claim(claimSize);
    if (claimed.passes.length === 0) return claimed.lease.end();
    await pushClaim(run, deps, claimed, topic);
  }
}

async function pushClaim(run: PlatformRun, deps: AppleDeps, claimed: Claimed, topic: Topic): Promise<void> {
  const leased = deps.leases.open(claimed);
  const cards = await readVersions(run.database, claimed.passes);
  const versions = new Map(cards.map(({ cardId, version }) => [cardId, version]));
  const registrations = await registrationsToPush(run.database, cards);
  const results = await pushAll(deps, claimed, registrations, run);
  for (const [token, { outcome }] of results) {
    run.recorder.count(outcome);
    if (outcome === 'Synced') topic.taken = true;
    if (outcome === 'BadDeviceToken') topic.badTokens.add(token);
  }
  doubt(run, results, topic);
  const pushes = registrations.flatMap((each) => {
    const result = results.get(each.pushToken);
    return result === undefined ? [] : [recordOf(each, versions.get(each.cardId) ?? 0, result)];
  });
  const unsaved = new Set((await recordPushes(run.database, pushes)).map(({ cardId }) => cardId));
  const ofCards = Map.groupBy(registrations, ({ cardId }) => cardId);
  for (const each of leased) {
    const { cardId } = each.pass;
    const all = ofCards.get(cardId)?.map((registration) => resultOf(registration, results)) ?? [];
    conclude(run, deps, each, { version: versions.get(cardId) ?? 0, results: all, unsaved: unsaved.has(cardId) });
  }
}

/** One push for each device, whichever of the passes it has. Absent results: it is not known whether APNs took the push. */
async function pushAll(
  deps: AppleDeps,
  { lease }: Claimed,
  registrations: readonly Registration[],
  { ending }: PlatformRun,
): Promise<Map<string, PushResult>> {
  const tokens = [...new Set(registrations.map(({ pushToken }) => pushToken))];
  const results = new Map<string, PushResult>();
  const push = async (token: string): Promise<void> => {
    lease.check();
    if (lease.waiting.aborted) return;
    let result = await deps.apns.push(token, {}, lease.signal);
    if (result.outcome === 'CredentialRefused') {
      deps.renew();
      lease.check();
      if (!lease.waiting.aborted) result = await deps.apns.push(token, {}, lease.signal);
    }
    if (!lease.signal.aborted) results.set(token, result);
    const { outcome, message } = result;
    if (outcome === 'CredentialRefused') ending.stop({ outcome, message });
  };
  await Promise.all(tokens.map(push));
  return results;
}

/** Only bad tokens, and no device that took a push: not the devices are at fault but our environment or topic. */
function doubt({ ending }: PlatformRun, results: Map<string, PushResult>, { taken, badTokens }: Topic): void {
  if (taken || badTokens.size < doubtfulDevices) return;
  const first = [...results.values()].find(({ outcome }) => outcome === 'BadDeviceToken');
  if (first === undefined) return;
  const message = `No device of ${badTokens.size} took a push. ${first.message}`;
  ending.stop({ outcome: 'TopicRefused', message });
}

function recordOf(registration: Registration, version: number, result: PushResult): PushRecord {
  const { outcome, message } = result;
  const taken = outcome === 'Synced';
  const goneSince = outcome === 'Unregistered' ? (result.timestamp ?? null) : null;
  const why = { reason: taken ? null : outcome, message: taken ? null : message };
  return { ...registration, version, taken, goneSince, ...why };
}

/** Of a device that registered after what APNs speaks of, nothing is known: it is asked again. */
function resultOf(registration: Registration, results: ReadonlyMap<string, PushResult>): PassResult | undefined {
  const result = results.get(registration.pushToken);
  if (result?.outcome !== 'Unregistered') return result;
  if (result.timestamp !== undefined && result.timestamp >= registration.registeredAt) return result;
  return { outcome: 'ApnsBusy', message: `${result.message}, but the device registered after that` };
}

type PassResult = Pick<PushResult, 'message'> & { outcome: WalletOutcome };

/** What decides of several devices: the first of these that one of them has. */
const severity: readonly WalletOutcome[] = [
  'CredentialRefused',
  'Unavailable',
  'ApnsBusy',
  'InvalidContent',
  'BadDeviceToken',
  'Unregistered',
];

interface Conclusion {
  version: number;
  /** Of every device; undefined: it is not known. */
  results: readonly (PassResult | undefined)[];
  /** No device has the pass any more. */
  unsaved: boolean;
}

function conclude(run: PlatformRun, { leases }: AppleDeps, leased: LeasedPass, conclusion: Conclusion): void {
  const { version, results, unsaved } = conclusion;
  if (results.includes(undefined)) {
    // What was not sent at all is given back; what was under way rests until the end of the claim.
    return leased.lease.signal.aborted ? leases.close(leased) : leases.giveBack(leased);
  }
  const pass: ClaimedPass = leased.pass;
  const worst = severity.map((outcome) => results.find((result) => result?.outcome === outcome)).find(Boolean);
  const { outcome = 'Synced', message = '' } = worst ?? {};
  const why = run.ending.why;
  const refused = outcome === 'BadDeviceToken' && typeof why === 'object' && why.outcome === 'TopicRefused';
  const sent = { pass, claim: leased.lease.claim, version, message, notified: false };
  const hasUsers = unsaved ? false : undefined;
  run.recorder.add({ ...sent, outcome: refused ? 'TopicRefused' : outcome, hasUsers });
  leases.close(leased);
}
