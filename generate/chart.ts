import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { isMap, isScalar, type Pair, parseDocument, type YAMLMap } from 'yaml';

const root = fileURLToPath(new URL('..', import.meta.url));
const chart = `${root}deploy/helm/orion-loyalty`;

/** The CRD as a template: Helm never upgrades what is in `crds/`, and what is kept outlives the release. */
export function crdTemplate(): string {
  const crd = readFileSync(`${root}deploy/crds/walletcredentials.loyalty.orion.dev.yaml`, 'utf8');
  if (crd.includes('{{')) throw new Error('deploy/crds has {{, which Helm would take for its own');
  const kept = crd.replace(
    /^(metadata:\n {2}name: .*\n)/m,
    '$1  annotations:\n    # Neither helm uninstall nor crds.install=false removes it: with it every WalletCredential would go.\n    helm.sh/resource-policy: keep\n',
  );
  if (kept === crd) throw new Error('deploy/crds has no metadata.name where it is expected');
  const note = '# Generated from deploy/crds by `make generate`; do not edit it.';
  return `{{- if .Values.crds.install }}\n${note}\n${kept}{{- end }}\n`;
}

/** One value of the chart. */
export interface ChartValue {
  /** As in `api.service.port`. */
  path: string;
  /** The comment above it in values.yaml. */
  description: string;
  /** In JSON. */
  default: string;
}

/** A map that is one value, whatever is in it. */
const whole = new Set(['resources']);

/** Every value of values.yaml, in its order. */
export function chartValues(): ChartValue[] {
  const document = parseDocument(readFileSync(`${chart}/values.yaml`, 'utf8'));
  return valuesOf(document.contents as YAMLMap, []);
}

function valuesOf(map: YAMLMap, parents: string[]): ChartValue[] {
  return map.items.flatMap((pair, index) => {
    const key = pair.key;
    if (!isScalar(key)) throw new Error(`values.yaml has a key that is no text under ${parents.join('.')}`);
    const name = String(key.value);
    const path = [...parents, name];
    if (isMap(pair.value) && pair.value.items.length > 0 && !whole.has(name)) return valuesOf(pair.value, path);
    // The library gives the comment above a map's first key to the map.
    const comment = (index === 0 ? map.commentBefore : key.commentBefore) ?? '';
    return [{ path: path.join('.'), description: comment.replaceAll(/\s+/g, ' ').trim(), default: shown(pair) }];
  });
}

function shown({ value }: Pair): string {
  return JSON.stringify((value as { toJSON(): unknown }).toJSON());
}

/** The table of all values, for docs/helm-values.md. */
export function valuesPage(note: string, table: (heading: string[], rows: string[][]) => string): string {
  const rows = chartValues().map((value) => [`\`${value.path}\``, `\`${value.default}\``, value.description]);
  const about =
    'Of the chart [deploy/helm/orion-loyalty](../deploy/helm/orion-loyalty); [install.md](install.md) shows how they are used. `values.schema.json` refuses what is not in this list.';
  return `# Values of the Helm chart\n\n${note}\n\n${about}\n\n${table(['value', 'default', 'meaning'], rows)}\n`;
}
