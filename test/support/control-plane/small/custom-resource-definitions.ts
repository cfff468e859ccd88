import type { Cause } from './api-error.ts';
import { column } from './column.ts';
import { parseJsonPath } from './json-path.ts';
import { fieldAt, timestamp, withFields } from './kubernetes-object.ts';
import type { KubernetesObject } from './kubernetes-object.ts';
import { invalidValue, requiredValue } from './object-metadata.ts';
import { builtIn } from './resource.ts';
import { anything, boolean, integer, list, object, pointer, string } from './schema.ts';
import type { DefinitionVersion, Specification } from './served-resources.ts';

const names = object(
  {
    plural: string,
    singular: string,
    kind: string,
    listKind: string,
    shortNames: list(string),
    categories: list(string),
  },
  ['plural', 'kind'],
);
const printerColumn = object({
  name: string,
  type: string,
  format: string,
  description: string,
  priority: integer,
  jsonPath: string,
});

/** CustomResourceDefinitions: one that is written is served at once. */
export const customResourceDefinitions = builtIn({
  group: 'apiextensions.k8s.io',
  version: 'v1',
  kind: 'CustomResourceDefinition',
  plural: 'customresourcedefinitions',
  shortNames: ['crd', 'crds'],
  categories: ['api-extensions'],
  namespaced: false,
  statusSubresource: true,
  countsGenerations: true,
  unconditionalUpdate: false,
  schema: object(
    {
      spec: object({
        group: string,
        names,
        scope: string,
        preserveUnknownFields: boolean,
        conversion: pointer(object({ strategy: string, webhook: pointer(anything) })),
        versions: list(
          object(
            {
              name: string,
              served: boolean,
              storage: boolean,
              deprecated: boolean,
              deprecationWarning: pointer(string),
              schema: pointer(object({ openAPIV3Schema: pointer(anything) })),
              subresources: pointer(object({ status: pointer(anything), scale: pointer(anything) })),
              additionalPrinterColumns: list(printerColumn),
              selectableFields: list(object({ jsonPath: string })),
            },
            ['name', 'served', 'storage'],
          ),
        ),
      }),
      status: anything,
    },
    ['spec'],
  ),
  columns: [column('Created At', (definition) => definition.metadata.creationTimestamp, { type: 'date' })],
  rules: { prepare, check },
});

function prepare(definition: KubernetesObject, old: KubernetesObject | undefined, now: Date): KubernetesObject {
  const spec = definition['spec'] as Specification;
  const { singular, listKind, kind } = spec.names;
  const names = { ...spec.names, singular: singular || kind.toLowerCase(), listKind: listKind || `${kind}List` };
  return {
    ...definition,
    spec: { conversion: { strategy: 'None' }, ...spec, names },
    status: {
      conditions: fieldAt(old, ['status', 'conditions']) ?? [
        condition('NamesAccepted', 'NoConflicts', 'no conflicts found', now),
        condition('Established', 'InitialNamesAccepted', 'the initial names have been accepted', now),
      ],
      acceptedNames: names,
      storedVersions: (spec.versions ?? []).filter((version) => version.storage).map((version) => version.name),
    },
  };
}

function condition(type: string, reason: string, message: string, now: Date): object {
  return { type, status: 'True', lastTransitionTime: timestamp(now), reason, message };
}

function check(definition: KubernetesObject): Cause[] {
  const { names, group, versions = [] } = definition['spec'] as Specification;
  const { name } = definition.metadata;
  const storages = versions.filter((version) => version.storage).length;
  const wrongName = invalidValue('metadata.name', name, 'must be spec.names.plural+"."+spec.group');
  return [
    ...(name === `${names.plural}.${group}` ? [] : [wrongName]),
    ...(storages === 1
      ? []
      : [invalidValue('spec.versions', versions, 'must have exactly one version marked as storage version')]),
    ...versions.flatMap(checkVersion),
  ];
}

function checkVersion(version: DefinitionVersion, index: number): Cause[] {
  const field = `spec.versions[${index}]`;
  if (version.schema?.openAPIV3Schema === undefined) return [requiredValue(`${field}.schema.openAPIV3Schema`)];
  const paths = (version.additionalPrinterColumns ?? []).map(({ jsonPath }) => jsonPath);
  return paths.flatMap((path, column) => {
    try {
      parseJsonPath(path);
      return [];
    } catch (error) {
      return [invalidValue(`${field}.additionalPrinterColumns[${column}].jsonPath`, path, String(error))];
    }
  });
}

/** The finalizer that holds a CustomResourceDefinition until its objects are gone. */
const cleanupFinalizer = 'customresourcecleanup.apiextensions.k8s.io';

/** The definition as it is while its objects go. */
export function markedForDeletion(definition: KubernetesObject, now: Date): KubernetesObject {
  const finalizers = [...(definition.metadata.finalizers ?? []), cleanupFinalizer];
  const metadata = withFields(definition.metadata, { finalizers, deletionTimestamp: timestamp(now) });
  const conditions = fieldAt(definition, ['status', 'conditions']) as object[];
  const message = 'CustomResource deletion is in progress';
  const status = {
    ...(definition['status'] as object),
    conditions: [...conditions, condition('Terminating', 'InstanceDeletionInProgress', message, now)],
  };
  return { ...definition, metadata, status };
}
