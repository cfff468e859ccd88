import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { issueCertificate } from '../../../src/example-credentials/certificate.ts';
import { daysAfter } from '../../../src/example-credentials/days.ts';
import {
  clientAuthentication,
  basicConstraints,
  extendedKeyUsage,
  keyUsage,
} from '../../../src/example-credentials/extensions.ts';
import type { ServiceAccount } from '../../../src/example-credentials/service-account.ts';

export interface RegisteredKey {
  publicKey: KeyObject;
  /** The public certificate that Google publishes. */
  certificate: string;
  notAfter: Date;
}

export interface RegisteredAccount {
  keys: Map<string, RegisteredKey>;
  disabled: boolean;
}

export interface KeyValidity {
  notBefore?: Date;
  /** When an organisation limits the life of keys. Default: the end of 9999, which is how Google says never. */
  notAfter?: Date;
}

const never = new Date('9999-12-31T23:59:59Z');

/** What IAM knows: accounts by e-mail, with their keys. */
export class Accounts {
  readonly #accounts = new Map<string, RegisteredAccount>();

  /** Adds the key of a service-account file, and the account if it is new. */
  register(
    account: ServiceAccount,
    { notBefore = daysAfter(new Date(), -1), notAfter = never }: KeyValidity = {},
  ): void {
    const privateKey = createPrivateKey(account.private_key);
    const publicKey = createPublicKey(account.private_key);
    const name = [['CN', account.client_email]] as const;
    const certificate = issueCertificate({
      subject: name,
      publicKey,
      issuer: name,
      signingKey: privateKey,
      notBefore,
      notAfter,
      extensions: [basicConstraints(false), keyUsage('digitalSignature'), extendedKeyUsage(clientAuthentication)],
    });
    const registered = this.#accounts.get(account.client_email) ?? { keys: new Map(), disabled: false };
    registered.keys.set(account.private_key_id, { publicKey, certificate: certificate.pem, notAfter });
    this.#accounts.set(account.client_email, registered);
  }

  find(clientEmail: string): RegisteredAccount | undefined {
    return this.#accounts.get(clientEmail);
  }

  deleteKey(account: ServiceAccount): void {
    this.find(account.client_email)?.keys.delete(account.private_key_id);
  }

  disable(account: ServiceAccount): void {
    const registered = this.find(account.client_email);
    if (registered) registered.disabled = true;
  }

  delete(account: ServiceAccount): void {
    this.#accounts.delete(account.client_email);
  }
}
