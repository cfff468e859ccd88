import assert from 'node:assert/strict';
import { ApiError } from '../../src/adapters/kubernetes/api-error.ts';
import { writtenSecrets } from '../kubectl-loyalty/check/written-secrets.ts';
import { type Cluster, type Secret, startCluster } from '../support/cluster.ts';

describe('what kubectl loyalty check makes of a Secret in a file, on a real API server', () => {
  let cluster: Cluster;
  before(async () => {
    cluster = await startCluster({ kind: 'real', controllerManager: false, audit: false });
  });
  after(() => cluster?.stop());

  async function create(fields: Record<string, unknown>): Promise<Record<string, string> | undefined> {
    const body = { apiVersion: 'v1', kind: 'Secret', metadata: { generateName: 'written-' }, ...fields };
    try {
      const secret = await cluster.client.request<Secret>({
        method: 'POST',
        path: '/api/v1/namespaces/default/secrets',
        query: { dryRun: 'All' },
        body,
      });
      const texts = Object.entries(secret.data ?? {}).map(([key, text]) => [
        key,
        Buffer.from(text ?? '', 'base64').toString(),
      ]);
      return Object.fromEntries(texts) as Record<string, string>;
    } catch (error) {
      if (error instanceof ApiError && (error.code === 400 || error.code === 422)) return undefined;
      throw error;
    }
  }

  for (const { what, fields, holds } of writtenSecrets) {
    it(`${holds ? 'is taken' : 'is refused'}: ${what}`, async () => assert.deepEqual(await create(fields), holds));
  }
});
