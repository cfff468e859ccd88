import type { Chance } from '../../domain/credentials/checks/mutation.ts';
import { type DocumentedOperation, resolved, type Schema } from '../document.ts';

/** A valid request of an operation, before something hostile is done to it. */
export interface ValidRequest {
  operation: DocumentedOperation;
  method: string;
  path: Record<string, string>;
  query: [string, string][];
  headers: [string, string][];
  /** Undefined: the operation takes none. */
  body: unknown;
}

/** Gives values that exist, such as the id of a card, for members and parameters of these names. */
export type KnownValues = (name: string, operation: DocumentedOperation) => unknown;

/** Makes a request that fits the document, with a random choice of what is optional. */
export function validRequest(
  operation: DocumentedOperation,
  key: string,
  known: KnownValues,
  chance: Chance,
): ValidRequest {
  const given = operation.parameters.filter((parameter) => parameter.required || chance.below(3) === 0);
  const value = (name: string, schema: Schema): string =>
    String(known(name, operation) ?? sample(schema, name, { operation, known, chance }));
  const named = (place: string): [string, string][] =>
    given.filter((parameter) => parameter.in === place).map(({ name, schema }) => [name, value(name, schema)]);
  const body = operation.body && sample(operation.body.schema, '', { operation, known, chance });
  return {
    operation,
    method: operation.method,
    path: Object.fromEntries(named('path')),
    query: named('query').filter(([name]) => name !== 'cursor'),
    headers: [
      ['Host', 'loyalty.example'],
      ['Authorization', `Bearer ${key}`],
      ...named('header').filter(([name]) => !/^(if-none-match|authorization)$/i.test(name)),
    ],
    body,
  };
}

interface Sampling {
  operation: DocumentedOperation;
  known: KnownValues;
  chance: Chance;
}

/** A value that fits the schema; `name` is that of the member it is for. */
function sample(given: Schema, name: string, sampling: Sampling): unknown {
  const schema = resolved(given);
  const { known, operation, chance } = sampling;
  const existing = name === '' ? undefined : known(name, operation);
  if (existing !== undefined) return existing;
  if (schema.const !== undefined) return schema.const;
  if (schema.enum !== undefined) return chance.pick(schema.enum);
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices !== undefined) return sample(chance.pick(choices), name, sampling);
  if (schema.properties !== undefined) return sampleObject(schema, sampling);
  if (schema.example !== undefined) return schema.example;
  if (schema.examples?.length) return chance.pick(schema.examples);
  return sampleOfType(schema, name, sampling);
}

function sampleObject(schema: Schema, sampling: Sampling): Record<string, unknown> {
  const present = Object.entries(schema.properties ?? {}).filter(
    ([member]) => schema.required?.includes(member) || sampling.chance.below(2) === 0,
  );
  return Object.fromEntries(present.map(([member, value]) => [member, sample(value, member, sampling)]));
}

function sampleOfType(schema: Schema, name: string, sampling: Sampling): unknown {
  const { chance } = sampling;
  const type = Array.isArray(schema.type) ? chance.pick(schema.type) : schema.type;
  switch (type) {
    case 'integer':
    case 'number':
      return (schema.minimum ?? 0) + chance.below(Math.min(50, (schema.maximum ?? 50) - (schema.minimum ?? 0)) + 1);
    case 'boolean':
      return chance.below(2) === 0;
    case 'null':
      return null;
    case 'array':
      return Array.from({ length: schema.minItems ?? 1 }, () => sample(schema.items ?? {}, name, sampling));
    case 'object':
      return {};
    case undefined:
    default:
      return sampleText(schema, chance);
  }
}

function sampleText(schema: Schema, { below }: Chance): string {
  if (schema.format === 'uuid') return '01943f6e-7c00-7abc-8def-0123456789ab';
  if (schema.format === 'date-time') return '2030-01-01T00:00:00.000Z';
  const length = Math.min(schema.maxLength ?? 12, Math.max(schema.minLength ?? 0, 12));
  return Array.from({ length }, () => below(36).toString(36)).join('');
}
