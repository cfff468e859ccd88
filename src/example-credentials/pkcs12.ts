import { createHmac, randomBytes, type KeyObject } from 'node:crypto';
import type { Certificate } from './certificate.ts';
import {
  bmpString,
  explicit,
  implicit,
  indefiniteElement,
  integer,
  nullValue,
  octetString,
  oid,
  sequence,
  set,
} from './der.ts';
import { derive, pkcs12Algorithms, type PassphraseWork, type Pkcs12Encryption } from './pkcs12-encryption.ts';

export interface Pkcs12Request {
  /** The first belongs to the key; the chain follows. */
  certificates: readonly Certificate[];
  /** Absent: a file of certificates only. */
  privateKey?: KeyObject;
  /** Empty is what "without a passphrase" means to most tools; null is what it means to Windows. */
  passphrase: string | null;
  /** Default `aes`. */
  encryption?: Pkcs12Encryption;
  /** Default 2048, as OpenSSL. */
  iterations?: number;
  /** What the file says, where that is not what was done; such a file cannot be opened. Default: `iterations`. */
  claimedIterations?: number;
  /** Default true, unless nothing is encrypted. */
  mac?: boolean;
  /** `indefinite` writes BER with chunked octet strings, as Keychain Access and NSS do. Default `definite`. */
  lengths?: 'definite' | 'indefinite';
  friendlyName?: string;
}

const oids = {
  data: '1.2.840.113549.1.7.1',
  encryptedData: '1.2.840.113549.1.7.6',
  keyBag: '1.2.840.113549.1.12.10.1.1',
  shroudedKeyBag: '1.2.840.113549.1.12.10.1.2',
  certificateBag: '1.2.840.113549.1.12.10.1.3',
  x509Certificate: '1.2.840.113549.1.9.22.1',
  friendlyName: '1.2.840.113549.1.9.20',
  localKeyId: '1.2.840.113549.1.9.21',
  sha1: '1.3.14.3.2.26',
  sha256: '2.16.840.1.101.3.4.2.1',
};

/** Ties the key to its certificate. */
const localKeyId = Buffer.of(1);

/** How containers and long strings are written: with definite lengths (DER), or indefinite ones (BER). */
interface Writing {
  sequence: (...contents: Uint8Array[]) => Buffer;
  explicit: (number: number, ...contents: Uint8Array[]) => Buffer;
  octets: (contents: Buffer) => Buffer;
  /** `[0] IMPLICIT OCTET STRING`, as encrypted content is tagged. */
  implicitOctets: (contents: Buffer) => Buffer;
}

function chunks(contents: Buffer): Buffer[] {
  const count = Math.ceil(contents.length / 1000);
  return Array.from({ length: count }, (_, index) => octetString(contents.subarray(index * 1000, (index + 1) * 1000)));
}

const writings: Record<'definite' | 'indefinite', Writing> = {
  definite: { sequence, explicit, octets: octetString, implicitOctets: (contents) => implicit(0, contents) },
  indefinite: {
    sequence: (...contents) => indefiniteElement(0x30, ...contents),
    explicit: (number, ...contents) => indefiniteElement(0xa0 | number, ...contents),
    octets: (contents) => indefiniteElement(0x24, ...chunks(contents)),
    implicitOctets: (contents) => indefiniteElement(0xa0, ...chunks(contents)),
  },
};

function bagAttributes(friendlyName: string | undefined): Buffer {
  const name = friendlyName === undefined ? [] : [sequence(oid(oids.friendlyName), set(bmpString(friendlyName)))];
  return set(...name, sequence(oid(oids.localKeyId), set(octetString(localKeyId))));
}

function certificateBag(certificate: Certificate, attributes: Buffer[]): Buffer {
  const value = sequence(oid(oids.x509Certificate), explicit(0, octetString(certificate.der)));
  return sequence(oid(oids.certificateBag), explicit(0, value), ...attributes);
}

function certificatesContent(request: Pkcs12Request, work: PassphraseWork, writing: Writing): Buffer {
  const { certificates, encryption = 'aes', privateKey, friendlyName } = request;
  const bags = certificates.map((certificate, index) =>
    certificateBag(certificate, index === 0 && privateKey ? [bagAttributes(friendlyName)] : []),
  );
  const safe = writing.sequence(...bags);
  if (encryption === 'none') return dataContent(safe, writing);
  const { algorithm, contents } = pkcs12Algorithms[encryption].certificates(safe, work);
  const encrypted = writing.sequence(oid(oids.data), algorithm, writing.implicitOctets(contents));
  return writing.sequence(oid(oids.encryptedData), writing.explicit(0, writing.sequence(integer(0), encrypted)));
}

function keyContent(key: KeyObject, request: Pkcs12Request, work: PassphraseWork, writing: Writing): Buffer {
  const { encryption = 'aes', friendlyName } = request;
  const attributes = bagAttributes(friendlyName);
  const plain = key.export({ type: 'pkcs8', format: 'der' });
  if (encryption === 'none') {
    return dataContent(writing.sequence(sequence(oid(oids.keyBag), explicit(0, plain), attributes)), writing);
  }
  const { algorithm, contents } = pkcs12Algorithms[encryption].key(plain, work);
  const shrouded = explicit(0, sequence(algorithm, octetString(contents)));
  return dataContent(writing.sequence(sequence(oid(oids.shroudedKeyBag), shrouded, attributes)), writing);
}

function dataContent(contents: Buffer, writing: Writing): Buffer {
  return writing.sequence(oid(oids.data), writing.explicit(0, writing.octets(contents)));
}

function macData(authenticatedSafe: Buffer, digest: 'sha1' | 'sha256', work: PassphraseWork): Buffer {
  const salt = randomBytes(8);
  const key = derive(digest, 'mac', salt, digest === 'sha1' ? 20 : 32, work);
  const mac = createHmac(digest, key).update(authenticatedSafe).digest();
  const digestInfo = sequence(sequence(oid(oids[digest]), nullValue()), octetString(mac));
  return sequence(digestInfo, octetString(salt), integer(work.claimedIterations));
}

/** A PKCS#12 file (RFC 7292) in the form that the request names. */
export function createPkcs12(request: Pkcs12Request): Buffer {
  const { encryption = 'aes', iterations = 2048, passphrase, privateKey } = request;
  const { claimedIterations = iterations, mac = encryption !== 'none', lengths = 'definite' } = request;
  const work = { passphrase, iterations, claimedIterations };
  const writing = writings[lengths];
  const key = privateKey ? [keyContent(privateKey, request, work, writing)] : [];
  const authenticatedSafe = writing.sequence(certificatesContent(request, work, writing), ...key);
  const digest = encryption === 'none' ? 'sha256' : pkcs12Algorithms[encryption].digest;
  const macs = mac ? [macData(authenticatedSafe, digest, work)] : [];
  return writing.sequence(integer(3), dataContent(authenticatedSafe, writing), ...macs);
}
