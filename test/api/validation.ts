import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { document } from './document.ts';

const compiled = new Map<string, ValidateFunction>();

/** Values as they are, and those of a query or a path, where all is text. */
const [ajv, coercing] = [false, true].map((coerceTypes) => {
  // What OpenAPI adds to JSON Schema (paths, tags) are unknown keywords to ajv.
  const instance = new Ajv2020({ strict: false, allErrors: true, coerceTypes });
  addFormats.default(instance);
  return instance.addSchema(document, 'document', false, false);
}) as [Ajv2020, Ajv2020];

/**
 * What is wrong with a value by the schema at this JSON pointer of docs/openapi.json (JSON Schema 2020-12 with
 * formats); empty: nothing.
 */
export function mistakes(pointer: string, value: unknown): string[] {
  const validate = compiled.get(pointer) ?? ajv.compile({ $ref: `document${pointer}` });
  compiled.set(pointer, validate);
  if (validate(value)) return [];
  return (validate.errors ?? []).map(
    (error) => `${error.instancePath || '/'} ${error.message} ${JSON.stringify(error.params)}`,
  );
}

/** The same of a text in a query, a path or a header, which may stand for a number. */
export function mistakesOfText(pointer: string, text: string): string[] {
  const name = `text ${pointer}`;
  const validate = compiled.get(name) ?? coercing.compile({ properties: { value: { $ref: `document${pointer}` } } });
  compiled.set(name, validate);
  return validate({ value: text }) ? [] : (validate.errors ?? []).map((error) => String(error.message));
}
