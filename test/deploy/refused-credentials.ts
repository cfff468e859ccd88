import { appleCredential, googleCredential } from './written-credential.ts';
import type { WrittenCredential } from './written-credential.ts';

export interface Refusal {
  /** What somebody did. */
  mistake: string;
  resource: WrittenCredential;
  /** Field to message, all that are reported, without "Invalid value". */
  errors: Record<string, string>;
}

const withApple = (apple: object): WrittenCredential =>
  appleCredential({
    apple: { passTypeIdentifier: 'pass.com.example.loyalty', teamIdentifier: 'ABCDE12345', ...apple },
  });
const withKeys = (keys: object): WrittenCredential => withApple({ keys });

const passType = (value: string): string =>
  `"${value}" is not a pass type identifier; write "pass." and a reverse-DNS name, as in pass.com.example.loyalty ` +
  '(developer.apple.com shows it under Identifiers, Pass Type IDs)';
const team = (value: string): string =>
  `"${value}" is not a team identifier; write its 10 upper-case letters and digits, as in ABCDE12345 ` +
  '(developer.apple.com shows it under Membership details)';
const issuer = (value: string): string =>
  `"${value}" is not an issuer id; write its decimal digits in quotes, as in "3388000000012345678" ` +
  '(pay.google.com/business/console shows it under Google Wallet API)';
const secretName = (value: string): string =>
  `"${value}" cannot be the name of a Secret; write lower-case letters, digits, "-" and ".", ` +
  'beginning and ending with a letter or digit, as in apple-wallet-source';
const dataKey = (value: string): string =>
  `"${value}" cannot be a data key of a Secret; write letters, digits, "-", "_" and ".", as in signer.pem`;
const passphraseToo = (value: string): string =>
  `"${value}" is named for a certificate or key too; write a data key of its own, which holds the passphrase alone`;
const sameSecret = (value: string, byDefault = ''): string =>
  `the live Secret must be another one than the source Secret, and "${value}" would be both${byDefault}; ` +
  'write another spec.live.secretName or rename the source Secret';
const atLeast = (field: string, bound: number): string =>
  `${field} in body should be greater than or equal to ${bound}`;
const atMost = (field: string, bound: number): string => `${field} in body should be less than or equal to ${bound}`;

function outOfBounds(
  field: string,
  resource: (value: number) => WrittenCredential,
  least: number,
  most: number,
): Refusal[] {
  return [
    { mistake: `${field} below ${least}`, resource: resource(least - 1), errors: { [field]: atLeast(field, least) } },
    { mistake: `${field} above ${most}`, resource: resource(most + 1), errors: { [field]: atMost(field, most) } },
  ];
}

const providerRefusals: Refusal[] = [
  {
    mistake: 'neither provider',
    resource: appleCredential({ apple: undefined }),
    errors: {
      spec: 'neither apple nor google is set; write apple with passTypeIdentifier and teamIdentifier, or google with issuerId',
    },
  },
  {
    mistake: 'both providers',
    resource: appleCredential({ google: { issuerId: '3388000000012345678' } }),
    errors: {
      spec:
        'both apple and google are set, and a WalletCredential is for one of them; ' +
        'keep one here, write another WalletCredential for the other',
    },
  },
  ...[
    'com.example.loyalty',
    'pass.',
    'pass',
    'pass..com',
    'pass.com.example.',
    'pass.com.exa mple',
    'PASS.com.example',
  ].map((value) => ({
    mistake: `pass type identifier ${JSON.stringify(value)}`,
    resource: withApple({ passTypeIdentifier: value }),
    errors: { 'spec.apple.passTypeIdentifier': passType(value) },
  })),
  ...['ABCDE1234', 'ABCDE123456', 'abcde12345', 'ABCDE-2345'].map((value) => ({
    mistake: `team identifier ${value}`,
    resource: withApple({ teamIdentifier: value }),
    errors: { 'spec.apple.teamIdentifier': team(value) },
  })),
  ...['issuer', '3388-0000', '3388000000012345678.loyalty', '338800000001234567890'].map((value) => ({
    mistake: `issuer id ${value}`,
    resource: googleCredential({ google: { issuerId: value } }),
    errors: { 'spec.google.issuerId': issuer(value) },
  })),
];

