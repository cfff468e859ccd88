import { readCertificateFile, readCertificates, type CertificateFileRole } from '../reading/certificate-file.ts';
import type { Certificate } from '../reading/certificate.ts';
import { found, refuse, together, type Reading } from '../reading/finding.ts';
import type { AppleFiles } from './apple-files.ts';
import { openPkcs12File, type OpenedPkcs12 } from '../reading/pkcs12-file.ts';
import { interpretKey, readPrivateKeyFile } from '../reading/private-key-file.ts';
import { belongsTo, readPrivateKey, type PrivateKey } from '../reading/private-key.ts';
import { place, type SourceSecret } from '../reading/source-file.ts';
import type { CredentialTools } from '../reading/tools.ts';
import type { AppleSpec } from '../wallet-credential.ts';

/** Everything that was read, before it is asked whether it fits together. */
export interface AppleMaterial {
  /** Certificates among which the signer is. */
  signers: readonly Certificate[];
  /** Certificates among which the WWDR is. */
  authorities: readonly Certificate[];
  privateKey: PrivateKey;
  /** Data keys from which each came. */
  keys: { signer: string; privateKey: string; authorities: string };
}

export interface AppleInput {
  secret: SourceSecret;
  spec: AppleSpec;
  tools: CredentialTools;
}

/** Reads all files, and only then says which finding comes first: a file that is too expensive counts before one that is damaged. */
export function readAppleMaterial(input: AppleInput, files: AppleFiles): Reading<AppleMaterial> {
  return files.form === 'PKCS#12' ? readPkcs12Form(input, files) : readSeparateForm(input, files);
}

const passCertificate = 'the Pass Type ID certificate';
const wwdrCertificate = 'the Apple WWDR certificate that issued the Pass Type ID certificate';
const passKey = 'the private key of the Pass Type ID certificate';
const requestAdvice = 'Upload the request at developer.apple.com and put the certificate that Apple returns there.';

const splitAdvice =
  'Take it apart with openssl pkcs12 -nodes: the certificate goes into signer.pem, the private key into signer.key.';

/** What to do with a PKCS#12 file where a certificate or a key belongs: a folder has no place for one. */
function pkcs12Advice({ secret, spec: { keys } }: AppleInput): string {
  if (secret.folder) return splitAdvice;
  return `Put it under ${keys.pkcs12}, and remove ${keys.signerCertificate} and ${keys.signerKey}.`;
}

function signerRole(input: AppleInput): CertificateFileRole {
  const { keys } = input.spec;
  const keyAdvice = `Put the certificate there, and the private key under ${keys.signerKey}.`;
  return {
    expected: passCertificate,
    advice: {
      'PKCS#8': keyAdvice,
      'PKCS#1': keyAdvice,
      SEC1: keyAdvice,
      'encrypted PKCS#8': keyAdvice,
      'encrypted PKCS#1': keyAdvice,
      'certificate request': requestAdvice,
      'PKCS#12': pkcs12Advice(input),
    },
  };
}

const wwdrRole: CertificateFileRole = {
  expected: wwdrCertificate,
  advice: { unknown: 'Download it again from https://www.apple.com/certificateauthority/.' },
};

function readSeparateForm(input: AppleInput, files: Extract<AppleFiles, { form: 'separate' }>): Reading<AppleMaterial> {
  const { secret, spec, tools } = input;
  const signers = readCertificateFile(secret, files.signerCertificate, signerRole(input));
  const authorities = readCertificateFile(secret, files.wwdr, wwdrRole);
  const privateKey = readPrivateKeyFile(
    {
      where: place(secret, files.signerKey.key),
      bytes: files.signerKey.bytes,
      expected: passKey,
      advice: keyAdvice(input),
      ...(!secret.folder && { passphrase: { key: spec.keys.passphrase, bytes: files.passphrase?.bytes } }),
    },
    tools.decryptPrivateKey,
  );
  const keys = { signer: files.signerCertificate.key, privateKey: files.signerKey.key, authorities: files.wwdr.key };
  return together<AppleMaterial>({ signers, authorities, privateKey, keys: found(keys) });
}

function keyAdvice(input: AppleInput): Partial<Record<'certificate' | 'certificate request' | 'PKCS#12', string>> {
  const { keys } = input.spec;
  return {
    certificate: `Put the private key there, and the certificate under ${keys.signerCertificate}.`,
    'certificate request': 'Put the private key there with which the request was made.',
    'PKCS#12': pkcs12Advice(input),
  };
}

type Pkcs12Files = Extract<AppleFiles, { form: 'PKCS#12' }>;

function readPkcs12Form({ secret, spec, tools }: AppleInput, files: Pkcs12Files): Reading<AppleMaterial> {
  const where = place(secret, files.pkcs12.key);
  const passphrase = { key: spec.keys.passphrase, bytes: files.passphrase?.bytes };
  const beside = files.wwdr ? readCertificateFile(secret, files.wwdr, wwdrRole) : found(undefined);
  const opened = openPkcs12File({ where, bytes: files.pkcs12.bytes, passphrase }, tools.readPkcs12);
  const read = together<{ beside: Certificate[] | undefined; inside: Inside }>({
    beside,
    inside: 'value' in opened ? readInside(where, opened.value) : opened,
  });
  if ('finding' in read) return read;
  const { signers, privateKey } = read.value.inside;
  const authorities = read.value.beside ?? signers.filter((certificate) => !belongsTo(certificate, privateKey));
  if (authorities.length === 0) return noWwdr(where, spec);
  const pkcs12 = files.pkcs12.key;
  const keys = { signer: pkcs12, privateKey: pkcs12, authorities: files.wwdr?.key ?? pkcs12 };
  return found({ signers, authorities, privateKey, keys });
}

type Inside = Pick<AppleMaterial, 'signers' | 'privateKey'>;

function readInside(where: string, { certificates, privateKey }: OpenedPkcs12): Reading<Inside> {
  if (certificates.length === 0) {
    const message = `${where} holds a PKCS#12 file without a certificate; expected the Pass Type ID certificate and its private key. Export both together.`;
    return refuse('MalformedPkcs12', message);
  }
  return together<Inside>({
    signers: readCertificates(where, certificates),
    privateKey: interpretKey({ where, expected: passKey }, readPrivateKey(privateKey, 'PKCS#8')),
  });
}

function noWwdr(where: string, { keys }: AppleSpec): Reading<AppleMaterial> {
  const message = `${where} holds no certificate but the signer's, and the Secret has none under ${keys.wwdr}; expected ${wwdrCertificate}. Add it under ${keys.wwdr} (https://www.apple.com/certificateauthority/), or export it into the PKCS#12 file.`;
  return refuse('DataKeyMissing', message);
}
