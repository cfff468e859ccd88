import type { ManifestDocument } from './documents.ts';

/** A Kubernetes object in a file. */
export interface ManifestObject {
  file: string;
  line: number;
  apiVersion: string;
  kind: string;
  /** undefined: where kubectl is when it is applied. */
  namespace: string | undefined;
  /** Empty when it has none. */
  name: string;
  body: Readonly<Record<string, unknown>>;
}

type Fields = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** Lists in lists are no more than a mistake. */
const mostLists = 10;

/** The objects of a document: itself, or the items of a List, SecretList… Empty when it is none. */
export function objectsOf({ file, line, value }: ManifestDocument): ManifestObject[] {
  return objectsIn(value, { file, line }, mostLists);
}

function objectsIn(value: unknown, place: { file: string; line: number }, depth: number): ManifestObject[] {
  if (!isObject(value) || depth === 0) return [];
  const { items } = value;
  const [apiVersion, kind] = [textOf(value['apiVersion']), textOf(value['kind'])];
  if (apiVersion === undefined || kind === undefined) return [];
  if (Array.isArray(items) && kind.endsWith('List')) {
    // Items of a typed list need not say what they are.
    const implied = kind === 'List' ? {} : { apiVersion, kind: kind.slice(0, -'List'.length) };
    return items.flatMap((item: unknown) =>
      objectsIn(isObject(item) ? { ...implied, ...item } : item, place, depth - 1),
    );
  }
  const metadata = isObject(value['metadata']) ? value['metadata'] : {};
  const [namespace, name = ''] = [textOf(metadata['namespace']), textOf(metadata['name'])];
  return [{ ...place, apiVersion, kind, namespace, name, body: value }];
}
