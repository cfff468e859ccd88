import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import {
  type CallbackVerdict,
  type RootKey,
  type SignedCallback,
  verifyCallback,
} from '../../../../src/domain/wallet/google/callback.ts';
import { type CallbackOptions, CallbackSigner } from '../../../support/fake-google/callback-signer.ts';

const now = new Date('2026-06-01T12:00:00Z');
const recipient = '3388000000012345678';
const signer = new CallbackSigner(() => now);

function rootKeys(of = signer): RootKey[] {
  const { keys } = of.keys().json as { keys: { keyValue: string; protocolVersion: string; keyExpiration?: string }[] };
  return keys.map(({ keyExpiration, ...key }) => ({
    ...key,
    ...(keyExpiration !== undefined && { keyExpiration: Number(keyExpiration) }),
  }));
}

const event = signer.event({ classId: `${recipient}.c`, objectId: `${recipient}.ö✓`, eventType: 'save' });
const signed = (options: Partial<CallbackOptions> = {}): SignedCallback =>
  signer.sign(event, { recipient, ...options });
const verdictOf = (
  callback: SignedCallback,
  more: Partial<Parameters<typeof verifyCallback>[1]> = {},
): CallbackVerdict => verifyCallback(callback, { rootKeys: rootKeys(), recipient, now, ...more });

function refused(verdict: CallbackVerdict, reason: RegExp, unknownRoot?: true): void {
  assert.ok('refusal' in verdict, 'it was taken');
  assert.match(verdict.refusal, reason);
  assert.equal(verdict.unknownRoot, unknownRoot);
}

describe('a callback of Google', () => {
  it('is taken with the lengths of its components in bytes, whatever alphabet they are in', () => {
    assert.deepEqual(verdictOf(signed()), { event });
  });

  const changes: Record<
    string,
    [change: (callback: SignedCallback) => SignedCallback, reason: RegExp, unknown?: true]
  > = {
    'another protocolVersion': [(it) => ({ ...it, protocolVersion: 'ECv1' }), /protocolVersion is not ECv2SigningOnly/],
    'another message': [(it) => ({ ...it, signedMessage: it.signedMessage.replace('save', 'del') }), /has not signed/],
    'another signature': [(it) => ({ ...it, signature: signed().signature }), /has not signed/],
    'a signature that is none': [(it) => ({ ...it, signature: 'AAAA' }), /has not signed/],
    'a longer life of the intermediate key': [
      (it) => ({
        ...it,
        intermediateSigningKey: {
          ...it.intermediateSigningKey,
          signedKey: it.intermediateSigningKey.signedKey.replace(/"\d{13}"/, '"9999999999999"'),
        },
      }),
      /no root key/,
      true,
    ],
    'another intermediate key': [
      (it) => ({
        ...it,
        intermediateSigningKey: { ...it.intermediateSigningKey, signedKey: signed().intermediateSigningKey.signedKey },
      }),
      /no root key/,
      true,
    ],
    'signatures of another intermediate key': [
      (it) => ({
        ...it,
        intermediateSigningKey: {
          ...it.intermediateSigningKey,
          signatures: signed().intermediateSigningKey.signatures,
        },
      }),
      /no root key/,
      true,
    ],
  };
  for (const [name, [change, reason, unknown]] of Object.entries(changes)) {
    it(`is refused with ${name}`, () => refused(verdictOf(change(signed())), reason, unknown));
  }

  it('is refused when it is for another issuer', () => {
    refused(verdictOf(signed({ recipient: '3388000000099999999' })), /for this issuer/);
    refused(verdictOf(signed(), { recipient: '3388000000099999999' }), /for this issuer/);
  });

  it('is refused of another sender than GooglePayPasses', () => {
    refused(verdictOf(signed({ sender: 'GooglePayPassez' })), /no root key/, true);
  });

  it('is refused when its intermediate key has expired', () => {
    refused(verdictOf(signed({ intermediateExpiration: now.getTime() })), /intermediate key has expired/);
  });

  it('is refused when the root key has expired, and newer ones are to be asked for', () => {
    const keys = rootKeys().map((key) => ({ ...key, keyExpiration: now.getTime() }));
    refused(verdictOf(signed(), { rootKeys: keys }), /no root key/, true);
  });

  it('is refused when the message has expired', () => {
    const late = signer.event({ ...event, expTimeMillis: now.getTime() - 1 });
    refused(verdictOf(signer.sign(late, { recipient })), /message has expired/);
  });

  it('is refused of a key of another protocol, or by nobody that is known', () => {
    const others = rootKeys().map((key) => ({ ...key, protocolVersion: 'ECv1' }));
    refused(verdictOf(signed(), { rootKeys: others }), /no root key/, true);
    refused(verdictOf(signed(), { rootKeys: rootKeys(new CallbackSigner(() => now)) }), /no root key/, true);
  });

  it('is refused, whatever single character of it is changed', () => {
    const callback = signed();
    const text = JSON.stringify(callback);
    const keys = rootKeys();
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.constantFrom('A', 'z', '0', ' '), (place, character) => {
        const changed = text.slice(0, place) + character + text.slice(place + 1);
        let read: SignedCallback;
        try {
          read = JSON.parse(changed) as SignedCallback;
          const { intermediateSigningKey: key, signedMessage, signature } = read;
          // The guard of the API refuses what has another shape.
          if ([key.signedKey, signedMessage, signature].some((text) => typeof text !== 'string')) return;
          if (!Array.isArray(key.signatures)) return;
        } catch {
          return;
        }
        const verdict = verifyCallback(read, { rootKeys: keys, recipient, now });
        // The last bits of base64 say nothing: what is taken says what was signed.
        if ('event' in verdict) assert.deepEqual(verdict, { event });
      }),
    );
  });

  it('is refused of a key that is none', () => {
    const { publicKey } = generateKeyPairSync('ed25519');
    const keyValue = publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
    for (const value of [keyValue, 'AAAA', '']) {
      refused(
        verdictOf(signed(), { rootKeys: [{ keyValue: value, protocolVersion: 'ECv2SigningOnly' }] }),
        /no root key/,
        true,
      );
    }
  });
});
