import type { KubernetesClient } from '../../../src/adapters/kubernetes/client.ts';
import type { Pod, Projection } from './pod-object.ts';

/** Tokens of a Pod's service account, bound to the Pod as a kubelet's are, and renewed after 80 % of their life. */
export interface Tokens {
  token(pod: Pod, source: NonNullable<Projection['serviceAccountToken']>): Promise<string>;
  forget(pod: Pod): void;
}

export function createTokens(client: KubernetesClient, now: () => Date): Tokens {
  const kept = new Map<string, { token: string; renewAt: number }>();

  async function request(pod: Pod, audience: string | undefined, expirationSeconds: number): Promise<string> {
    const { namespace, name, uid } = pod.metadata;
    const answer = await client.request<{ status: { token: string } }>({
      method: 'POST',
      path: `/api/v1/namespaces/${namespace}/serviceaccounts/${pod.spec.serviceAccountName ?? 'default'}/token`,
      body: {
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'TokenRequest',
        spec: {
          ...(audience !== undefined && { audiences: [audience] }),
          expirationSeconds,
          boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name, uid },
        },
      },
    });
    return answer.status.token;
  }

  return {
    async token(pod, { audience, expirationSeconds = 3_600 }) {
      const key = `${pod.metadata.uid}/${audience ?? ''}/${expirationSeconds}`;
      const found = kept.get(key);
      if (found !== undefined && now().getTime() < found.renewAt) return found.token;
      const token = await request(pod, audience, expirationSeconds);
      kept.set(key, { token, renewAt: now().getTime() + expirationSeconds * 800 });
      return token;
    },
    forget(pod) {
      for (const key of kept.keys()) if (key.startsWith(`${pod.metadata.uid}/`)) kept.delete(key);
    },
  };
}
