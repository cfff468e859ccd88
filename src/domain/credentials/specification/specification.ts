import { ruleErrors, type WrittenSpec } from './specification-rules.ts';
import { specificationSchema } from './specification-schema.ts';
import { type FieldError, schemaErrors, unknownFields, withSchemaDefaults } from './structural-schema.ts';
import type { WalletCredentialSpec } from '../wallet-credential.ts';

export type SpecificationReading = { spec: WalletCredentialSpec } | { errors: FieldError[] };

// RFC 1123, as the API server wants the name of every custom resource.
const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const subdomainMessage =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end " +
  "with an alphanumeric character (e.g. 'example.com', regex used for validation is " +
  String.raw`'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')`;

/**
 * What the API server makes of a WalletCredential that somebody wrote: its spec with the defaults, or why it is refused, in
 * the server's words. Pure, for files that no server has seen; test/cluster/specification.test.ts asks a real one the same.
 * Not looked at: the change of provider (one needs the resource as it was), labels and annotations.
 */
export function readSpecification(resource: { metadata?: unknown; spec?: unknown }): SpecificationReading {
  const { name } = (resource.metadata ?? {}) as { name?: unknown };
  if (typeof name !== 'string' || name === '') {
    return { errors: [{ field: 'metadata.name', message: 'Required value' }] };
  }
  if (resource.spec === undefined) return { errors: [{ field: 'spec', message: 'Required value' }] };
  const spec = withSchemaDefaults(specificationSchema, resource.spec);
  const errors = [
    ...unknownFields(specificationSchema, spec, 'spec'),
    ...(subdomain.test(name) ? [] : [{ field: 'metadata.name', message: subdomainMessage }]),
    ...schemaErrors(specificationSchema, spec, 'spec'),
  ];
  if (!errors.some((error) => error.hidesRules)) errors.push(...ruleErrors(name, spec as WrittenSpec));
  return errors.length === 0 ? { spec: spec as WalletCredentialSpec } : { errors };
}
