import { createPublicKey, verify } from 'node:crypto';

/** What Google posts when a customer has saved or deleted an object. https://developers.google.com/wallet/generic/use-cases/use-callbacks-for-saves-and-deletions */
export interface SignedCallback {
  protocolVersion: string;
  /** Base64, of the message, by the intermediate key. */
  signature: string;
  intermediateSigningKey: {
    /** JSON. */
    signedKey: string;
    /** Base64, of `signedKey`, each by a root key. */
    signatures: readonly string[];
  };
  /** JSON. */
  signedMessage: string;
}

/** A public key of Google's list. */
export interface RootKey {
  /** Base64 of DER, SubjectPublicKeyInfo. */
  keyValue: string;
  protocolVersion: string;
  /** Milliseconds since 1970; absent: it does not end. */
  keyExpiration?: number | undefined;
}

export interface CallbackEvent {
  classId: string;
  objectId: string;
  eventType: 'save' | 'del';
  nonce: string;
  /** Milliseconds since 1970: later it is not to be heeded. */
  expTimeMillis: number;
}

export type CallbackVerdict =
  | { event: CallbackEvent }
  /** `unknownRoot`: no root key that is known has signed it; there may be newer ones. */
  | { refusal: string; unknownRoot?: true };

export interface CallbackTrust {
  rootKeys: readonly RootKey[];
  /** Issuer id. */
  recipient: string;
  now: Date;
}

const sender = 'GooglePayPasses';
const protocol = 'ECv2SigningOnly';

/** Verifies a callback by ECv2SigningOnly: a root key has signed an intermediate key, and that the message, for this recipient. */
export function verifyCallback(callback: SignedCallback, { rootKeys, recipient, now }: CallbackTrust): CallbackVerdict {
  const { protocolVersion, intermediateSigningKey, signedMessage, signature } = callback;
  if (protocolVersion !== protocol) return { refusal: `protocolVersion is not ${protocol}` };
  const { signedKey, signatures } = intermediateSigningKey;
  const roots = rootKeys.filter((key) => key.protocolVersion === protocol && !isOver(key.keyExpiration, now));
  const signedPart = components(sender, protocol, signedKey);
  if (!roots.some(({ keyValue }) => signatures.some((each) => fits(keyValue, signedPart, each)))) {
    return { refusal: 'no root key of Google has signed the intermediate key', unknownRoot: true };
  }
  const intermediate = members(signedKey);
  const keyExpiration = instant(intermediate?.['keyExpiration']);
  if (keyExpiration === undefined || isOver(keyExpiration, now)) return { refusal: 'the intermediate key has expired' };
  const message = components(sender, recipient, protocol, signedMessage);
  if (!fits(String(intermediate?.['keyValue']), message, signature)) {
    return { refusal: 'the intermediate key has not signed this message for this issuer' };
  }
  return read(signedMessage, now);
}

function read(signedMessage: string, now: Date): CallbackVerdict {
  const { classId, objectId, eventType, nonce, expTimeMillis } = members(signedMessage) ?? {};
  const expiry = instant(expTimeMillis);
  const known = eventType === 'save' || eventType === 'del';
  if (typeof classId !== 'string' || typeof objectId !== 'string' || !known || expiry === undefined) {
    return { refusal: 'the message has another form than is known' };
  }
  if (typeof nonce !== 'string' || nonce.length === 0 || nonce.length > 255) return { refusal: 'it has no nonce' };
  if (isOver(expiry, now)) return { refusal: 'the message has expired' };
  return { event: { classId, objectId, eventType, nonce, expTimeMillis: expiry } };
}

/** What is signed: each component behind its length in bytes, four bytes little-endian. */
function components(...texts: string[]): Buffer {
  const parts = texts.flatMap((text) => {
    const bytes = Buffer.from(text, 'utf8');
    const length = Buffer.alloc(4);
    length.writeUInt32LE(bytes.length);
    return [length, bytes];
  });
  return Buffer.concat(parts);
}

/** ECDSA with SHA-256; what is no key or no signature fits nothing. */
function fits(keyValue: string, signed: Buffer, signature: string): boolean {
  try {
    const key = createPublicKey({ key: Buffer.from(keyValue, 'base64'), format: 'der', type: 'spki' });
    return key.asymmetricKeyType === 'ec' && verify('sha256', signed, key, Buffer.from(signature, 'base64'));
  } catch {
    return false;
  }
}

function members(json: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** Google writes instants as text or as numbers. */
function instant(value: unknown): number | undefined {
  const number = typeof value === 'string' && /^\d{1,16}$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isSafeInteger(number) ? number : undefined;
}

function isOver(expiration: number | undefined, now: Date): boolean {
  return expiration !== undefined && expiration <= now.getTime();
}
