import { ApiError, isNotFound } from '../adapters/kubernetes/api-error.ts';
import type { KubernetesClient } from '../adapters/kubernetes/client.ts';
import {
  decodeWalletCredential,
  listWalletCredentials,
  walletCredentialsPath,
} from '../adapters/kubernetes/wallet-credentials.ts';
import type { WalletCredential } from '../domain/credentials/wallet-credential.ts';
import { explainCallError } from './call-errors.ts';

/** WalletCredentials of a namespace, or of all. @throws ExitError that says what to do. */
export function listCredentials(client: KubernetesClient, namespace: string | undefined): Promise<WalletCredential[]> {
  return explained(() => listWalletCredentials(client, namespace));
}

/** One WalletCredential; undefined when there is none of that name. @throws ExitError that says what to do. */
export async function findCredential(
  client: KubernetesClient,
  namespace: string,
  name: string,
): Promise<WalletCredential | undefined> {
  try {
    const path = `${walletCredentialsPath(namespace)}/${name}`;
    return decodeWalletCredential(await client.request({ method: 'GET', path }));
  } catch (error) {
    // Without the CRD, the server knows no such path, and says so without details.
    if (isNotFound(error) && (error as ApiError).message.includes(`"${name}"`)) return undefined;
    throw explain(error);
  }
}

/** Changes the spec, if the resource is still as it was read. @throws ApiError 409 when it is not, else ExitError. */
export async function patchCredential(
  client: KubernetesClient,
  { metadata }: WalletCredential,
  patch: object,
): Promise<WalletCredential> {
  const path = `${walletCredentialsPath(metadata.namespace)}/${metadata.name}`;
  try {
    return decodeWalletCredential(await client.request({ method: 'PATCH', path, body: patch }));
  } catch (error) {
    if (error instanceof ApiError && error.code === 409) throw error;
    throw explain(error);
  }
}

async function explained<T>(action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    throw explain(error);
  }
}

const crdMissing =
  'The cluster does not know WalletCredentials: install them by `kubectl apply -f deploy/crds`, or name another cluster ' +
  'with --context.';

function explain(error: unknown): unknown {
  return explainCallError(error, crdMissing);
}
