import { createHmac, timingSafeEqual } from 'node:crypto';
import { childrenOf, identifierOf, numberOf, octetsOf } from '../../domain/credentials/reading/der-values.ts';
import type { Element } from '../../domain/credentials/reading/der.ts';
import { roundsOf, type Passphrase } from './passphrase-work.ts';
import { pseudoRandomFunctions, readPbkdf2 } from './pbes2.ts';
import { deriveKey, digests } from './pkcs12-key-derivation.ts';

/** The MAC by which a PKCS#12 file shows that a passphrase is the right one. Reading it costs nothing. */
export interface Pkcs12Mac {
  iterations: number;
  /** Does the work. */
  fits: (contents: Uint8Array, passphrase: Passphrase) => boolean;
}

/** Reads MacData (RFC 7292 section 4). Undefined: not one that is read. Malformed DER is thrown. */
export function readMac(macData: Element): Pkcs12Mac | undefined {
  const [digestInfo, salt, count] = childrenOf(macData);
  const [algorithm, digest] = childrenOf(digestInfo);
  const [type, parameters] = childrenOf(algorithm);
  const expected = octetsOf(digest);
  const identifier = identifierOf(type);
  if (identifier === '1.2.840.113549.1.5.14') return readPbmac1(parameters, expected);
  const hash = digests.get(identifier);
  if (!hash) return undefined;
  const iterations = count === undefined ? 1 : roundsOf(count);
  const octets = octetsOf(salt);
  const fits: Pkcs12Mac['fits'] = (contents, { pkcs12: password }) => {
    const key = deriveKey({ digest: hash, purpose: 'mac', password, salt: octets, iterations, size: hash.size });
    return equal(createHmac(hash.name, key).update(contents).digest(), expected);
  };
  return { iterations, fits };
}

/** PBMAC1 with PBKDF2 (RFC 9579), as OpenSSL 3.4 writes with -pbmac1_pbkdf2. */
function readPbmac1(parameters: Element | undefined, expected: Uint8Array): Pkcs12Mac | undefined {
  const [derivation, scheme] = childrenOf(parameters);
  const [type, derivationParameters] = childrenOf(derivation);
  const digest = pseudoRandomFunctions.get(identifierOf(childrenOf(scheme)[0]));
  if (identifierOf(type) !== '1.2.840.113549.1.5.12' || digest === undefined) return undefined;
  const pbkdf2 = readPbkdf2(derivationParameters);
  const keySize = numberOf(childrenOf(derivationParameters)[2]);
  if (!pbkdf2 || keySize < 1 || keySize > 128) return undefined;
  const fits: Pkcs12Mac['fits'] = (contents, { octets }) =>
    equal(createHmac(digest, pbkdf2.derive(octets, keySize)).update(contents).digest(), expected);
  return { iterations: pbkdf2.iterations, fits };
}

function equal(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && timingSafeEqual(one, other);
}
