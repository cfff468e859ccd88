/** A structural schema, as far as the spec of a WalletCredential uses it. */
export interface FieldSchema {
  type: 'object' | 'string' | 'integer' | 'boolean';
  properties?: Readonly<Record<string, FieldSchema>>;
  required?: readonly string[];
  default?: unknown;
  enum?: readonly string[];
  format?: 'int32';
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
}

const name: FieldSchema = { type: 'string', minLength: 1, maxLength: 253 };

function count(maximum: number, byDefault?: number): FieldSchema {
  const schema = { type: 'integer', format: 'int32', minimum: 1, maximum } as const;
  return byDefault === undefined ? schema : { ...schema, default: byDefault };
}

function object(properties: Record<string, FieldSchema>, more: Partial<FieldSchema> = {}): FieldSchema {
  return { type: 'object', properties, ...more };
}

const keys = object(
  {
    wwdr: { ...name, default: 'wwdr.pem' },
    signerCertificate: { ...name, default: 'signer.pem' },
    signerKey: { ...name, default: 'signer.key' },
    passphrase: { ...name, default: 'passphrase' },
    pkcs12: { ...name, default: 'signer.p12' },
  },
  { default: {} },
);

/**
 * The schema of a WalletCredential's spec: that of deploy/crds without descriptions and rules, so that files can be checked
 * where there is no API server. test/domain/credentials/specification.test.ts holds the two against each other.
 */
export const specificationSchema: FieldSchema = object(
  {
    secretRef: object({ name }, { required: ['name'] }),
    apple: object(
      { passTypeIdentifier: name, teamIdentifier: name, keys },
      { required: ['passTypeIdentifier', 'teamIdentifier'] },
    ),
    google: object({ issuerId: name, key: { ...name, default: 'google-wallet-sa.json' } }, { required: ['issuerId'] }),
    expiry: object({ warningDays: count(3_650, 30), criticalDays: count(3_650, 7) }, { default: {} }),
    rotation: object({ intervalDays: count(3_650) }),
    verification: object(
      { online: { type: 'boolean', default: false }, intervalMinutes: count(10_080, 60) },
      { default: {} },
    ),
    live: object(
      { secretName: name, deletionPolicy: { type: 'string', enum: ['Retain', 'Delete'], default: 'Retain' } },
      { default: {} },
    ),
    revisionHistoryLimit: count(100, 3),
    rollbackTo: count(2_147_483_647),
    suspend: { type: 'boolean' },
  },
  { required: ['secretRef'] },
);
