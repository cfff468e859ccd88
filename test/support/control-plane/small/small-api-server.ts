import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeServerCertificate } from '../certificates.ts';
import { openCluster } from './cluster.ts';
import type { Cluster } from './cluster.ts';
import { Housekeeping } from './housekeeping.ts';
import { startHttpServer } from './http-server.ts';
import { firstNamespaces, namespaceCollection, namespaces } from './namespaces.ts';
import { createObject } from './object-creation.ts';
import { Store } from './store.ts';

export interface SmallApiServerOptions {
  /** A folder for its certificate and token, which it finds again there when it is started once more. */
  directory: string;
  /** Any free port when absent. */
  port?: number;
  /** User name → bearer token, besides "admin". */
  users?: Record<string, string>;
  /** The `store` of one that was stopped, so that it goes on with the same objects and versions. */
  store?: unknown;
  /** How many changes of each resource are kept for watches and pages; 10,000 when absent. Older ones answer 410. */
  historyLimit?: number;
}

export interface SmallApiServer {
  /** https://127.0.0.1:PORT */
  url: string;
  /** PEM. */
  certificateAuthority: string;
  adminToken: string;
  store: unknown;
  stop(): Promise<void>;
}

interface Identity {
  certificateAuthority: string;
  certificate: string;
  privateKey: string;
  adminToken: string;
}

/**
 * Starts an API server for machines without a real control plane: CRUD, list, watch, patches, CustomResourceDefinitions
 * and what else the controller and kubectl use, with the answers of the real one. It has no RBAC, no CEL, no server-side
 * apply and no controllers but garbage collection; everything is in memory.
 */
export async function startSmallApiServer(options: SmallApiServerOptions): Promise<SmallApiServer> {
  const identity = await identityIn(options.directory);
  const store =
    options.store instanceof Store ? options.store : new Store({ historyLimit: options.historyLimit ?? 10_000 });
  const cluster = openCluster(store, () => new Date());
  const housekeeping = new Housekeeping(cluster);
  makeFirstNamespaces(cluster);
  const users = Object.entries(options.users ?? {}).map(([user, token]) => [token, user] as const);
  const server = await startHttpServer(cluster, {
    ...identity,
    port: options.port ?? 0,
    tokens: new Map([...users, [identity.adminToken, 'admin']]),
  });
  const stop = async (): Promise<void> => {
    housekeeping.close();
    cluster.close();
    await server.stop();
  };
  const { certificateAuthority, adminToken } = identity;
  return { url: `https://127.0.0.1:${server.port}`, certificateAuthority, adminToken, store, stop };
}

// Kept over a restart, because the kubeconfigs that are out there name this authority and this token.
async function identityIn(directory: string): Promise<Identity> {
  const path = join(directory, 'small-api-server.json');
  const known = await readFile(path, 'utf8').catch(() => undefined);
  if (known !== undefined) return JSON.parse(known) as Identity;
  const { certificateAuthority, server } = await makeServerCertificate({
    commonName: 'small-api-server',
    dnsNames: ['localhost'],
    addresses: ['127.0.0.1'],
  });
  const identity = { certificateAuthority, ...server, adminToken: randomBytes(16).toString('hex') };
  await writeFile(path, JSON.stringify(identity), { mode: 0o600 });
  return identity;
}

function makeFirstNamespaces(cluster: Cluster): void {
  for (const name of firstNamespaces) {
    if (cluster.store.collection(namespaceCollection).objects.has(name)) continue;
    const sent = {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name, uid: '', resourceVersion: '', creationTimestamp: '' },
    };
    createObject(cluster, { resource: namespaces, namespace: undefined, name, subresource: undefined }, sent, false);
  }
}
