import { generateKeyPairSync, type KeyObject, randomUUID, sign } from 'node:crypto';
import type { Reply } from '../reply.ts';

export interface CallbackEvent {
  classId: string;
  objectId: string;
  eventType: 'save' | 'del';
  /** Milliseconds since 1970. */
  expTimeMillis: number;
  nonce: string;
}

/** What Google posts: https://developers.google.com/wallet/generic/use-cases/use-callbacks-for-saves-and-deletions */
export interface SignedCallback {
  protocolVersion: string;
  signature: string;
  intermediateSigningKey: { signedKey: string; signatures: string[] };
  signedMessage: string;
}

export interface CallbackOptions {
  /** Issuer id. */
  recipient: string;
  sender?: string;
  protocolVersion?: string;
  /** Milliseconds since 1970; default: in an hour. */
  intermediateExpiration?: number;
}

interface RootKey {
  privateKey: KeyObject;
  keyValue: string;
  expiration: number | undefined;
}

/** Signs callbacks as Google does: a root key signs an intermediate key, which signs the message. */
export class CallbackSigner {
  readonly #now: () => Date;
  #roots: RootKey[] = [newRoot(undefined)];
  /** Of the list of root keys; undefined: there is none. */
  cacheControl: string | undefined = 'private, max-age=3600';

  constructor(now: () => Date) {
    this.#now = now;
  }

  /** The list of public root keys, with one of another protocol as Google has. */
  keys(): Reply {
    const ours = this.#roots.map(({ keyValue, expiration }) => ({
      keyValue,
      protocolVersion: 'ECv2SigningOnly',
      ...(expiration !== undefined && { keyExpiration: String(expiration) }),
    }));
    const other = { keyValue: newRoot(undefined).keyValue, protocolVersion: 'ECv1' };
    const headers = this.cacheControl === undefined ? {} : { 'cache-control': this.cacheControl };
    return { status: 200, json: { keys: [other, ...ours] }, headers };
  }

  /** From now on callbacks are signed under a new root key. @param keepOld whether the one before stays in the list */
  rollOver({ keepOld = false, expiration }: { keepOld?: boolean; expiration?: number } = {}): void {
    this.#roots = [newRoot(expiration), ...(keepOld ? this.#roots : [])];
  }

  event(event: Pick<CallbackEvent, 'classId' | 'objectId' | 'eventType'> & Partial<CallbackEvent>): CallbackEvent {
    return { expTimeMillis: this.#now().getTime() + 3_600_000, nonce: randomUUID(), ...event };
  }

  sign(event: CallbackEvent, options: CallbackOptions): SignedCallback {
    const { recipient, sender = 'GooglePayPasses', protocolVersion = 'ECv2SigningOnly' } = options;
    const { intermediateExpiration = this.#now().getTime() + 3_600_000 } = options;
    const intermediate = newRoot(undefined);
    const signedKey = JSON.stringify({
      keyValue: intermediate.keyValue,
      keyExpiration: String(intermediateExpiration),
    });
    const signedMessage = JSON.stringify(event);
    const [root] = this.#roots;
    if (root === undefined) throw new Error('there is no root key');
    return {
      protocolVersion,
      signature: signed(intermediate.privateKey, sender, recipient, protocolVersion, signedMessage),
      intermediateSigningKey: { signedKey, signatures: [signed(root.privateKey, sender, protocolVersion, signedKey)] },
      signedMessage,
    };
  }
}

function newRoot(expiration: number | undefined): RootKey {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { privateKey, keyValue: publicKey.export({ type: 'spki', format: 'der' }).toString('base64'), expiration };
}

/** Each component behind its length in bytes, four bytes little-endian. */
function signed(key: KeyObject, ...components: string[]): string {
  const parts = components.flatMap((component) => {
    const bytes = Buffer.from(component, 'utf8');
    const length = Buffer.alloc(4);
    length.writeUInt32LE(bytes.length);
    return [length, bytes];
  });
  return sign('sha256', Buffer.concat(parts), key).toString('base64');
}
