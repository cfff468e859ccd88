import { nounsOf, readContents, reasonOf, type Item } from './contents.ts';
import { found, refuse, type Finding, type Reading } from './finding.ts';
import { passphraseCandidates, twiceEncodedCandidates } from './passphrase.ts';
import { readPrivateKey, type PrivateKey } from './private-key.ts';
import type { SourceReason } from '../reasons.ts';
import type { CredentialTools, EncryptedKey } from './tools.ts';

/** What is needed to read a private key and to say what is wrong with it. */
export interface PrivateKeyFile {
  /** As in "signer.key of Secret apple-wallet-source". */
  where: string;
  bytes: Uint8Array;
  /** As in "the private key of the Pass Type ID certificate". */
  expected: string;
  /** What to do when something else is there, by what is there. */
  advice: Partial<Record<Item['form'], string>>;
  /** What to do about line ends that are written out; absent: the usual. */
  lineEndAdvice?: string;
  /** Absent: where this key comes from, keys have no passphrase. */
  passphrase?: { key: string; bytes: Uint8Array | undefined };
}

type Decrypt = CredentialTools['decryptPrivateKey'];

/** Reads the one private key of a file: PKCS#8, PKCS#1 or SEC1 in PEM or DER, encrypted or not. */
export function readPrivateKeyFile(file: PrivateKeyFile, decrypt: Decrypt): Reading<PrivateKey> {
  const contents = readContents(file.bytes);
  if ('mistake' in contents) {
    const { mistake, kind, advice = 'Put the private key there, in PEM or DER.' } = contents;
    const written = kind === 'written-out line ends' ? file.lineEndAdvice : undefined;
    return wrongContent(file, mistake, written ?? advice, reasonOf(contents, 'MalformedPrivateKey'));
  }
  const keys = distinct(contents.items.filter(isPrivateKey));
  const [item] = keys;
  if (!item) return noKey(file, contents.items);
  if (keys.length > 1) {
    return wrongContent(file, `${keys.length} private keys`, 'Keep only the one that belongs to the certificate.');
  }
  return readItem(file, item, decrypt);
}

const privateForms: readonly Item['form'][] = [
  'PKCS#8',
  'PKCS#1',
  'SEC1',
  'DSA',
  'encrypted PKCS#8',
  'encrypted PKCS#1',
  'OpenSSH key',
];

/** A damaged block that calls itself a private key is meant to be one. */
function isPrivateKey({ form, label }: Item): boolean {
  return privateForms.includes(form) || (form === 'unknown' && label?.endsWith('PRIVATE KEY') === true);
}

/** The same block twice is one key. */
function distinct(items: readonly Item[]): Item[] {
  return items.filter((item, index) => items.findIndex((other) => Buffer.from(other.der).equals(item.der)) === index);
}

function noKey(file: PrivateKeyFile, items: readonly Item[]): { finding: Finding } {
  const advice = items.map(({ form }) => file.advice[form]).find((text) => text !== undefined);
  return wrongContent(file, nounsOf(items), advice ?? 'Put the private key there, in PEM or DER.');
}

function wrongContent(
  file: PrivateKeyFile,
  what: string,
  advice: string,
  reason: SourceReason = 'MalformedPrivateKey',
): { finding: Finding } {
  return refuse(reason, `${file.where} holds ${what}; expected ${file.expected}. ${advice}`);
}

function readItem(file: PrivateKeyFile, item: Item, decrypt: Decrypt): Reading<PrivateKey> {
  const { form, der, encryptionHeader } = item;
  if (form === 'encrypted PKCS#8') return readEncrypted(file, { form, der }, decrypt);
  if (form === 'encrypted PKCS#1') {
    return readEncrypted(file, { form, der, encryptionHeader: encryptionHeader ?? '' }, decrypt);
  }
  if (form === 'OpenSSH key') {
    const advice = 'Convert a copy of it with ssh-keygen -p -m PEM.';
    return wrongContent(file, "a private key in OpenSSH's own format", advice);
  }
  return interpretKey(file, readPrivateKey(der, form));
}

/** What reading the bare key says, as a finding or the key. */
export function interpretKey(
  file: Pick<PrivateKeyFile, 'where' | 'expected'>,
  reading: ReturnType<typeof readPrivateKey>,
): Reading<PrivateKey> {
  const { where, expected } = file;
  switch (reading.outcome) {
    case 'read':
      return found(reading.key);
    case 'malformed':
      return refuse(
        'MalformedPrivateKey',
        `The private key in ${where} is damaged; expected ${expected}. Copy the file again.`,
      );
    case 'inconsistent':
      return refuse(
        'MalformedPrivateKey',
        `The private key in ${where} is damaged: its numbers do not belong together, and nothing that it signs could be verified. Copy the file again.`,
      );
    case 'too expensive':
      return refuse('TooExpensive', `${where} holds ${reading.excess}. Use a key of 2048 bits.`);
  }
}

function readEncrypted(file: PrivateKeyFile, key: EncryptedKey, decrypt: Decrypt): Reading<PrivateKey> {
  const { where, passphrase } = file;
  if (!passphrase) return wrongContent(file, 'an encrypted private key', 'Put it there without a passphrase.');
  const decrypted = decrypt(key, passphraseCandidates(passphrase.bytes));
  switch (decrypted.outcome) {
    case 'opened':
      return interpretKey(file, readPrivateKey(decrypted.der, decrypted.form));
    case 'too expensive':
      return refuse(
        'TooExpensive',
        `${where} asks for ${decrypted.excess}. Encrypt it again with fewer, as openssl pkcs8 -topk8 does.`,
      );
    case 'unsupported encryption':
      return wrongContent(
        file,
        'a private key that is encrypted in a way that is not read',
        'Encrypt it again with openssl pkcs8 -topk8 -v2 aes-256-cbc.',
      );
    case 'malformed':
      return wrongContent(file, 'an encrypted private key that is damaged', 'Copy the file again.');
    case 'wrong passphrase': {
      const twice = decrypt(key, twiceEncodedCandidates(passphrase.bytes)).outcome === 'opened';
      return wrongPassphrase(`${where} holds an encrypted private key`, passphrase, twice);
    }
  }
}

/** WrongPassphrase: there is none, it was base64-encoded twice, or it does not fit. */
export function wrongPassphrase(
  what: string,
  passphrase: { key: string; bytes: Uint8Array | undefined },
  twiceEncoded: boolean,
): { finding: Finding } {
  const { key, bytes } = passphrase;
  if (bytes === undefined) {
    return refuse(
      'WrongPassphrase',
      `${what}, and the Secret has no passphrase under ${key}. Add the passphrase, or store the key without one.`,
    );
  }
  if (twiceEncoded) {
    return refuse(
      'WrongPassphrase',
      `${what}, and the passphrase under ${key} is base64-encoded twice. Encode it once.`,
    );
  }
  return refuse(
    'WrongPassphrase',
    `${what}, and the passphrase under ${key} does not open it. Correct the passphrase, or the file if it is damaged.`,
  );
}
