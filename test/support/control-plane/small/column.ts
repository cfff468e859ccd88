import { ageOf } from './human-duration.ts';
import { followJsonPath, parseJsonPath } from './json-path.ts';
import type { KubernetesObject } from './kubernetes-object.ts';

/** A column of `kubectl get`; one with a priority above 0 shows with `-o wide` only. */
export interface Column {
  name: string;
  type: string;
  format?: string;
  description?: string;
  priority?: number;
  cell(object: KubernetesObject, now: Date): unknown;
}

/** A column as additionalPrinterColumns of a CustomResourceDefinition declare it. */
export interface PrinterColumn {
  name: string;
  type: string;
  format?: string;
  description?: string;
  priority?: number;
  jsonPath: string;
}

/** When the object was created, as an age. */
export const ageColumn: Column = {
  name: 'Age',
  type: 'string',
  description: 'How long ago the object was created.',
  cell: (object, now) => ageOf(object.metadata.creationTimestamp, now),
};

/** A column that shows what one function reads from the object. */
export function column(
  name: string,
  cell: (object: KubernetesObject, now: Date) => unknown,
  more: Partial<Column> = {},
): Column {
  return { name, type: 'string', cell, ...more };
}

/** The columns of a custom resource; without any of its own it has its age. */
export function printerColumns(declared: PrinterColumn[] | undefined): Column[] {
  if (declared === undefined) return [{ ...ageColumn, type: 'date' }];
  return declared.map(({ jsonPath, ...rest }) => {
    const steps = parseJsonPath(jsonPath);
    const description = rest.description ?? `Custom resource definition column (in JSONPath format): ${jsonPath}`;
    return {
      ...rest,
      description,
      cell: (object, now) => printedCell(rest.type, followJsonPath(steps, object)[0], now),
    };
  });
}

// What does not fit its column's type shows as nothing, as in the real server.
function printedCell(type: string, value: unknown, now: Date): unknown {
  if (value === undefined || value === null) return null;
  if (type === 'string')
    return typeof value === 'object' ? JSON.stringify(value) : String(value as string | number | boolean);
  if (type === 'date') return typeof value === 'string' ? ageOf(value, now) : null;
  if (type === 'integer') return typeof value === 'number' ? Math.trunc(value) : null;
  if (type === 'number') return typeof value === 'number' ? value : null;
  return type === 'boolean' && typeof value === 'boolean' ? value : null;
}
