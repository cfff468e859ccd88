import { childrenOf, identifierOf, octetsOf } from '../../domain/credentials/reading/der-values.ts';
import type { Element } from '../../domain/credentials/reading/der.ts';
import { roundsOf, withIterations, type PasswordEncryption } from './passphrase-work.ts';
import { pbes1Schemes } from './pbes1.ts';
import { readPbes2 } from './pbes2.ts';

/** Reads an AlgorithmIdentifier of PKCS#5 or PKCS#12. Undefined: not one that is read. Malformed DER is thrown. */
export function readPasswordEncryption(algorithm: Element | undefined): PasswordEncryption | undefined {
  const [type, parameters] = childrenOf(algorithm);
  const identifier = identifierOf(type);
  if (identifier === '1.2.840.113549.1.5.13') return readPbes2(parameters);
  const decryption = pbes1Schemes.get(identifier);
  if (!decryption) return undefined;
  const [salt, iterations] = childrenOf(parameters);
  const rounds = roundsOf(iterations);
  return withIterations(rounds, decryption(octetsOf(salt), rounds));
}
