import { createHash } from 'node:crypto';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import type { JsonObject } from './kubernetes-object.ts';
import { objectMetadata } from './object-metadata.ts';
import type { ResourceDefinition } from './resource.ts';
import type { Schema } from './schema.ts';

const metadataSchema = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta';

const descriptions = {
  apiVersion: 'The group and version of the kind, for instance apps/v1.',
  kind: 'The kind of the object.',
  metadata: "Standard object's metadata.",
};

function pathOf({ group, version }: { group: string; version: string }): string {
  return group === '' ? `api/${version}` : `apis/${group}/${version}`;
}

/**
 * `/openapi/v2` as protobuf, the one form in which kubectl asks for it: a document without any kind. kubectl turns to it
 * for kinds that it does not find in v3, and has to find nothing there in good order, so that it can say what is missing.
 */
export function openApiVersion2(): Buffer {
  const info = new BinaryWriter().tag(1, WireType.LengthDelimited).string('Kubernetes').finish();
  const document = new BinaryWriter()
    .tag(1, WireType.LengthDelimited)
    .string('2.0')
    .tag(2, WireType.LengthDelimited)
    .bytes(info)
    .tag(8, WireType.LengthDelimited)
    .bytes(new Uint8Array());
  return Buffer.from(document.finish());
}

/** `/openapi/v3`: where the document of each group version is. Its hash changes when the document does. */
export function openApiIndex(resources: ResourceDefinition[]): JsonObject {
  const versions = [...new Set(resources.map(pathOf))];
  const paths = versions.map((path) => {
    const document = JSON.stringify(openApiDocument(resources, path));
    const hash = createHash('sha256').update(document).digest('hex').toUpperCase();
    return [path, { serverRelativeURL: `/openapi/v3/${path}?hash=${hash}` }];
  });
  return { paths: Object.fromEntries(paths) as JsonObject };
}

/**
 * `/openapi/v3/api/v1` and `/openapi/v3/apis/GROUP/VERSION`: what kubectl reads to explain a kind and to learn that the
 * server itself refuses unknown fields. Undefined when there is no such group version.
 */
export function openApiDocument(resources: ResourceDefinition[], path: string): JsonObject | undefined {
  const served = resources.filter((each) => pathOf(each) === path);
  if (served.length === 0) return undefined;
  const schemas = served.map((each) => [schemaName(each), kindSchema(each)]);
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: 'small' },
    paths: Object.fromEntries(served.flatMap(pathsOf)) as JsonObject,
    components: { schemas: { [metadataSchema]: objectMetadata, ...Object.fromEntries(schemas) } as JsonObject },
  };
}

function pathsOf(resource: ResourceDefinition): [string, JsonObject][] {
  const root = `/${pathOf(resource)}/`;
  const collection = `${root}${resource.namespaced ? 'namespaces/{namespace}/' : ''}${resource.plural}`;
  const single = operations(resource, ['get', 'put', 'patch', 'delete']);
  return [
    [collection, operations(resource, ['get', 'post'])],
    [`${collection}/{name}`, single],
    ...(resource.statusSubresource
      ? [[`${collection}/{name}/status`, operations(resource, ['get', 'put', 'patch'])]]
      : []),
  ] as [string, JsonObject][];
}

const actions: Record<string, string> = { get: 'get', post: 'post', put: 'put', patch: 'patch', delete: 'delete' };

// Patch types are left out on purpose: kubectl merges built-in kinds by the types that it has compiled in.
function operations(resource: ResourceDefinition, methods: string[]): JsonObject {
  const { group, version, kind } = resource;
  const schema = { $ref: `#/components/schemas/${schemaName(resource)}` };
  const parameters = ['dryRun', 'fieldManager', 'fieldValidation'].map((name) => ({
    name,
    in: 'query',
    schema: { type: 'string' },
  }));
  const operation = (method: string): JsonObject => ({
    operationId: `${method}${kind}`,
    ...(method === 'get' ? {} : { parameters }),
    responses: { '200': { description: 'OK', content: { 'application/json': { schema } } } },
    'x-kubernetes-action': actions[method],
    'x-kubernetes-group-version-kind': { group, version, kind },
  });
  return Object.fromEntries(methods.map((method) => [method, operation(method)]));
}

function schemaName(resource: ResourceDefinition): string {
  const reversed = resource.group === '' ? 'io.k8s.api.core' : resource.group.split('.').toReversed().join('.');
  return `${reversed}.${resource.version}.${resource.kind}`;
}

function kindSchema(resource: ResourceDefinition): JsonObject {
  const { group, version, kind, schema } = resource;
  const properties = {
    ...schema.properties,
    apiVersion: { type: 'string', description: descriptions.apiVersion },
    kind: { type: 'string', description: descriptions.kind },
    metadata: { description: descriptions.metadata, allOf: [{ $ref: `#/components/schemas/${metadataSchema}` }] },
  };
  const required = resource.custom ? schema.required : undefined;
  const own: Partial<Schema> = { ...schema, ...(required === undefined ? {} : { required }) };
  return { ...own, type: 'object', properties, 'x-kubernetes-group-version-kind': [{ group, version, kind }] };
}
