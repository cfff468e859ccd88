import { googleError } from './google-error.ts';
import { type Json, classMistake, isObject, merged, objectMistake } from './wallet-rules.ts';
import type { Reply } from '../reply.ts';

export type WalletKind = 'loyaltyClass' | 'loyaltyObject';

/** A class or an object as Google keeps it. */
export interface Kept {
  kind: WalletKind;
  resource: Json;
  /** What it was after each write, the oldest first. */
  versions: Json[];
  /** Milliseconds since 1970 of the updates that told its users. */
  notified: number[];
  hasUsers: boolean;
}

/** Classes and objects of all issuers, in the one namespace that they share. Nothing is ever removed. */
export class WalletStore {
  readonly #kept = new Map<string, Kept>();
  /** Whether every version of a resource is kept, for tests of their order; false saves memory. */
  keepVersions = true;

  find(id: string): Kept | undefined {
    return this.#kept.get(id);
  }

  /** Of a kind, in the order in which they were made. */
  all(kind: WalletKind): Kept[] {
    return [...this.#kept.values()].filter((kept) => kept.kind === kind);
  }

  /** A customer saves an object, or deletes it from the wallet. */
  setUsers(id: string, hasUsers: boolean): void {
    const kept = this.#kept.get(id);
    if (kept?.kind !== 'loyaltyObject') throw new Error(`there is no object ${id} to be saved`);
    kept.hasUsers = hasUsers;
  }

  insert(kind: WalletKind, body: unknown): Reply {
    if (!isObject(body)) return googleError('badRequest', 'Invalid JSON payload received.');
    const mistake = this.#mistake(kind, body);
    if (mistake !== undefined) return mistake;
    const id = String(body['id']);
    if (this.#kept.has(id)) return googleError('existingResource', `${id} already exists.`);
    const kept: Kept = { kind, resource: {}, versions: [], notified: [], hasUsers: false };
    this.#kept.set(id, kept);
    return this.#write(kept, body);
  }

  patch(kind: WalletKind, id: string, body: unknown, now: Date): Reply {
    const kept = this.#kept.get(id);
    if (kept?.kind !== kind) return googleError('resourceNotFound', `${kind} ${id} not found`);
    if (!isObject(body)) return googleError('badRequest', 'Invalid JSON payload received.');
    // An update says in which state the review is; what is there has been approved, which cannot be sent back.
    if (kind === 'loyaltyClass' && body['reviewStatus'] !== 'UNDER_REVIEW') {
      return googleError('badRequest', 'Invalid review status: an update is UNDER_REVIEW.');
    }
    const { notifyPreference, ...members } = body;
    const resource = merged(kept.resource, members);
    if (resource['id'] !== id) return googleError('badRequest', 'The id cannot be changed.');
    const mistake = this.#mistake(
      kind,
      kind === 'loyaltyClass' ? { ...resource, reviewStatus: 'UNDER_REVIEW' } : resource,
    );
    if (mistake !== undefined) return mistake;
    return notify(kept, notifyPreference, now) ?? this.#write(kept, resource);
  }

  read(kind: WalletKind, id: string): Reply {
    const kept = this.#kept.get(id);
    return kept?.kind === kind ? answer(kept) : googleError('resourceNotFound', `${kind} ${id} not found`);
  }

  #mistake(kind: WalletKind, body: Json): Reply | undefined {
    const mistake = kind === 'loyaltyClass' ? classMistake(body) : objectMistake(body);
    if (mistake !== undefined) return googleError('badRequest', mistake);
    if (kind === 'loyaltyClass') return undefined;
    const of = this.#kept.get(String(body['classId']));
    if (of?.kind !== 'loyaltyClass')
      return googleError('classNotFound', `loyaltyClass ${String(body['classId'])} not found`);
    if (of.resource['reviewStatus'] === 'DRAFT')
      return googleError('badRequest', 'Objects cannot be made of a DRAFT class.');
    return undefined;
  }

  #write(kept: Kept, resource: Json): Reply {
    // Of an issuer that may publish, Google approves at once.
    const reviewed = resource['reviewStatus'] === 'UNDER_REVIEW' ? { ...resource, reviewStatus: 'APPROVED' } : resource;
    kept.resource = reviewed;
    if (this.keepVersions) kept.versions.push(reviewed);
    return answer(kept);
  }
}

function answer({ kind, resource, hasUsers }: Kept): Reply {
  const own = kind === 'loyaltyObject' ? { hasUsers } : {};
  return { status: 200, json: { kind: `walletobjects#${kind}`, ...resource, ...own } };
}

/** An object's users are told of three updates in 24 hours. */
const notifications = { most: 3, milliseconds: 86_400_000 };

function notify(kept: Kept, preference: unknown, now: Date): Reply | undefined {
  if (preference === undefined || preference === null || preference === 'NOTIFICATION_SETTINGS_FOR_UPDATES_UNSPECIFIED')
    return undefined;
  if (preference !== 'NOTIFY_ON_UPDATE') return googleError('badRequest', 'Invalid value for notifyPreference.');
  const instant = now.getTime();
  const recent = kept.notified.filter((before) => before > instant - notifications.milliseconds);
  if (recent.length >= notifications.most)
    return googleError('quotaExceeded', 'Too many notifications for the object.');
  kept.notified.push(instant);
  return undefined;
}
