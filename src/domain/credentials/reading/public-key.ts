import { bitsOf, bitLength, childrenOf, identifierOf, magnitudeOf } from './der-values.ts';
import { readElement, type Element } from './der.ts';
import { limits } from './limits.ts';

/** A public key, or the public half of a private one, as far as the checks look at it. */
export type PublicKey = RsaNumbers | { kind: 'other'; name: string };

export interface RsaNumbers {
  kind: 'rsa';
  modulusBits: number;
  exponentBits: number;
  /** Hexadecimal of modulus and exponent: equal for equal keys. */
  identity: string;
}

export const rsaEncryption = '1.2.840.113549.1.1.1';

const otherAlgorithms = new Map([
  ['1.2.840.113549.1.1.10', 'RSA-PSS'],
  ['1.2.840.10045.2.1', 'ECDSA'],
  ['1.2.840.10040.4.1', 'DSA'],
  ['1.3.101.112', 'Ed25519'],
  ['1.3.101.113', 'Ed448'],
]);

const curves = new Map([
  ['1.2.840.10045.3.1.7', 'P-256'],
  ['1.3.132.0.34', 'P-384'],
  ['1.3.132.0.35', 'P-521'],
]);

/** `ECDSA P-256`, `Ed25519`, …: the name of a key algorithm that is not RSA. */
export function algorithmName(algorithm: Element | undefined): string {
  const [type, parameters] = childrenOf(algorithm);
  const identifier = identifierOf(type);
  const name = otherAlgorithms.get(identifier) ?? 'unknown';
  const curve = name === 'ECDSA' && parameters?.tag === 6 ? curves.get(identifierOf(parameters)) : undefined;
  return curve === undefined ? name : `${name} ${curve}`;
}

/** Reads a SubjectPublicKeyInfo. */
export function readPublicKey(element: Element | undefined): PublicKey {
  const [algorithm, key] = childrenOf(element);
  if (identifierOf(childrenOf(algorithm)[0]) !== rsaEncryption)
    return { kind: 'other', name: algorithmName(algorithm) };
  const [modulus, exponent] = childrenOf(readElement(bitsOf(key)));
  return rsaNumbers(magnitudeOf(modulus), magnitudeOf(exponent));
}

export function rsaNumbers(modulus: Uint8Array, exponent: Uint8Array): RsaNumbers {
  const identity = `${Buffer.from(modulus).toString('hex')}:${Buffer.from(exponent).toString('hex')}`;
  return { kind: 'rsa', modulusBits: bitLength(modulus), exponentBits: bitLength(exponent), identity };
}

/** Why work with this key would cost too much, or undefined. */
export function excessOf(key: PublicKey): string | undefined {
  if (key.kind !== 'rsa') return undefined;
  const { modulusBits, exponentBits } = key;
  if (modulusBits > limits.rsaModulusBits)
    return `an RSA key of ${modulusBits} bits; at most ${limits.rsaModulusBits} are read`;
  if (exponentBits <= limits.rsaExponentBits) return undefined;
  return `an RSA key whose public exponent has ${exponentBits} bits; at most ${limits.rsaExponentBits} are read`;
}
