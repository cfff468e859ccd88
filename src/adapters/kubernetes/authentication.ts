import type { RequestOptions } from 'node:https';
import type { ConnectionOptions } from 'node:tls';
import type { KubeConfig } from '@kubernetes/client-node';

/** How a call shows who it is from, as the kubeconfig's files and plugins said when it was read. */
export interface Authentication {
  headers: Record<string, string>;
  tls: Pick<ConnectionOptions, 'ca' | 'cert' | 'key' | 'pfx' | 'passphrase' | 'rejectUnauthorized' | 'servername'>;
}

/**
 * Applies the current user and cluster of the kubeconfig: reads certificate and token files, runs an exec plugin.
 * @throws Error that never quotes what a file or plugin held.
 */
export async function readAuthentication(kubeConfig: KubeConfig): Promise<Authentication> {
  const options: RequestOptions = {};
  try {
    await kubeConfig.applyToHTTPSOptions(options as Parameters<KubeConfig['applyToHTTPSOptions']>[0]);
  } catch (error) {
    throw withoutOutput(error, kubeConfig);
  }
  const { ca, cert, key, pfx, passphrase, rejectUnauthorized, servername } = options;
  const tls = definedOnly({ ca, cert, key, pfx, passphrase, rejectUnauthorized, servername });
  return { headers: headersOf(options), tls };
}

/** The library's authenticators remember tokens (a file's for a minute, a plugin's for as long as it said): a copy has forgotten them. */
export function forgetful(kubeConfig: KubeConfig): KubeConfig {
  const copy = new (kubeConfig.constructor as new () => KubeConfig)();
  copy.loadFromOptions({
    clusters: kubeConfig.getClusters(),
    users: kubeConfig.getUsers(),
    contexts: kubeConfig.getContexts(),
    currentContext: kubeConfig.getCurrentContext(),
  });
  return copy;
}

/** The library parses a plugin's output without care: its SyntaxError would quote a token. */
function withoutOutput(error: unknown, kubeConfig: KubeConfig): unknown {
  if (!(error instanceof SyntaxError || error instanceof TypeError)) return error;
  const exec = kubeConfig.getCurrentUser()?.exec as { command?: string } | undefined;
  return new Error(`the exec plugin ${exec?.command ?? '(unnamed)'} of the kubeconfig printed no ExecCredential`);
}

function headersOf({ headers, auth }: RequestOptions): Record<string, string> {
  const named = Object.entries(headers ?? {}).map(([name, value]): [string, string] => [
    name.toLowerCase(),
    String(value).trim(),
  ]);
  const basic = auth ? { authorization: `Basic ${Buffer.from(auth).toString('base64')}` } : {};
  return { ...basic, ...Object.fromEntries(named) };
}

function definedOnly<T extends object>(values: T): Partial<T> {
  return Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== undefined && value !== null),
  ) as Partial<T>;
}
