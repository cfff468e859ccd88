import { stringify } from 'yaml';
import { notAcceptable, unknownFormat } from './api-error.ts';
import type { ApiError } from './api-error.ts';
import { partialMetadata } from './kubernetes-object.ts';
import type { JsonObject, KubernetesObject } from './kubernetes-object.ts';
import type { ObjectList } from './list.ts';
import { groupVersion } from './resource.ts';
import type { ResourceDefinition } from './resource.ts';
import { columnDefinitions, tableRow } from './table.ts';

/** How the client wants objects shown, from its Accept header. */
export interface Representation {
  format: 'json' | 'yaml';
  as: 'Object' | 'Table' | 'PartialObjectMetadata' | 'PartialObjectMetadataList';
  /** What a Table row carries: the object, its metadata, or nothing. */
  includeObject: string;
  now: Date;
}

const accepted = 'application/json, application/yaml';

/**
 * Picks the first clause of the Accept header that the server can satisfy.
 * @throws ApiError 406 when there is none.
 */
export function negotiate(accept: string | undefined, query: URLSearchParams, now: Date): Representation {
  const includeObject = query.get('includeObject') ?? 'Metadata';
  const clauses = (accept ?? '*/*').split(',').map(readClause);
  for (const { format, as } of clauses) {
    if (format !== undefined && as !== undefined) return { format, as, includeObject, now };
  }
  if (clauses.every(({ format }) => format === undefined)) throw unknownFormat(accepted);
  throw notAcceptable(`only the following media types are accepted: ${accepted}`);
}

function readClause(clause: string): { format: 'json' | 'yaml' | undefined; as: Representation['as'] | undefined } {
  const [type = '', ...rest] = clause.split(';').map((part) => part.trim());
  const parameters = new Map(rest.map((part) => part.split('=') as [string, string]));
  return { format: formatOf(type), as: transformationOf(parameters) };
}

/**
 * Checks that a watch can be shown: it is a stream of JSON, never of YAML.
 * @throws ApiError 406
 */
export function checkWatchFormat({ format }: Representation): void {
  if (format === 'json') return;
  throw notAcceptable('only the following media types are accepted: application/json;stream=watch');
}

function formatOf(type: string): 'json' | 'yaml' | undefined {
  if (['application/json', 'application/*', '*/*'].includes(type)) return 'json';
  return type === 'application/yaml' ? 'yaml' : undefined;
}

function transformationOf(parameters: Map<string, string>): Representation['as'] | undefined {
  const as = parameters.get('as');
  if (as === undefined) return 'Object';
  if (parameters.get('g') !== 'meta.k8s.io' || parameters.get('v') !== 'v1') return undefined;
  return as === 'Table' || as === 'PartialObjectMetadata' || as === 'PartialObjectMetadataList' ? as : undefined;
}

/** The text of an answer in the format asked for. */
export function serialize(body: unknown, format: 'json' | 'yaml'): string {
  return format === 'json' ? `${JSON.stringify(body)}\n` : stringify(body, { version: '1.1', sortMapEntries: true });
}

// An object is sent to many watchers and in many lists, and is never changed: its text is made once.
const texts = new WeakMap<KubernetesObject, string>();

function textOf(object: KubernetesObject): string {
  const text = texts.get(object) ?? JSON.stringify(object);
  texts.set(object, text);
  return text;
}

/** The text of one object, for GET and for the answer to a write. */
export function presentObject(resource: ResourceDefinition, object: KubernetesObject, how: Representation): string {
  if (how.as === 'PartialObjectMetadataList') {
    throw notAcceptable(
      `you requested PartialObjectMetadataList, but the requested object is not a list (*${resource.kind})`,
    );
  }
  if (how.as === 'Object' && how.format === 'json') return `${textOf(inVersion(resource, object))}\n`;
  return serialize(transformed(resource, object, how, true), how.format);
}

/** The text of a list. */
export function presentList(resource: ResourceDefinition, list: ObjectList, how: Representation): string {
  if (how.as === 'PartialObjectMetadata') {
    throw notAcceptable(
      `you requested PartialObjectMetadata, but the requested object is a list (*${resource.listKind})`,
    );
  }
  if (how.as === 'Object') return plainList(resource, list, how.format);
  if (how.as === 'Table') {
    const rows = list.items.map((item) => tableRow(resource, item, how));
    return serialize({ ...tableHead(resource, list.metadata, true), rows }, how.format);
  }
  const items = list.items.map(partialMetadata);
  return serialize(
    { kind: 'PartialObjectMetadataList', apiVersion: 'meta.k8s.io/v1', metadata: list.metadata, items },
    how.format,
  );
}

// Items of a built-in list do not repeat apiVersion and kind, those of a custom one do: as the real server writes them.
function plainList(resource: ResourceDefinition, { metadata, items }: ObjectList, format: 'json' | 'yaml'): string {
  const head = { kind: resource.listKind, apiVersion: groupVersion(resource), metadata };
  if (resource.custom && format === 'json') {
    const texts = items.map((item) => textOf(inVersion(resource, item))).join(',');
    return `${JSON.stringify(head).slice(0, -1)},"items":[${texts}]}\n`;
  }
  const shown = items.map((item) => {
    if (resource.custom) return inVersion(resource, item);
    const { apiVersion: _apiVersion, kind: _kind, ...rest } = item;
    return rest;
  });
  return serialize({ ...head, items: shown }, format);
}

/** One line of a watch. The first event of a Table watch carries the column definitions, later ones do not. */
export function presentEvent(
  resource: ResourceDefinition,
  type: string,
  object: KubernetesObject,
  how: Representation,
  first: boolean,
): string {
  const shown =
    how.as === 'Object'
      ? textOf(inVersion(resource, object))
      : JSON.stringify(transformed(resource, object, how, first));
  return `{"type":"${type}","object":${shown}}\n`;
}

function transformed(
  resource: ResourceDefinition,
  object: KubernetesObject,
  how: Representation,
  withColumns: boolean,
): JsonObject {
  if (how.as === 'Table') {
    const metadata = { resourceVersion: object.metadata.resourceVersion };
    return { ...tableHead(resource, metadata, withColumns), rows: [tableRow(resource, object, how)] };
  }
  return how.as === 'PartialObjectMetadata' ? partialMetadata(object) : inVersion(resource, object);
}

function tableHead(resource: ResourceDefinition, metadata: JsonObject, withColumns: boolean): JsonObject {
  const definitions = withColumns ? columnDefinitions(resource) : null;
  return { kind: 'Table', apiVersion: 'meta.k8s.io/v1', metadata, columnDefinitions: definitions };
}

// Versions of a custom resource differ in nothing but their name: there are no conversion webhooks here.
function inVersion(resource: ResourceDefinition, object: KubernetesObject): KubernetesObject {
  const apiVersion = groupVersion(resource);
  return object.apiVersion === apiVersion ? object : { ...object, apiVersion };
}

/** The error as an answer. */
export function presentError(error: ApiError, format: 'json' | 'yaml'): string {
  return serialize(error.status, format);
}
