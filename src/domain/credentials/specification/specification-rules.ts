import type { FieldError } from './structural-schema.ts';
import { identifierPatterns } from '../identifiers.ts';
import type { AppleSpec, GoogleSpec, WalletCredentialSpec } from '../wallet-credential.ts';

/** A spec with its defaults, of which nothing is known but its types. */
export type WrittenSpec = Omit<WalletCredentialSpec, 'apple' | 'google'> & { apple?: AppleSpec; google?: GoogleSpec };

/**
 * The CEL rules of deploy/crds with their messages, in its order. One is missing: that the provider never changes, for which
 * one needs the resource as it was.
 */
export function ruleErrors(name: string, spec: WrittenSpec): FieldError[] {
  const errors = [
    ...nameErrors(name, spec),
    ...providerErrors(spec),
    ...expiryErrors(spec),
    ...secretNameErrors('spec.secretRef.name', spec.secretRef.name),
    ...(spec.apple ? appleErrors(spec.apple) : []),
    ...(spec.google ? googleErrors(spec.google) : []),
  ];
  const { secretName } = spec.live ?? {};
  return secretName === undefined ? errors : [...errors, ...secretNameErrors('spec.live.secretName', secretName)];
}

/** `short` is what the API server says when the message would have a line break, because a quoted value has one. */
function unless(holds: boolean, field: string, message: string, short = message): FieldError[] {
  return holds ? [] : [{ field, message: message.includes('\n') ? short : message }];
}

function nameErrors(name: string, { secretRef, live }: WrittenSpec): FieldError[] {
  const liveName = live?.secretName ?? `${name}-live`;
  const byDefault = live?.secretName === undefined ? ' (the live Secret is named <name>-live by default)' : '';
  const revisions = `${name}-rev-`;
  return [
    ...unless(
      Array.from(name).length <= 63,
      'metadata.name',
      'must have at most 63 characters, since it becomes the value of a label; write a shorter name',
    ),
    ...unless(
      secretRef.name !== liveName,
      'spec.live.secretName',
      `the live Secret must be another one than the source Secret, and "${secretRef.name}" would be both${byDefault}; ` +
        'write another spec.live.secretName or rename the source Secret',
      'spec.live.secretName must differ from spec.secretRef.name',
    ),
    ...unless(
      !live?.secretName?.startsWith(revisions),
      'spec.live.secretName',
      `must not begin with "${revisions}", since the kept revisions are named so; write another name, as in ${name}-live`,
    ),
    ...unless(
      !secretRef.name.startsWith(revisions),
      'spec.secretRef.name',
      `must not begin with "${revisions}", since the kept revisions are named so; ` +
        'to make an earlier revision live, set spec.rollbackTo to its number',
    ),
  ];
}

function providerErrors({ apple, google }: WrittenSpec): FieldError[] {
  const both =
    'both apple and google are set, and a WalletCredential is for one of them; ' +
    'keep one here, write another WalletCredential for the other';
  const neither =
    'neither apple nor google is set; write apple with passTypeIdentifier and teamIdentifier, or google with issuerId';
  return unless((apple === undefined) !== (google === undefined), 'spec', apple ? both : neither);
}

function expiryErrors({ expiry }: WrittenSpec): FieldError[] {
  const message =
    'must be less than warningDays; write both of them (by default criticalDays is 7 and warningDays is 30)';
  return unless(expiry.criticalDays < expiry.warningDays, 'spec.expiry.criticalDays', message);
}

function secretNameErrors(field: string, value: string): FieldError[] {
  const pattern = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
  const message =
    `"${value}" cannot be the name of a Secret; write lower-case letters, digits, "-" and ".", ` +
    'beginning and ending with a letter or digit, as in apple-wallet-source';
  const short = 'must be the name of a Secret, in lower-case letters, digits, "-" and ".", as in apple-wallet-source';
  return unless(pattern.test(value), field, message, short);
}

function dataKeyErrors(field: string, value: string): FieldError[] {
  const holds = /^[-._a-zA-Z0-9]+$/.test(value) && value !== '.' && !value.startsWith('..');
  const message = `"${value}" cannot be a data key of a Secret; write letters, digits, "-", "_" and ".", as in signer.pem`;
  const short = 'must be a data key of a Secret, in letters, digits, "-", "_" and ".", as in signer.pem';
  return unless(holds, field, message, short);
}

function appleErrors({ passTypeIdentifier, teamIdentifier, keys }: AppleSpec): FieldError[] {
  const { passphrase, ...others } = keys;
  return [
    ...unless(
      !Object.values(others).includes(passphrase),
      'spec.apple.keys.passphrase',
      `"${passphrase}" is named for a certificate or key too; write a data key of its own, which holds the passphrase alone`,
      'passphrase must be a data key of its own',
    ),
    ...unless(
      identifierPatterns.passTypeIdentifier.test(passTypeIdentifier),
      'spec.apple.passTypeIdentifier',
      `"${passTypeIdentifier}" is not a pass type identifier; write "pass." and a reverse-DNS name, as in ` +
        'pass.com.example.loyalty (developer.apple.com shows it under Identifiers, Pass Type IDs)',
      'must be "pass." and a reverse-DNS name, as in pass.com.example.loyalty',
    ),
    ...unless(
      identifierPatterns.teamIdentifier.test(teamIdentifier),
      'spec.apple.teamIdentifier',
      `"${teamIdentifier}" is not a team identifier; write its 10 upper-case letters and digits, as in ABCDE12345 ` +
        '(developer.apple.com shows it under Membership details)',
      'must be 10 upper-case letters and digits, as in ABCDE12345',
    ),
    ...Object.entries(keys).flatMap(([field, value]) => dataKeyErrors(`spec.apple.keys.${field}`, value)),
  ];
}

function googleErrors({ issuerId, key }: GoogleSpec): FieldError[] {
  const message =
    `"${issuerId}" is not an issuer id; write its decimal digits in quotes, as in "3388000000012345678" ` +
    '(pay.google.com/business/console shows it under Google Wallet API)';
  const short = 'must be decimal digits in quotes, as in "3388000000012345678"';
  return [
    ...unless(identifierPatterns.issuerId.test(issuerId), 'spec.google.issuerId', message, short),
    ...dataKeyErrors('spec.google.key', key),
  ];
}
