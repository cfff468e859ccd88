import type { Certificate } from '../reading/certificate.ts';
import { valuesOf } from '../reading/distinguished-name.ts';

/** Apple's own object identifiers (its certification practice statements, and published passes). */
export const passTypeExtension = '1.2.840.113635.100.6.1.16';
export const passSigningPurpose = '1.2.840.113635.100.4.14';

/** How the common names of what people upload instead begin, and what Apple calls it. The first that fits counts. */
const byCommonName: readonly (readonly [prefix: string, kind: string])[] = [
  ['Apple Push Services', 'Apple Push Services'],
  ['Apple Development IOS Push Services', 'Apple Push Services (development)'],
  ['Apple Development iOS Push Services', 'Apple Push Services (development)'],
  ['Apple Production IOS Push Services', 'Apple Push Services'],
  ['Apple Sandbox Push Services', 'Apple Push Services (sandbox)'],
  ['APSP:', 'MDM push'],
  ['VoIP Services', 'VoIP Services'],
  ['WatchKit Services', 'WatchKit Services'],
  ['Website Push ID', 'Website Push ID'],
  ['Developer ID Application', 'Developer ID Application'],
  ['Developer ID Installer', 'Developer ID Installer'],
  ['Apple Development', 'Apple Development'],
  ['Apple Distribution', 'Apple Distribution'],
  ['iPhone Developer', 'iPhone Developer (development)'],
  ['iPhone Distribution', 'iPhone Distribution'],
  ['Mac Developer', 'Mac Developer (development)'],
  ['3rd Party Mac Developer Application', 'Mac App Distribution'],
  ['3rd Party Mac Developer Installer', 'Mac Installer Distribution'],
  ['Apple Pay Merchant Identity', 'Apple Pay Merchant Identity'],
  ['Apple Pay Payment Processing', 'Apple Pay Payment Processing'],
  ['Merchant ID', 'Apple Pay Merchant Identity'],
  ['Apple Worldwide Developer Relations', 'Apple WWDR (intermediate)'],
  ['Developer ID Certification Authority', 'Developer ID Certification Authority'],
  ['Apple Root CA', 'Apple Root CA'],
];

const byExtension: readonly (readonly [identifier: string, kind: string])[] = [
  ['1.2.840.113635.100.6.1.13', 'Developer ID Application'],
  ['1.2.840.113635.100.6.1.14', 'Developer ID Installer'],
  ['1.2.840.113635.100.6.1.18', 'Developer ID Kernel'],
  ['1.2.840.113635.100.6.1.17', 'Website Push ID'],
  ['1.2.840.113635.100.6.3.6', 'Apple Push Services'],
  ['1.2.840.113635.100.6.3.1', 'Apple Push Services (development)'],
  ['1.2.840.113635.100.6.1.12', 'Apple Development'],
  ['1.2.840.113635.100.6.1.2', 'Apple Development'],
  ['1.2.840.113635.100.6.1.4', 'Apple Distribution'],
  ['1.2.840.113635.100.6.1.7', 'Mac App Distribution'],
  ['1.2.840.113635.100.6.1.8', 'Mac Installer Distribution'],
  ['1.2.840.113635.100.6.2.1', 'Apple WWDR (intermediate)'],
  ['1.2.840.113635.100.6.2.15', 'Apple WWDR (intermediate)'],
];

/** Whether Apple issued it for signing passes: both the extension and the purpose are there. */
export function isPassCertificate(certificate: Certificate): boolean {
  return certificate.extensions.has(passTypeExtension) && certificate.purposes.includes(passSigningPurpose);
}

/** What a certificate is that is no pass certificate, in Apple's words; undefined: nothing that Apple issues. */
export function mistakenKindOf(certificate: Certificate): string | undefined {
  const [name = ''] = valuesOf(certificate.subject, 'commonName');
  const named = byCommonName.find(([prefix]) => name.startsWith(prefix));
  return (named ?? byExtension.find(([identifier]) => certificate.extensions.has(identifier)))?.[1];
}
