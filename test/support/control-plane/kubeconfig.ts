import { writeFile } from 'node:fs/promises';
import { stringify } from 'yaml';

export interface KubeconfigContent {
  server: string;
  /** PEM. */
  certificateAuthority: string;
  user: string;
  token: string;
  namespace?: string;
}

/** Writes a kubeconfig with one context, readable by its owner alone, since it holds a token. */
export async function writeKubeconfig(path: string, content: KubeconfigContent): Promise<string> {
  const authority = Buffer.from(content.certificateAuthority).toString('base64');
  const kubeconfig = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'test',
    clusters: [{ name: 'test', cluster: { server: content.server, 'certificate-authority-data': authority } }],
    users: [{ name: content.user, user: { token: content.token } }],
    contexts: [
      { name: 'test', context: { cluster: 'test', user: content.user, namespace: content.namespace ?? 'default' } },
    ],
  };
  await writeFile(path, stringify(kubeconfig), { mode: 0o600 });
  return path;
}
