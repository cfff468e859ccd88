import { appleCredential } from './written-credential.ts';
import type { WrittenCredential } from './written-credential.ts';

const apple = { passTypeIdentifier: 'pass.com.example.loyalty', teamIdentifier: 'ABCDE12345' };

/** What looks odd and is right: the rules of the CustomResourceDefinition let it pass. */
export const acceptedCredentials: Readonly<Record<string, WrittenCredential>> = {
  'a name of 63 characters': appleCredential({}, 'a'.repeat(63)),
  'a name with dots': appleCredential({}, 'apple.example'),
  'a pass type identifier with capitals, digits and hyphens': appleCredential({
    apple: { passTypeIdentifier: 'pass.uk.co.Example-1.Club', teamIdentifier: '0123456789' },
  }),
  'one PEM file for certificate, key and WWDR': appleCredential({
    apple: { ...apple, keys: { wwdr: 'all.pem', signerCertificate: 'all.pem', signerKey: 'all.pem' } },
  }),
  'the source Secret named <name>-live when the live one is named otherwise': appleCredential({
    secretRef: { name: 'apple-live' },
    live: { secretName: 'apple' },
  }),
  'the least and the most of each number': appleCredential({
    expiry: { criticalDays: 1, warningDays: 3650 },
    rotation: { intervalDays: 3650 },
    verification: { online: true, intervalMinutes: 10_080 },
    revisionHistoryLimit: 1,
    rollbackTo: 1,
  }),
  'an empty rotation': appleCredential({ rotation: {} }),
};
