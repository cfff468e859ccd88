import { createHash, createPrivateKey, type KeyObject, sign, X509Certificate } from 'node:crypto';
import { promisify } from 'node:util';
import { childrenOf } from '../../credentials/reading/der-values.ts';
import { type Element, readElement } from '../../credentials/reading/der.ts';
import type { Credential } from '../../credentials/verdict.ts';

/** Signs manifests of passes. Made of one credential, so that certificate and key belong together. */
export interface PassSigner {
  passTypeIdentifier: string;
  teamIdentifier: string;
  /** A detached PKCS#7 signature in DER, with the WWDR certificate. The private key works in a thread of the pool. */
  sign(manifest: Buffer, now: Date): Promise<Buffer>;
}

const signNatively = promisify(sign);

// Everything in a signature that does not change (RFC 5652), in DER.
const data = Buffer.from('06092a864886f70d010701', 'hex');
const signedData = Buffer.from('06092a864886f70d010702', 'hex');
const sha256 = Buffer.from('300d06096086480165030402010500', 'hex');
const rsaEncryption = Buffer.from('300d06092a864886f70d0101010500', 'hex');
const contentType = Buffer.from('301806092a864886f70d010903310b06092a864886f70d010701', 'hex');
const signingTime = Buffer.from('06092a864886f70d010905', 'hex');
const messageDigest = Buffer.from('06092a864886f70d010904', 'hex');
const version1 = Buffer.from('020101', 'hex');
const sequence = 0x30;
const set = 0x31;

const signers = new WeakMap<Credential, PassSigner>();

/** The signer of an Apple credential that was checked; made once for each. */
export function passSignerOf(credential: Credential): PassSigner {
  const known = signers.get(credential);
  if (known !== undefined) return known;
  const signer = makeSigner(credential);
  signers.set(credential, signer);
  return signer;
}

function makeSigner(credential: Credential): PassSigner {
  const files = credential.files.reveal();
  const certificate = new X509Certificate(files['signer.pem'] ?? '').raw;
  const wwdr = new X509Certificate(files['wwdr.pem'] ?? '').raw;
  const key = createPrivateKey(files['signer.key'] ?? '');
  const parts = { certificates: element(0xa0, wwdr, certificate), identifier: issuerAndSerialNumber(certificate), key };
  return {
    passTypeIdentifier: files['pass-type-identifier'] ?? '',
    teamIdentifier: files['team-identifier'] ?? '',
    sign: (manifest, now) => signManifest(parts, manifest, now),
  };
}

interface SignerParts {
  certificates: Buffer;
  identifier: Buffer;
  key: KeyObject;
}

async function signManifest(
  { certificates, identifier, key }: SignerParts,
  manifest: Buffer,
  now: Date,
): Promise<Buffer> {
  const digest = createHash('sha256').update(manifest).digest();
  // In the order of DER, which is that of their encodings.
  const attributes = [
    contentType,
    element(sequence, signingTime, element(set, time(now))),
    element(sequence, messageDigest, element(set, element(0x04, digest))),
  ];
  const signature = await signNatively('sha256', element(set, ...attributes), key);
  const signerInfo = element(
    sequence,
    version1,
    identifier,
    sha256,
    element(0xa0, ...attributes),
    rsaEncryption,
    element(0x04, signature),
  );
  const contents = [version1, element(set, sha256), element(sequence, data), certificates, element(set, signerInfo)];
  return element(sequence, signedData, element(0xa0, element(sequence, ...contents)));
}

/** What names a certificate: issuer and serial number as they stand in it. The checks of the credential have read it before. */
function issuerAndSerialNumber(certificate: Buffer): Buffer {
  const [toBeSigned] = childrenOf(readElement(certificate));
  const [, serialNumber, , issuer] = childrenOf(toBeSigned) as [Element, Element, Element, Element];
  return element(sequence, issuer.encoding, serialNumber.encoding);
}

function element(tag: number, ...contents: Uint8Array[]): Buffer {
  const size = contents.reduce((sum, part) => sum + part.length, 0);
  const length = size < 0x80 ? [size] : size < 0x100 ? [0x81, size] : [0x82, size >> 8, size & 0xff];
  return Buffer.concat([Buffer.of(tag, ...length), ...contents]);
}

/** UTCTime, to the second; from 2050 on GeneralizedTime (RFC 5652, section 11.3). */
function time(instant: Date): Buffer {
  const digits = instant.toISOString().replaceAll(/\.\d+|[-:T]/g, '');
  const short = instant.getUTCFullYear() < 2050;
  return element(short ? 0x17 : 0x18, Buffer.from(short ? digits.slice(2) : digits, 'latin1'));
}
