import { readFileSync } from 'node:fs';
import { format } from 'prettier';
import { type Rendered, renderChart } from '../test/support/helm.ts';

/** The files of deploy/manifests, and the templates of the chart whose objects are in them. */
const files: Record<string, string[]> = {
  api: ['api/service-account', 'api/service', 'api/deployment'],
  controller: ['controller/service-account', 'controller/roles', 'controller/deployment'],
  cronjobs: ['jobs/service-account', 'jobs/expire-points', 'jobs/sync-wallets', 'jobs/verify-ledger'],
  migrate: ['migrate/service-account', 'migrate/hook'],
};

/** Those that make the namespace: which of them is applied first is the reader's choice. */
const withNamespace = ['api', 'controller'];

const values = {
  database: { existingSecret: 'loyalty-database' },
  api: {
    adminKey: { existingSecret: 'loyalty-admin-key' },
    publicUrl: 'https://loyalty.example.com',
    passTokenKey: { existingSecret: 'loyalty-pass-token-key' },
  },
  google: { liveSecret: 'google-live' },
  apple: { liveSecret: 'apple-live' },
};

const namespace = `apiVersion: v1
kind: Namespace
metadata:
  name: loyalty
  labels:
    app.kubernetes.io/part-of: orion-loyalty
    pod-security.kubernetes.io/enforce: restricted
    pod-security.kubernetes.io/warn: restricted
    pod-security.kubernetes.io/audit: restricted`;

/** What only a release of Helm has. */
const ofHelm = /^ +(app\.kubernetes\.io\/(instance|managed-by)|helm\.sh\/[\w-]+): .*\n/gm;

/** deploy/manifests: the chart for people without Helm, by path. */
export async function plainManifests(): Promise<Record<string, string>> {
  const rendered = await renderChart(values);
  const pages = Object.keys(files).map(async (name) => [`deploy/manifests/${name}.yaml`, await page(name, rendered)]);
  return Object.fromEntries(await Promise.all(pages)) as Record<string, string>;
}

async function page(name: string, rendered: Rendered[]): Promise<string> {
  const objects = (files[name] ?? []).flatMap((source) => {
    const found = rendered.filter((object) => object.source === `${source}.yaml`);
    if (found.length === 0) throw new Error(`the chart renders nothing of ${source}.yaml`);
    return found.map(({ text }) => plain(text));
  });
  const all = withNamespace.includes(name) ? [namespace, ...objects] : objects;
  const version = rendered[0]?.metadata.labels['app.kubernetes.io/version'] ?? '';
  const head = readFileSync(new URL(`manifest-heads/${name}.txt`, import.meta.url), 'utf8');
  const text = head.replaceAll('VERSION', version.replaceAll('.', '-')) + all.join('\n---\n');
  return format(text, { parser: 'yaml', printWidth: 120, singleQuote: true });
}

function plain(text: string): string {
  return text.replaceAll(ofHelm, '').replaceAll(/^( +)annotations:\n(?!\1 )/gm, '');
}