const nameRefusals: Refusal[] = [
  {
    mistake: 'a name of 64 characters',
    resource: appleCredential({}, 'a'.repeat(64)),
    errors: {
      'metadata.name': 'must have at most 63 characters, since it becomes the value of a label; write a shorter name',
    },
  },
  {
    mistake: 'the live Secret named as the source Secret',
    resource: appleCredential({ live: { secretName: 'apple-wallet-source' } }),
    errors: { 'spec.live.secretName': sameSecret('apple-wallet-source') },
  },
  {
    mistake: 'the source Secret named as the live Secret is by default',
    resource: appleCredential({ secretRef: { name: 'apple-live' } }),
    errors: {
      'spec.live.secretName': sameSecret('apple-live', ' (the live Secret is named <name>-live by default)'),
    },
  },
  {
    mistake: 'the live Secret named as a revision',
    resource: appleCredential({ live: { secretName: 'apple-rev-1' } }),
    errors: {
      'spec.live.secretName':
        'must not begin with "apple-rev-", since the kept revisions are named so; write another name, as in apple-live',
    },
  },
  {
    mistake: 'a revision as source',
    resource: appleCredential({ secretRef: { name: 'apple-rev-1' } }),
    errors: {
      'spec.secretRef.name':
        'must not begin with "apple-rev-", since the kept revisions are named so; ' +
        'to make an earlier revision live, set spec.rollbackTo to its number',
    },
  },
  ...['Apple', 'apple_source', '-apple', 'apple.', 'apple/source'].flatMap((value) => [
    {
      mistake: `source Secret ${value}`,
      resource: appleCredential({ secretRef: { name: value } }),
      errors: { 'spec.secretRef.name': secretName(value) },
    },
    {
      mistake: `live Secret ${value}`,
      resource: appleCredential({ live: { secretName: value } }),
      errors: { 'spec.live.secretName': secretName(value) },
    },
  ]),
];

const keyRefusals: Refusal[] = [
  ...['wwdr', 'signerCertificate', 'signerKey', 'passphrase', 'pkcs12'].map((key) => ({
    mistake: `a path as the data key of ${key}`,
    resource: withKeys({ [key]: 'certs/file.pem' }),
    errors: { [`spec.apple.keys.${key}`]: dataKey('certs/file.pem') },
  })),
  ...['.', '..', '..hidden', 'a b', 'a\u00e4'].map((value) => ({
    mistake: `data key ${JSON.stringify(value)}`,
    resource: googleCredential({ google: { issuerId: '3388000000012345678', key: value } }),
    errors: { 'spec.google.key': dataKey(value) },
  })),
  ...['wwdr', 'signerCertificate', 'signerKey', 'pkcs12'].map((key) => ({
    mistake: `one data key for the passphrase and ${key}`,
    resource: withKeys({ [key]: 'all', passphrase: 'all' }),
    errors: { 'spec.apple.keys.passphrase': passphraseToo('all') },
  })),
];

const criticalDays =
  'must be less than warningDays; write both of them (by default criticalDays is 7 and warningDays is 30)';
const settingRefusals: Refusal[] = [
  ...[{ warningDays: 7 }, { criticalDays: 30 }, { warningDays: 10, criticalDays: 20 }].map((expiry) => ({
    mistake: `expiry ${JSON.stringify(expiry)}`,
    resource: appleCredential({ expiry }),
    errors: { 'spec.expiry.criticalDays': criticalDays },
  })),
  ...outOfBounds(
    'spec.expiry.criticalDays',
    (value) => appleCredential({ expiry: { criticalDays: value, warningDays: 3650 } }),
    1,
    3650,
  )
    // Above the bound it is above warningDays too.
    .slice(0, 1),
  ...outOfBounds(
    'spec.expiry.warningDays',
    (value) => appleCredential({ expiry: { warningDays: value } }),
    1,
    3650,
  ).slice(1),
  ...outOfBounds(
    'spec.rotation.intervalDays',
    (value) => appleCredential({ rotation: { intervalDays: value } }),
    1,
    3650,
  ),
  ...outOfBounds(
    'spec.verification.intervalMinutes',
    (value) => appleCredential({ verification: { intervalMinutes: value } }),
    1,
    10_080,
  ),
  ...outOfBounds('spec.revisionHistoryLimit', (value) => appleCredential({ revisionHistoryLimit: value }), 1, 100),
  ...outOfBounds('spec.rollbackTo', (value) => appleCredential({ rollbackTo: value }), 1, 2_147_483_647).slice(0, 1),
];

/** Everything that a rule or a bound of the CustomResourceDefinition refuses, with what it says. */
export const refusals: readonly Refusal[] = [...providerRefusals, ...nameRefusals, ...keyRefusals, ...settingRefusals];
