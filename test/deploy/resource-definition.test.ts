import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { withDefaults } from '../../src/adapters/kubernetes/wallet-credentials.ts';
import { onlineReasons, promotionReasons, sourceReasons } from '../../src/domain/credentials/reasons.ts';
import { conditionTypes, group, kind, plural, version } from '../../src/domain/credentials/wallet-credential.ts';
import type { WalletCredentialSpec } from '../../src/domain/credentials/wallet-credential.ts';
import { completeSpec, completeStatus } from './complete-credential.ts';
import { fieldsOf, readResourceDefinition, readSchema, withSchemaDefaults } from './resource-definition.ts';
import type { Schema } from './resource-definition.ts';

/** The reasons that the conditions give besides those of reasons.ts: written where they are given. */
function otherReasons(): string[] {
  const source = readFileSync(new URL('../../src/domain/credentials/promotion/conditions.ts', import.meta.url), 'utf8');
  const reasons = [...source.matchAll(/reason: '(\w+)'/g)].map((match) => match[1] ?? '');
  assert.ok(reasons.includes('WithinWarning'));
  return reasons;
}

describe('the CustomResourceDefinition of WalletCredential', () => {
  const { spec } = readResourceDefinition();
  const schema = readSchema();
  const fields = new Map(fieldsOf(schema));
  const select = (wanted: (field: Schema, path: string) => boolean): string[] =>
    [...fields].filter(([path, field]) => wanted(field, path)).map(([path]) => path);

  it('is named as in the code', () => {
    assert.deepEqual(
      {
        group: spec.group,
        kind: spec.names.kind,
        plural: spec.names.plural,
        versions: spec.versions.map((v) => v.name),
      },
      { group, kind, plural, versions: [version] },
    );
    assert.deepEqual(
      [spec.scope, spec.names.shortNames, spec.names.categories],
      ['Namespaced', ['wcred'], ['loyalty']],
    );
    assert.deepEqual(spec.versions[0]?.subresources, { status: {} });
  });

  it('describes every field in sentences, and every column', () => {
    // The API server allows no description of its own on metadata.
    assert.deepEqual(
      select((field, path) => path !== 'metadata' && !/^[^\s].*\.$/su.test(field.description ?? '')),
      [],
    );
    const columns = spec.versions.flatMap((each) => each.additionalPrinterColumns);
    assert.deepEqual(
      columns.filter((column) => (column.description ?? '') === '').map((column) => column.name),
      [],
    );
  });

  it('has exactly the fields, with the types, that the code reads and writes', () => {
    const shapes = (root: string): string[] =>
      [...fields].filter(([path]) => path.startsWith(`${root}.`)).map(([path, field]) => `${path}: ${field.type}`);
    assert.deepEqual(shapes('spec').toSorted(), shapesOf(completeSpec, 'spec').toSorted());
    assert.deepEqual(shapes('status').toSorted(), shapesOf(completeStatus, 'status').toSorted());
  });

  it('bounds every value, so that nothing grows without limit and the cost of the rules is known', () => {
    const unbounded = select((field, path) => {
      if (field.type === 'string') {
        return (
          path.includes('.') &&
          field.maxLength === undefined &&
          field.enum === undefined &&
          field.format !== 'date-time'
        );
      }
      if (field.type === 'array') return field.maxItems === undefined;
      if (field.type !== 'integer') return false;
      return field.minimum === undefined || (path.startsWith('spec.') && field.maximum === undefined);
    });
    assert.deepEqual(unbounded, []);
    assert.deepEqual(
      select((field, path) => path.startsWith('spec.') && field.type === 'string' && !field.minLength && !field.enum),
      [],
    );
  });

  it('gives the defaults of the design, on nested fields even where their parent is absent', () => {
    const defaults = [...fields]
      .filter(([, field]) => 'default' in field)
      .map(([path, field]) => [path, field.default]);
    assert.deepEqual(Object.fromEntries(defaults), {
      'spec.apple.keys': {},
      'spec.apple.keys.wwdr': 'wwdr.pem',
      'spec.apple.keys.signerCertificate': 'signer.pem',
      'spec.apple.keys.signerKey': 'signer.key',
      'spec.apple.keys.passphrase': 'passphrase',
      'spec.apple.keys.pkcs12': 'signer.p12',
      'spec.google.key': 'google-wallet-sa.json',
      'spec.expiry': {},
      'spec.expiry.warningDays': 30,
      'spec.expiry.criticalDays': 7,
      'spec.verification': {},
      'spec.verification.online': false,
      'spec.verification.intervalMinutes': 60,
      'spec.live': {},
      'spec.live.deletionPolicy': 'Retain',
      'spec.revisionHistoryLimit': 3,
    });
  });

  it('fills in what the controller fills in by itself', () => {
    const { keys: _keys, ...apple } = completeSpec.apple;
    const { key: _key, ...google } = completeSpec.google;
    const written = { secretRef: { name: 'apple-wallet-source' } };
    for (const given of [
      { ...written, apple },
      { ...written, google },
      { ...written, apple: { ...apple, keys: { wwdr: 'g4.cer' } }, expiry: { warningDays: 60 }, live: {} },
    ]) {
      const filledIn = withSchemaDefaults(schema.properties?.['spec'], given);
      assert.deepEqual(withDefaults(given as Partial<WalletCredentialSpec>), filledIn);
    }
  });

  it('says its defaults and bounds in the descriptions too, where kubectl explain shows them', () => {
    const silent = select((field, path) => {
      const description = field.description ?? '';
      if (field.type === 'object' || !path.startsWith('spec.')) return false;
      if (field.default !== undefined && !description.includes(`${field.default as string | number | boolean}`))
        return true;
      return (
        field.maximum !== undefined &&
        field.maximum < 2 ** 31 - 1 &&
        !description.includes(`${field.minimum} to ${field.maximum}`)
      );
    });
    assert.deepEqual(silent, []);
  });

  it('uses no pattern, whose message is a regular expression: rules say what to write', () => {
    assert.deepEqual(
      select((field) => field.pattern !== undefined),
      [],
    );
    const rules = [schema, ...fields.values()].flatMap((field) => field['x-kubernetes-validations'] ?? []);
    assert.ok(rules.length > 0);
    for (const { rule, message, reason } of rules)
      assert.ok(message.length > 0 && reason?.startsWith('FieldValue'), rule);
  });

  it('keeps one condition of each type and documents every type and reason', () => {
    const conditions = fields.get('status.conditions');
    assert.equal(conditions?.['x-kubernetes-list-type'], 'map');
    const names = [
      ...conditionTypes,
      ...Object.keys({ ...sourceReasons, ...onlineReasons, ...promotionReasons }),
      ...otherReasons(),
    ];
    const words = new Set(conditions?.description?.match(/\w+/g));
    assert.deepEqual(
      names.filter((name) => !words.has(name)),
      [],
    );
  });

  it('prints its columns in the order that people read them', () => {
    const columns = spec.versions[0]?.additionalPrinterColumns ?? [];
    const names = (priority: number): string[] =>
      columns.filter((column) => (column.priority ?? 0) === priority).map((column) => column.name);
    assert.deepEqual(names(0), ['Provider', 'Ready', 'Accepted', 'Expires', 'Revision', 'Age']);
    assert.deepEqual(names(1), ['Fingerprint', 'Reason', 'Rotate-By']);
    // A date column that lies ahead would print <invalid>.
    assert.deepEqual(
      columns.filter((column) => column.type === 'date').map((column) => column.name),
      ['Age'],
    );
  });
});

/** The shape of a value in the words of a schema: `spec.expiry: object`, `spec.expiry.warningDays: integer`. */
function shapesOf(value: unknown, path: string): string[] {
  if (Array.isArray(value))
    return value.slice(0, 1).flatMap((item) => [`${path}[]: ${typeName(item)}`, ...shapesOf(item, `${path}[]`)]);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, field]) => [
    `${path}.${name}: ${typeName(field)}`,
    ...shapesOf(field, `${path}.${name}`),
  ]);
}

function typeName(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  return typeof value === 'number' ? 'integer' : typeof value;
}
