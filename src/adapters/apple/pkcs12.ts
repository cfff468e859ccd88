import {
  childrenOf,
  explicitly,
  identifierOf,
  numberOf,
  octetsOf,
} from '../../domain/credentials/reading/der-values.ts';
import { attempt, malformed, readElement } from '../../domain/credentials/reading/der.ts';
import { limits } from '../../domain/credentials/reading/limits.ts';
import type { Pkcs12Reading } from '../../domain/credentials/reading/tools.ts';
import { excessOfIterations, passphraseOf, type Passphrase } from './passphrase-work.ts';
import { readAuthenticatedSafe, readSafeContents, type Encrypted, type SafeContents } from './pkcs12-contents.ts';
import { readMac, type Pkcs12Mac } from './pkcs12-mac.ts';

/** A PKCS#12 file as far as it shows without the passphrase. */
interface Pkcs12 {
  /** The octets that the MAC is over. */
  authenticated: Uint8Array;
  contents: SafeContents;
  mac: Pkcs12Mac | 'none' | 'unsupported';
}

/**
 * Opens a PKCS#12 file (RFC 7292): of Keychain Access, OpenSSL, Java and Windows, in DER or BER, with RC2, triple DES or
 * AES, with the MACs of PKCS#12 or PBMAC1, or with none. What it costs is looked at before anything is derived.
 * @param passphrases Tried in turn; none means the empty one, in both forms in which tools write it.
 */
export function readPkcs12(file: Uint8Array, passphrases: readonly Uint8Array[]): Pkcs12Reading {
  const pkcs12 = attempt(() => readFile(file));
  if (!pkcs12) return { outcome: 'malformed' };
  const excess = excessOf(pkcs12);
  if (excess !== undefined) return { outcome: 'too expensive', excess };
  if (pkcs12.mac === 'unsupported' || encryptedParts(pkcs12.contents).some(isUnsupported)) {
    return { outcome: 'unsupported encryption' };
  }
  for (const passphrase of passphraseForms(passphrases)) {
    const reading = open(pkcs12, passphrase);
    if (reading.outcome !== 'wrong passphrase') return reading;
  }
  return { outcome: 'wrong passphrase' };
}

function passphraseForms(passphrases: readonly Uint8Array[]): Passphrase[] {
  const given = passphrases.length === 0 ? [new Uint8Array()] : passphrases;
  return given.flatMap((octets) => {
    const forms = [passphraseOf(octets)];
    // "No passphrase" is an empty text with its two zero octets for some tools, and no octets for others.
    return octets.length === 0 ? [...forms, { octets, pkcs12: new Uint8Array() }] : forms;
  });
}

function readFile(file: Uint8Array): Pkcs12 {
  const [version, authSafe, macData] = childrenOf(readElement(file, 'BER'));
  if (numberOf(version) !== 3) return malformed();
  const [type, content] = childrenOf(authSafe);
  if (identifierOf(type) !== '1.2.840.113549.1.7.1') {
    // Signed by a certificate instead of a passphrase.
    return { authenticated: new Uint8Array(), contents: emptyContents, mac: 'unsupported' };
  }
  const authenticated = octetsOf(explicitly(content, 0));
  const mac = macData ? (readMac(macData) ?? 'unsupported') : 'none';
  return { authenticated, contents: readAuthenticatedSafe(authenticated), mac };
}

const emptyContents: SafeContents = { certificates: [], keys: [], encryptedKeys: [], encryptedSafes: [] };

function encryptedParts({ encryptedKeys, encryptedSafes }: SafeContents): Encrypted[] {
  return [...encryptedKeys, ...encryptedSafes];
}

function isUnsupported({ encryption }: Encrypted): boolean {
  return encryption === 'unsupported';
}

/** Why opening it would cost too much: one derivation, or all together. */
function excessOf({ contents, mac }: Pkcs12): string | undefined {
  const macIterations = typeof mac === 'object' ? mac.iterations : 0;
  const encryptions = encryptedParts(contents).flatMap(({ encryption }) =>
    encryption === 'unsupported' ? [] : [encryption],
  );
  const total = encryptions.reduce((sum, { iterations }) => sum + iterations, macIterations);
  const single = encryptions.map(({ excess }) => excess).find((excess) => excess !== undefined);
  return excessOfIterations(macIterations) ?? single ?? excessOfIterations(total, limits.totalIterations);
}

function open({ authenticated, contents, mac }: Pkcs12, passphrase: Passphrase): Pkcs12Reading {
  if (typeof mac === 'object' && !mac.fits(authenticated, passphrase)) return { outcome: 'wrong passphrase' };
  // With a MAC that fits, what does not open is damaged; without one, the passphrase may be wrong.
  const failure = { outcome: typeof mac === 'object' ? 'malformed' : 'wrong passphrase' } as const;
  const inner = contents.encryptedSafes.map((part) => openSafe(part, passphrase));
  if (!inner.every((part) => part !== undefined)) return failure;
  const nested = inner.flatMap(encryptedParts);
  const excess = excessOf({ authenticated, contents: { ...emptyContents, encryptedKeys: nested }, mac: 'none' });
  if (excess !== undefined) return { outcome: 'too expensive', excess };
  if (nested.some(isUnsupported)) return { outcome: 'unsupported encryption' };
  const encryptedKeys = [contents, ...inner].flatMap((part) => part.encryptedKeys);
  const opened = encryptedKeys.map((part) => decrypt(part, passphrase));
  if (!opened.every((key) => key !== undefined)) return failure;
  const keys = [...[contents, ...inner].flatMap((part) => part.keys), ...opened];
  return resultOf(
    [contents, ...inner].flatMap((part) => part.certificates),
    keys,
  );
}

function decrypt({ encryption, ciphertext }: Encrypted, passphrase: Passphrase): Uint8Array | undefined {
  return encryption === 'unsupported' ? undefined : encryption.decrypt(ciphertext, passphrase);
}

function openSafe(part: Encrypted, passphrase: Passphrase): SafeContents | undefined {
  const plain = decrypt(part, passphrase);
  return plain && attempt(() => readSafeContents(plain));
}

function resultOf(certificates: Uint8Array[], keys: Uint8Array[]): Pkcs12Reading {
  const [privateKey, ...others] = keys;
  if (!privateKey) return { outcome: 'no key' };
  // The same key twice is one key.
  if (others.some((key) => !Buffer.from(key).equals(privateKey))) return { outcome: 'several keys' };
  return { outcome: 'opened', certificates, privateKey };
}
