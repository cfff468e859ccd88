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

/** How the parts are written: a file each (PEM, PEM with a passphrase on the key, DER), or one PKCS#12 file (new, old). */
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
    case 'pkcs12':
    case 'pkcs12-legacy': {
      const encryption = form === 'pkcs12' ? 'aes' : 'rc2';
      const file = { certificates: [signer, wwdr], privateKey: signerKey, passphrase, encryption } as const;
      return { [appleDataKeys.pkcs12]: createPkcs12(file), ...withPassphrase };
    }
  }
}
