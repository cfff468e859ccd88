import { readFileSync } from 'node:fs';
import { isIPv6 } from 'node:net';
import { dirname, resolve } from 'node:path';
import type { KubeConfig } from '@kubernetes/client-node';
import { parseDocument } from 'yaml';

/** What KubeConfig.loadFromOptions takes. */
export interface KubeConfigParts {
  clusters: KubeConfig['clusters'];
  users: KubeConfig['users'];
  contexts: KubeConfig['contexts'];
  currentContext: string | undefined;
}

type KubeConfigClass = new () => KubeConfig;
type User = KubeConfig['users'][number];

/** The two fields of a user that the library does not read (it looks for a `token-file`), as kubectl's documentation names them. */
interface UserEntry {
  name?: string;
  user?: { tokenFile?: string } | null;
}

/**
 * One kubeconfig file, with the paths in it relative to its folder.
 * @throws Error that names the place of a mistake and never quotes the file, which may hold tokens and keys.
 */
export function readKubeConfigFile(Class: KubeConfigClass, path: string): KubeConfigParts {
  const content = parse(readFileSync(path, 'utf8'));
  const config = new Class();
  // JSON is YAML: the library's own parser would quote the lines around a mistake.
  config.loadFromString(JSON.stringify(content));
  const folder = dirname(resolve(path));
  config.makePathsAbsolute(folder);
  const entries = (content as { users?: UserEntry[] | null }).users ?? [];
  const tokenFiles = new Map(entries.map((entry) => [entry?.name, entry?.user?.tokenFile]));
  return {
    clusters: config.clusters.map(withHttp),
    users: config.users.map((user) => withExec(withTokenFile(user, tokenFiles.get(user.name), folder), folder)),
    contexts: config.contexts,
    currentContext: config.currentContext || undefined,
  };
}

function parse(text: string): object {
  const document = parseDocument(text, { prettyErrors: true });
  const [mistake] = document.errors;
  if (mistake) throw new Error(`line ${mistake.linePos?.[0].line ?? '?'} is not YAML (${mistake.code})`);
  const content: unknown = document.toJS();
  if (typeof content !== 'object' || content === null || Array.isArray(content)) throw new Error('it is empty');
  return content;
}

/** The library takes a server without TLS (`kubectl proxy`) only when it is told not to verify TLS. */
function withHttp(cluster: KubeConfigParts['clusters'][number]): KubeConfigParts['clusters'][number] {
  return cluster.server.startsWith('http:') ? { ...cluster, skipTLSVerify: true } : cluster;
}

/** As for kubectl, the file counts more than a token beside it. */
function withTokenFile(user: User, tokenFile: string | undefined, folder: string): User {
  if (!tokenFile) return user;
  const { token: _, ...rest } = user;
  return { ...rest, authProvider: { name: 'tokenFile', config: { tokenFile: resolve(folder, tokenFile) } } };
}

interface Exec {
  apiVersion?: string;
  command?: string;
  env?: { name: string; value: string }[] | null;
}

/** A plugin is found and told what it is for as kubectl does (client-go credential plugins). */
function withExec(user: User, folder: string): User {
  const exec = user.exec as Exec | null | undefined;
  if (!exec) return user;
  const { apiVersion = 'client.authentication.k8s.io/v1beta1', command = '', env } = exec;
  const information = { apiVersion, kind: 'ExecCredential', spec: { interactive: false } };
  return {
    ...user,
    exec: {
      ...exec,
      command: command.includes('/') ? resolve(folder, command) : command,
      env: [...(env ?? []), { name: 'KUBERNETES_EXEC_INFO', value: JSON.stringify(information) }],
    },
  };
}

/** The first that names something counts, as for kubectl. */
export function mergeKubeConfigs(files: readonly KubeConfigParts[]): KubeConfigParts {
  return {
    clusters: firstOfName(files.flatMap((file) => file.clusters)),
    users: firstOfName(files.flatMap((file) => file.users)),
    contexts: firstOfName(files.flatMap((file) => file.contexts)),
    currentContext: files.find((file) => file.currentContext !== undefined)?.currentContext,
  };
}

function firstOfName<T extends { name: string }>(entries: readonly T[]): T[] {
  return entries.filter((entry, at) => entries.findIndex(({ name }) => name === entry.name) === at);
}

/** The service account that Kubernetes mounts into every pod, unless it is told not to. */
export function readServiceAccount(host: string, port: string | undefined, folder: string): KubeConfigParts {
  const name = 'in-cluster';
  const server = `https://${isIPv6(host) ? `[${host}]` : host}:${port ?? '443'}`;
  const tokenFile = `${folder}/token`;
  const namespace = readFileSync(`${folder}/namespace`, 'utf8').trim();
  return {
    clusters: [{ name, server, caFile: `${folder}/ca.crt`, skipTLSVerify: false }],
    users: [{ name, authProvider: { name: 'tokenFile', config: { tokenFile } } }],
    contexts: [{ name, cluster: name, user: name, namespace }],
    currentContext: name,
  };
}
