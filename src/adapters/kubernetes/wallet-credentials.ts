import {
  group,
  kind,
  plural,
  version,
  type WalletCredential,
  type WalletCredentialSpec,
  type WalletCredentialStatus,
} from '../../domain/credentials/wallet-credential.ts';
import type { KubernetesClient } from './client.ts';

export function walletCredentialsPath(namespace: string): string {
  return `/apis/${group}/${version}/namespaces/${namespace}/${plural}`;
}

interface Page {
  metadata: { continue?: string };
  items: unknown[];
}

/** WalletCredentials of a namespace, or of all. @throws ApiError, UnavailableError */
export async function listWalletCredentials(
  client: KubernetesClient,
  namespace: string | undefined,
  timeoutMilliseconds?: number,
): Promise<WalletCredential[]> {
  const path = namespace === undefined ? `/apis/${group}/${version}/${plural}` : walletCredentialsPath(namespace);
  const found: unknown[] = [];
  let next: string | undefined;
  do {
    const query = { limit: 500, continue: next };
    const bound = timeoutMilliseconds === undefined ? {} : { timeoutMilliseconds };
    const page: Page = await client.request<Page>({ method: 'GET', path, query, ...bound });
    found.push(...page.items);
    next = page.metadata.continue || undefined;
  } while (next !== undefined);
  return found.map(decodeWalletCredential);
}

interface Wire {
  metadata: {
    namespace?: string;
    name: string;
    uid: string;
    resourceVersion: string;
    generation?: number;
    creationTimestamp: string;
    deletionTimestamp?: string;
  };
  spec?: Partial<WalletCredentialSpec>;
  status?: WalletCredentialStatus;
}

/**
 * One WalletCredential as the API server (or a file) has it, without what only costs memory. The CRD's schema has validated it and filled in the
 * defaults; they are filled in here too, for resources stored before a default existed and for files.
 */
export function decodeWalletCredential(object: unknown): WalletCredential {
  const { metadata, spec, status } = object as Wire;
  const {
    namespace = 'default',
    name,
    uid,
    resourceVersion,
    generation = 1,
    creationTimestamp,
    deletionTimestamp,
  } = metadata;
  return {
    apiVersion: `${group}/${version}`,
    kind,
    metadata: {
      namespace,
      name,
      uid,
      resourceVersion,
      generation,
      creationTimestamp,
      ...(deletionTimestamp !== undefined && { deletionTimestamp }),
    },
    spec: withDefaults(spec ?? {}),
    ...(status && { status }),
  };
}

const appleKeys = {
  wwdr: 'wwdr.pem',
  signerCertificate: 'signer.pem',
  signerKey: 'signer.key',
  passphrase: 'passphrase',
  pkcs12: 'signer.p12',
};

/** The defaults of the CRD; test/deploy holds the two against each other. */
export function withDefaults(spec: Partial<WalletCredentialSpec>): WalletCredentialSpec {
  return {
    ...spec,
    secretRef: spec.secretRef ?? { name: '' },
    ...(spec.apple && { apple: { ...spec.apple, keys: { ...appleKeys, ...spec.apple.keys } } }),
    ...(spec.google && { google: { ...spec.google, key: spec.google.key ?? 'google-wallet-sa.json' } }),
    expiry: { warningDays: 30, criticalDays: 7, ...spec.expiry },
    verification: { online: false, intervalMinutes: 60, ...spec.verification },
    live: { deletionPolicy: 'Retain', ...spec.live },
    revisionHistoryLimit: spec.revisionHistoryLimit ?? 3,
  };
}
