import type { KeyObject } from 'node:crypto';

export const privateKeyForms = ['pkcs8', 'pkcs1', 'sec1', 'encrypted-pkcs8', 'traditional-encrypted'] as const;
export type PrivateKeyForm = (typeof privateKeyForms)[number];

/**
 * A private key as PEM. `pkcs1` and `traditional-encrypted` ("Proc-Type: 4,ENCRYPTED") are for RSA, `sec1` is for EC.
 * @param passphrase Wanted by the two encrypted forms.
 */
export function privateKeyPem(key: KeyObject, form: PrivateKeyForm = 'pkcs8', passphrase = ''): string {
  switch (form) {
    case 'pkcs8':
      return text(key.export({ type: 'pkcs8', format: 'pem' }));
    case 'pkcs1':
      return text(key.export({ type: 'pkcs1', format: 'pem' }));
    case 'sec1':
      return text(key.export({ type: 'sec1', format: 'pem' }));
    case 'encrypted-pkcs8':
      return text(key.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase }));
    case 'traditional-encrypted':
      return text(key.export({ type: 'pkcs1', format: 'pem', cipher: 'aes-256-cbc', passphrase }));
  }
}

function text(pem: string | Buffer): string {
  return pem.toString();
}

/** A private key as DER: PKCS#8 without passphrase, or PKCS#1 (RSA only). */
export function privateKeyDer(key: KeyObject, form: 'pkcs8' | 'pkcs1' = 'pkcs8'): Buffer {
  return key.export({ type: form, format: 'der' });
}
