import { credentialLabel, group } from '../../domain/credentials/wallet-credential.ts';
import type { ManifestObject } from './manifest-object.ts';

/** What was found in all files, sorted. */
export interface ManifestSet {
  credentials: ManifestObject[];
  secrets: ManifestObject[];
  /** Objects from which something in the cluster makes a Secret. */
  makers: { object: ManifestObject; secretName: string }[];
  /** Objects of other kinds. */
  others: number;
}

/** Where the name of the Secret that is made stands; absent or empty: it is the object's own. */
const secretMakers: Record<string, readonly string[]> = {
  'external-secrets.io/ExternalSecret': ['spec', 'target', 'name'],
  'bitnami.com/SealedSecret': ['spec', 'template', 'metadata', 'name'],
  'secrets.hashicorp.com/VaultStaticSecret': ['spec', 'destination', 'name'],
  'onepassword.com/OnePasswordItem': [],
  'isindir.github.com/SopsSecret': [],
};

export function sortObjects(objects: readonly ManifestObject[]): ManifestSet {
  const set: ManifestSet = { credentials: [], secrets: [], makers: [], others: 0 };
  for (const object of objects) {
    const maker = secretMakers[`${groupOf(object)}/${object.kind}`];
    if (object.kind === 'WalletCredential' && groupOf(object) === group) set.credentials.push(object);
    else if (object.kind === 'Secret' && object.apiVersion === 'v1') set.secrets.push(object);
    else if (maker) set.makers.push({ object, secretName: textAt(object.body, maker) ?? object.name });
    else set.others += 1;
  }
  return set;
}

function groupOf({ apiVersion }: ManifestObject): string {
  return apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
}

function textAt(body: unknown, path: readonly string[]): string | undefined {
  const found = path.reduce<unknown>(
    (value, field) =>
      typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[field] : undefined,
    path.length === 0 ? undefined : body,
  );
  return typeof found === 'string' && found !== '' ? found : undefined;
}

/** The label of the controller on an object that it made itself: its value, the name of a WalletCredential. */
export function madeByController({ body }: ManifestObject): string | undefined {
  return textAt(body, ['metadata', 'labels', credentialLabel]);
}
