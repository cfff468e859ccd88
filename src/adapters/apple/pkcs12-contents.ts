import { childrenOf, explicitly, identifierOf, octetsOf } from '../../domain/credentials/reading/der-values.ts';
import { malformed, readElement, type Element } from '../../domain/credentials/reading/der.ts';
import { readPasswordEncryption } from './password-encryption.ts';
import type { PasswordEncryption } from './passphrase-work.ts';

/** Something encrypted with the passphrase. `unsupported` is encrypted in a way that is not read. */
export interface Encrypted {
  encryption: PasswordEncryption | 'unsupported';
  ciphertext: Uint8Array;
}

/** What a PKCS#12 file holds, as far as it shows without the passphrase. */
export interface SafeContents {
  /** DER. */
  certificates: Uint8Array[];
  /** PKCS#8 in DER. Key material. */
  keys: Uint8Array[];
  encryptedKeys: Encrypted[];
  /** Encrypted SafeContents. */
  encryptedSafes: Encrypted[];
}

const contentTypes = { data: '1.2.840.113549.1.7.1', encryptedData: '1.2.840.113549.1.7.6' };
const bagTypes = {
  key: '1.2.840.113549.1.12.10.1.1',
  shroudedKey: '1.2.840.113549.1.12.10.1.2',
  certificate: '1.2.840.113549.1.12.10.1.3',
  safeContents: '1.2.840.113549.1.12.10.1.6',
};
const x509Certificate = '1.2.840.113549.1.9.22.1';

function merged(parts: readonly SafeContents[]): SafeContents {
  return {
    certificates: parts.flatMap((part) => part.certificates),
    keys: parts.flatMap((part) => part.keys),
    encryptedKeys: parts.flatMap((part) => part.encryptedKeys),
    encryptedSafes: parts.flatMap((part) => part.encryptedSafes),
  };
}

function only(part: Partial<SafeContents>): SafeContents {
  return { certificates: [], keys: [], encryptedKeys: [], encryptedSafes: [], ...part };
}

/** Reads an AuthenticatedSafe (RFC 7292 section 4.1): plain and encrypted SafeContents. */
export function readAuthenticatedSafe(contents: Uint8Array): SafeContents {
  return merged(childrenOf(readElement(contents, 'BER')).map(readContentInfo));
}

function readContentInfo(element: Element): SafeContents {
  const [type, content] = childrenOf(element);
  switch (identifierOf(type)) {
    case contentTypes.data:
      return readSafeContents(octetsOf(explicitly(content, 0)));
    case contentTypes.encryptedData:
      return only({ encryptedSafes: [readEncryptedData(explicitly(content, 0))] });
    default:
      // Encrypted for a certificate instead of a passphrase: no tool exports signers so.
      return only({ encryptedSafes: [{ encryption: 'unsupported', ciphertext: new Uint8Array() }] });
  }
}

/** EncryptedData of RFC 5652 section 8. */
function readEncryptedData(element: Element): Encrypted {
  const [, contentInfo] = childrenOf(element);
  const [, algorithm, content] = childrenOf(contentInfo);
  return { encryption: readPasswordEncryption(algorithm) ?? 'unsupported', ciphertext: octetsOf(content, 0) };
}

/** EncryptedPrivateKeyInfo of RFC 5958. */
export function readEncryptedKey(element: Element): Encrypted {
  const [algorithm, content] = childrenOf(element);
  return { encryption: readPasswordEncryption(algorithm) ?? 'unsupported', ciphertext: octetsOf(content) };
}

/** Reads SafeContents: bags of certificates and keys; others, such as revocation lists, are passed over. */
export function readSafeContents(contents: Uint8Array, depth = 0): SafeContents {
  return readBags(readElement(contents, 'BER'), depth);
}

function readBags(element: Element, depth: number): SafeContents {
  if (depth > 3) return malformed();
  return merged(childrenOf(element).map((bag) => readBag(bag, depth)));
}

function readBag(bag: Element, depth: number): SafeContents {
  const [type, value] = childrenOf(bag);
  const content = explicitly(value, 0);
  switch (identifierOf(type)) {
    case bagTypes.certificate:
      return readCertificateBag(content);
    case bagTypes.key:
      return only({ keys: [content.encoding] });
    case bagTypes.shroudedKey:
      return only({ encryptedKeys: [readEncryptedKey(content)] });
    case bagTypes.safeContents:
      return readBags(content, depth + 1);
    default:
      return only({});
  }
}

function readCertificateBag(content: Element): SafeContents {
  const [type, value] = childrenOf(content);
  return identifierOf(type) === x509Certificate ? only({ certificates: [octetsOf(explicitly(value, 0))] }) : only({});
}
