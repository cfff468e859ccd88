import type { KubernetesClient } from '../../adapters/kubernetes/client.ts';
import { listWalletCredentials } from '../../adapters/kubernetes/wallet-credentials.ts';
import { type CredentialSummary, summaryOf } from '../../domain/credentials/summary/credential-summary.ts';
import type { WalletCredential } from '../../domain/credentials/wallet-credential.ts';
import { ConfigurationError, messageOf } from '../../errors.ts';

/** WalletCredentials of the namespaces that the console shows; or why they are not known. */
export type ClusterCredentials =
  { summaries: CredentialSummary[]; problem: null } | { summaries: null; problem: string };

/** Reads them, at most once in that time however many pages are asked for. */
export type ReadClusterCredentials = (now: Date) => Promise<ClusterCredentials>;

const milliseconds = { remembered: 5_000, asked: 3_000 };

export interface ClusterDeps {
  /** Opens the client at the first use: the API starts also while the API server is away. */
  connect: () => Promise<KubernetesClient>;
  namespaces: readonly string[];
}

export function clusterCredentials({ connect, namespaces }: ClusterDeps): ReadClusterCredentials {
  let client: Promise<KubernetesClient> | undefined;
  let reading: Promise<WalletCredential[]> | undefined;
  let until = 0;

  async function read(): Promise<WalletCredential[]> {
    client ??= connect();
    // A kubeconfig that could not be used may be better the next time.
    const connected = await client.catch((error: unknown) => {
      client = undefined;
      throw error;
    });
    const lists = await Promise.all(
      namespaces.map((namespace) => listWalletCredentials(connected, namespace, milliseconds.asked)),
    );
    return lists.flat();
  }

  function readOnce(): Promise<WalletCredential[]> {
    if (reading !== undefined && performance.now() < until) return reading;
    until = performance.now() + milliseconds.remembered;
    return (reading = read());
  }

  return async (now) => {
    try {
      const found = await readOnce();
      const summaries = found.map((each) => summaryOf(each, now, `-n ${each.metadata.namespace}`));
      return { summaries, problem: null };
    } catch (error) {
      const why = error instanceof ConfigurationError ? error.problems.join(' ') : `${messageOf(error)}.`;
      return { summaries: null, problem: `The WalletCredentials could not be read: ${why}` };
    }
  };
}
