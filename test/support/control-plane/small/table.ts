import type { Column } from './column.ts';
import { partialMetadata } from './kubernetes-object.ts';
import type { JsonObject, KubernetesObject } from './kubernetes-object.ts';
import type { ResourceDefinition } from './resource.ts';

const nameColumn: Column = {
  name: 'Name',
  type: 'string',
  format: 'name',
  description: 'The name of the object.',
  cell: (object) => object.metadata.name ?? '', // a bookmark has none
};

function columnsOf(resource: ResourceDefinition): Column[] {
  // Events alone begin with something else, and have their name at the end.
  return resource.columns.some(({ name }) => name === 'Name') ? resource.columns : [nameColumn, ...resource.columns];
}

/** The head of a Table. */
export function columnDefinitions(resource: ResourceDefinition): JsonObject[] {
  return columnsOf(resource).map(({ name, type, format = '', description = '', priority = 0 }) => ({
    name,
    type,
    format,
    description,
    priority,
  }));
}

/** One object as a row of a Table. */
export function tableRow(
  resource: ResourceDefinition,
  object: KubernetesObject,
  how: { includeObject: string; now: Date },
): JsonObject {
  const cells = columnsOf(resource).map((each) => each.cell(object, how.now));
  if (how.includeObject === 'None') return { cells, object: null };
  return { cells, object: how.includeObject === 'Object' ? object : partialMetadata(object) };
}
