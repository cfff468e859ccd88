import type { WalletCredential } from '../../src/domain/credentials/wallet-credential.ts';
import { type Cluster, conditionOf, type Namespace, type Secret, textOf } from '../support/cluster.ts';
import { type Series, seriesOf } from '../support/scrape.ts';
import { sourceName, verdictLabel } from './traffic.ts';

/**
 * What a fresh list says that the controller has not (yet) made true or does not know: one sentence each, none when it has
 * converged. Whatever happened on the way, only the end counts.
 */
export async function differences(
  cluster: Cluster,
  namespace: Namespace,
  scrape: readonly Series[],
): Promise<string[]> {
  const path = `/apis/loyalty.orion.dev/v1alpha1/namespaces/${namespace.name}/walletcredentials`;
  const { items } = await cluster.client.request<{ items: WalletCredential[] }>({ method: 'GET', path });
  const secrets = new Map((await namespace.secrets()).map((secret) => [secret.metadata.name, secret]));
  const known = new Set(
    seriesOf(scrape, 'loyalty_wallet_credential_condition', { namespace: namespace.name, type: 'Ready' }).map(
      ({ labels }) => labels['name'] ?? '',
    ),
  );
  const there = new Set(items.map(({ metadata }) => metadata.name));
  return [
    ...[...there].filter((name) => !known.has(name)).map((name) => `${name} is not in the metrics`),
    ...[...known].filter((name) => !there.has(name)).map((name) => `${name} is in the metrics and is deleted`),
    ...items.flatMap((item) =>
      differencesOf(item, secrets).map((difference) => `${item.metadata.name}: ${difference}`),
    ),
  ];
}

function differencesOf(credential: WalletCredential, secrets: ReadonlyMap<string, Secret>): string[] {
  const { metadata, status } = credential;
  const source = secrets.get(sourceName(metadata.name));
  return [
    ...differs('observedGeneration', status?.observedGeneration, metadata.generation),
    ...differs('status.source.resourceVersion', status?.source?.resourceVersion, source?.metadata.resourceVersion),
    ...sourceDifferences(credential, source, secrets.get(`${metadata.name}-live`)),
    ...liveDifferences(credential, secrets),
  ];
}

function sourceDifferences(
  credential: WalletCredential,
  source: Secret | undefined,
  live: Secret | undefined,
): string[] {
  const accepted = conditionOf(credential, 'SourceAccepted');
  const verdict = source ? source.metadata.labels?.[verdictLabel] : 'SecretNotFound';
  if (verdict !== 'accepted')
    return differs('SourceAccepted', `${accepted?.status}/${accepted?.reason}`, `False/${verdict}`);
  return [
    ...differs('SourceAccepted', accepted?.status, 'True'),
    ...['signer.pem', 'signer.key', 'wwdr.pem'].flatMap((key) =>
      differs(`live ${key}`, textOf(live, key).trim() === textOf(source, key).trim(), true),
    ),
  ];
}

/** What the status says is live is live, whole, and kept as a revision. */
function liveDifferences({ metadata, status }: WalletCredential, secrets: ReadonlyMap<string, Secret>): string[] {
  if (!status?.live) return [];
  const { revision, fingerprint } = status.live;
  const marks = (secret: Secret | undefined): string =>
    ['revision', 'fingerprint'].map((mark) => secret?.metadata.annotations?.[`loyalty.orion.dev/${mark}`]).join(' ');
  const kept = secrets.get(`${metadata.name}-rev-${revision}`);
  return [
    ...differs('live Secret', marks(secrets.get(`${metadata.name}-live`)), `${revision} ${fingerprint}`),
    ...differs('revision Secret', marks(kept), `${revision} ${fingerprint}`),
  ];
}

function differs(what: string, found: unknown, expected: unknown): string[] {
  return found === expected ? [] : [`${what} is ${String(found)}, expected ${String(expected)}`];
}
