import { printerColumns } from './column.ts';
import type { PrinterColumn } from './column.ts';
import { followJsonPath, parseJsonPath } from './json-path.ts';
import { stringOf } from './kubernetes-object.ts';
import type { KubernetesObject } from './kubernetes-object.ts';
import { builtIn } from './resource.ts';
import type { ResourceDefinition } from './resource.ts';
import type { Schema } from './schema.ts';

interface Names {
  plural: string;
  singular: string;
  kind: string;
  listKind: string;
  shortNames?: string[];
  categories?: string[];
}

/** One version of a CustomResourceDefinition. */
export interface DefinitionVersion {
  name: string;
  served: boolean;
  storage: boolean;
  schema?: { openAPIV3Schema?: Schema };
  subresources?: { status?: object };
  additionalPrinterColumns?: PrinterColumn[];
  selectableFields?: { jsonPath: string }[];
}

/** `spec` of a CustomResourceDefinition. */
export interface Specification {
  group: string;
  scope: 'Namespaced' | 'Cluster';
  names: Names;
  versions?: DefinitionVersion[];
}

/** The resources that a CustomResourceDefinition serves, one per version; the stored version first. */
export function servedResources(definition: KubernetesObject): ResourceDefinition[] {
  const { group, scope, names, versions = [] } = definition['spec'] as Specification;
  return versions
    .filter((version) => version.served)
    .sort((a, b) => Number(b.storage) - Number(a.storage))
    .map((version) => ({
      ...builtIn({ group, version: version.name, kind: names.kind, plural: names.plural, schema: schemaOf(version) }),
      listKind: names.listKind,
      singular: names.singular,
      shortNames: names.shortNames ?? [],
      categories: names.categories ?? [],
      namespaced: scope === 'Namespaced',
      statusSubresource: version.subresources?.status !== undefined,
      countsGenerations: true,
      custom: true,
      unconditionalUpdate: false,
      columns: printerColumns(version.additionalPrinterColumns),
      selectableFields: Object.fromEntries(
        (version.selectableFields ?? []).map(({ jsonPath }) => selectable(jsonPath)),
      ),
    }));
}

function schemaOf(version: DefinitionVersion): Schema {
  return version.schema?.openAPIV3Schema ?? {};
}

function selectable(jsonPath: string): [string, (object: KubernetesObject) => string] {
  const steps = parseJsonPath(jsonPath);
  return [jsonPath.replace(/^\./, ''), (object) => stringOf(followJsonPath(steps, object)[0])];
}
