import type { KeyObject } from 'node:crypto';
import type { Certificate } from './certificate.ts';
import { createPkcs12 } from './pkcs12.ts';
import { privateKeyDer, privateKeyPem } from './private-key-encodings.ts';
import type { SourceData } from './source-data.ts';

/** The parts of an Apple credential; only in a good one do they fit together. */
export interface AppleMaterial {
  signer: Certificate;
  signerKey: KeyObject;
  wwdr: Certificate;
}

/**
 * How the parts are written: `pem` and `der` are a file each, `pem-encrypted` has a passphrase on the key; `pkcs12` is one file
 * of today's encryption with the chain inside, `pkcs12-legacy` is as Keychain Access exports it: RC2, BER, without the WWDR.
 */
export const appleForms = ['pem', 'pem-encrypted', 'der', 'pkcs12', 'pkcs12-legacy'] as const;
export type AppleForm = (typeof appleForms)[number];

/** Data keys of the source Secret that a WalletCredential expects unless told otherwise. */
export const appleDataKeys = {
  wwdr: 'wwdr.pem',
  signerCertificate: 'signer.pem',
  signerKey: 'signer.key',
  passphrase: 'passphrase',
  pkcs12: 'signer.p12',
} as const;

function separateFiles(wwdr: string | Buffer, signer: string | Buffer, key: string | Buffer): SourceData {
  return { [appleDataKeys.wwdr]: wwdr, [appleDataKeys.signerCertificate]: signer, [appleDataKeys.signerKey]: key };
}

function keychainExport({ signer, signerKey }: AppleMaterial, passphrase: string): SourceData {
  const friendlyName = signer.subject.find(([type]) => type === 'CN')?.[1] ?? '';
  const as = { encryption: 'rc2', lengths: 'indefinite', friendlyName } as const;
  return { [appleDataKeys.pkcs12]: createPkcs12({ certificates: [signer], privateKey: signerKey, passphrase, ...as }) };
}

/** The data of a source Secret that holds these parts. The passphrase is used, and put in, where the form has one. */
export function encodeAppleMaterial(material: AppleMaterial, form: AppleForm, passphrase: string): SourceData {
  const { signer, signerKey, wwdr } = material;
  const withPassphrase = { [appleDataKeys.passphrase]: passphrase };
  switch (form) {
    case 'pem':
      return separateFiles(wwdr.pem, signer.pem, privateKeyPem(signerKey));
    case 'pem-encrypted': {
      const key = privateKeyPem(signerKey, 'encrypted-pkcs8', passphrase);
      return { ...separateFiles(wwdr.pem, signer.pem, key), ...withPassphrase };
    }
    case 'der':
      return separateFiles(wwdr.der, signer.der, privateKeyDer(signerKey));
    case 'pkcs12': {
      const file = createPkcs12({ certificates: [signer, wwdr], privateKey: signerKey, passphrase });
      return { [appleDataKeys.pkcs12]: file, ...withPassphrase };
    }
    case 'pkcs12-legacy':
      return { ...keychainExport(material, passphrase), ...withPassphrase, [appleDataKeys.wwdr]: wwdr.pem };
  }
}
