import type { KeyObject } from 'node:crypto';
import {
  bitString,
  boolean,
  explicit,
  ia5String,
  implicit,
  integer,
  nullValue,
  octetString,
  oid,
  sequence,
  utf8String,
  type Der,
} from './der.ts';
import { keyIdentifier } from './key-pair.ts';

/** Object identifiers of Apple's own extensions and purposes, as they stand in published passes and in Apple's practice statements. */
export const appleOids = {
  passTypeIdentifier: '1.2.840.113635.100.6.1.16',
  passSigning: '1.2.840.113635.100.4.14',
  clientConnection: '1.2.840.113635.100.6.3.2',
  pushDevelopment: '1.2.840.113635.100.6.3.1',
  pushTopics: '1.2.840.113635.100.6.3.6',
  worldwideDeveloperRelations: '1.2.840.113635.100.6.2.1',
  worldwideDeveloperRelationsG2: '1.2.840.113635.100.6.2.15',
  developerIdAuthority: '1.2.840.113635.100.6.2.6',
  developerIdApplication: '1.2.840.113635.100.6.1.13',
  development: '1.2.840.113635.100.6.1.2',
  macDevelopment: '1.2.840.113635.100.6.1.12',
  certificatePolicy: '1.2.840.113635.100.5.1',
} as const;

export const clientAuthentication = '1.3.6.1.5.5.7.3.2';
export const codeSigning = '1.3.6.1.5.5.7.3.3';

function extension(type: string, value: Der, critical = false): Der {
  return sequence(oid(type), ...(critical ? [boolean(true)] : []), octetString(value));
}

/** cA FALSE is left out of the sequence, as DER wants for a default. */
export function basicConstraints(authority: boolean, pathLength?: number): Der {
  const contents = authority ? [boolean(true), ...(pathLength === undefined ? [] : [integer(pathLength)])] : [];
  return extension('2.5.29.19', sequence(...contents), true);
}

/** `digitalSignature` for whoever signs, `certificateSigning` (with cRLSign) for authorities. */
export function keyUsage(usage: 'digitalSignature' | 'certificateSigning'): Der {
  const bits = usage === 'digitalSignature' ? bitString(Buffer.of(0x80), 7) : bitString(Buffer.of(0x06), 1);
  return extension('2.5.29.15', bits, true);
}

export function extendedKeyUsage(...purposes: string[]): Der {
  return extension('2.5.29.37', sequence(...purposes.map(oid)));
}

export function subjectKeyIdentifier(publicKey: KeyObject): Der {
  return extension('2.5.29.14', octetString(keyIdentifier(publicKey)));
}

/** Only the key identifier, as Apple writes it. */
export function authorityKeyIdentifier(issuerKey: KeyObject): Der {
  return extension('2.5.29.35', sequence(implicit(0, keyIdentifier(issuerKey))));
}

function uniformResourceIdentifier(uri: string): Der {
  return implicit(6, Buffer.from(uri, 'latin1'));
}

export function authorityInformationAccess(issuersUri: string | undefined, ocspUri: string): Der {
  const access = (method: string, uri: string): Der => sequence(oid(method), uniformResourceIdentifier(uri));
  const issuers = issuersUri === undefined ? [] : [access('1.3.6.1.5.5.7.48.2', issuersUri)];
  return extension('1.3.6.1.5.5.7.1.1', sequence(...issuers, access('1.3.6.1.5.5.7.48.1', ocspUri)));
}

export function crlDistributionPoint(uri: string): Der {
  return extension('2.5.29.31', sequence(sequence(explicit(0, explicit(0, uniformResourceIdentifier(uri))))));
}

/** Apple's policy with its two qualifiers: a user notice and the address of the practice statement. */
export function applePolicy(notice: string): Der {
  const userNotice = sequence(oid('1.3.6.1.5.5.7.2.2'), sequence(utf8String(notice)));
  const statement = sequence(oid('1.3.6.1.5.5.7.2.1'), ia5String('https://www.apple.com/certificateauthority/'));
  return extension('2.5.29.32', sequence(sequence(oid(appleOids.certificatePolicy), sequence(userNotice, statement))));
}

/** One of Apple's marker extensions: NULL, or a UTF8String. */
export function marker(type: string, text?: string, critical = false): Der {
  return extension(type, text === undefined ? nullValue() : utf8String(text), critical);
}
