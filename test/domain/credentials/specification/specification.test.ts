import assert from 'node:assert/strict';
import { specificationSchema } from '../../../../src/domain/credentials/specification/specification-schema.ts';
import { readSpecification } from '../../../../src/domain/credentials/specification/specification.ts';
import { acceptedCredentials } from '../../../deploy/accepted-credentials.ts';
import { refusals } from '../../../deploy/refused-credentials.ts';
import { fieldsOf, readSchema, type Schema, withSchemaDefaults } from '../../../deploy/resource-definition.ts';
import { appleCredential } from '../../../deploy/written-credential.ts';

/** The schema without what only people and the API server's CEL read. */
function bare(schema: Schema): object {
  const { description: _description, 'x-kubernetes-validations': _rules, properties, ...rest } = schema;
  const inner = Object.entries(properties ?? {}).map(([name, field]): [string, object] => [name, bare(field)]);
  return properties ? { ...rest, properties: Object.fromEntries(inner) } : rest;
}

function errorsOf(resource: { metadata: object; spec: unknown }): Record<string, string> {
  const reading = readSpecification(resource);
  return 'spec' in reading ? {} : Object.fromEntries(reading.errors.map(({ field, message }) => [field, message]));
}

describe('the specification of a WalletCredential, without an API server', () => {
  const crd = readSchema();

  it('has the schema of the CustomResourceDefinition', () => {
    const { spec } = crd.properties ?? {};
    assert.ok(spec);
    assert.deepEqual(JSON.parse(JSON.stringify(specificationSchema)), bare(spec));
  });

  // test/cluster/crd.test.ts shows that a real API server says exactly this.
  for (const { mistake, resource, errors } of refusals) {
    it(`refuses ${mistake}, in the words of the API server`, () => assert.deepEqual(errorsOf(resource), errors));
  }

  it('knows every rule that needs no earlier resource: some refusal has its words', () => {
    const all = [crd, ...[...fieldsOf(crd)].map(([, field]) => field)];
    const rules = all
      .flatMap((field) => field['x-kubernetes-validations'] ?? [])
      .filter(({ rule }) => !rule.includes('oldSelf'));
    const said = refusals.flatMap(({ errors }) => Object.values(errors)).join('\n');
    for (const { messageExpression, message } of rules) {
      const literals = [...(messageExpression ?? `'${message}'`).matchAll(/'([^']+)'/g)].map(([, text = '']) => text);
      for (const literal of literals.filter((text) => /\w/.test(text))) assert.ok(said.includes(literal), literal);
    }
  });

  for (const [what, resource] of Object.entries(acceptedCredentials)) {
    it(`accepts ${what}, with the defaults of the CustomResourceDefinition`, () => {
      const reading = readSpecification(resource);
      assert.deepEqual('spec' in reading && reading.spec, withSchemaDefaults(crd.properties?.['spec'], resource.spec));
    });
  }

  it('takes null for absent', () => {
    const { spec } = appleCredential({
      live: null,
      expiry: { warningDays: null },
      revisionHistoryLimit: null,
      rollbackTo: null,
    });
    const reading = readSpecification({ metadata: { name: 'apple' }, spec });
    assert.ok('spec' in reading);
    assert.equal(reading.spec.live?.deletionPolicy, 'Retain');
    assert.equal(reading.spec.expiry.warningDays, 30);
    assert.equal(reading.spec.revisionHistoryLimit, 3);
    assert.ok(!('rollbackTo' in reading.spec));
  });

  it('does not take the name of a built-in property for a field', () => {
    const spec = JSON.parse('{"secretRef":{"name":"source"},"constructor":{},"__proto__":{"suspend":true}}') as object;
    assert.deepEqual(errorsOf({ metadata: { name: 'apple' }, spec }), {
      'spec.constructor': 'unknown field',
      'spec.__proto__': 'unknown field',
      spec: errorsOf({ metadata: { name: 'apple' }, spec: { secretRef: { name: 'source' } } })['spec'],
    });
  });
});
