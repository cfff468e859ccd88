import { derFormOf } from './der-form.ts';
import { nounsOf, readContents } from './contents.ts';
import { found, refuse, type Finding, type Reading } from './finding.ts';
import { passphraseCandidates, twiceEncodedCandidates } from './passphrase.ts';
import { wrongPassphrase } from './private-key-file.ts';
import type { CredentialTools, Pkcs12Reading } from './tools.ts';

export interface Pkcs12File {
  /** As in "signer.p12 of Secret apple-wallet-source". */
  where: string;
  bytes: Uint8Array;
  passphrase: { key: string; bytes: Uint8Array | undefined };
}

export type OpenedPkcs12 = Omit<Extract<Pkcs12Reading, { outcome: 'opened' }>, 'outcome'>;

const expected = 'a PKCS#12 file (.p12) with the Pass Type ID certificate and its private key';

/** Opens a PKCS#12 file, or says why it does not open. */
export function openPkcs12File(file: Pkcs12File, readPkcs12: CredentialTools['readPkcs12']): Reading<OpenedPkcs12> {
  if (derFormOf(file.bytes) !== 'PKCS#12') return notPkcs12(file);
  const reading = readPkcs12(file.bytes, passphraseCandidates(file.passphrase.bytes));
  if (reading.outcome === 'opened') return found(reading);
  if (reading.outcome === 'too expensive') {
    const advice = 'Export it again with fewer, as Keychain Access and openssl pkcs12 -export do.';
    return refuse('TooExpensive', `${file.where} asks for ${reading.excess}. ${advice}`);
  }
  if (reading.outcome === 'wrong passphrase') return wrong(file, readPkcs12);
  const [what, advice] = problems[reading.outcome];
  return refuse('MalformedPkcs12', `${file.where} ${what}; expected ${expected}. ${advice}`);
}

const exportBoth = 'In Keychain Access, select the certificate together with its key and export both.';

const problems: Record<
  'malformed' | 'unsupported encryption' | 'no key' | 'several keys',
  readonly [what: string, advice: string]
> = {
  malformed: ['holds a PKCS#12 file that is damaged', 'Copy or export it again.'],
  'unsupported encryption': [
    'holds a PKCS#12 file that is encrypted or protected in a way that is not read',
    'Export it again, with openssl pkcs12 -export for example.',
  ],
  'no key': ['holds a PKCS#12 file without a private key', exportBoth],
  'several keys': [
    'holds a PKCS#12 file with several private keys',
    'Export only the Pass Type ID certificate and its key.',
  ],
};

function notPkcs12({ where, bytes }: Pkcs12File): { finding: Finding } {
  const contents = readContents(bytes);
  const what = 'mistake' in contents ? contents.mistake : nounsOf(contents.items);
  const usual =
    'mistake' in contents
      ? 'Put the file there as it was exported.'
      : 'Put PEM and DER files under their own data keys (spec.apple.keys).';
  const advice = 'mistake' in contents ? (contents.advice ?? usual) : usual;
  return refuse('MalformedPkcs12', `${where} holds ${what}; expected ${expected}. ${advice}`);
}

function wrong(file: Pkcs12File, readPkcs12: CredentialTools['readPkcs12']): { finding: Finding } {
  const twice = twiceEncodedCandidates(file.passphrase.bytes);
  const opens = twice.length > 0 && readPkcs12(file.bytes, twice).outcome === 'opened';
  return wrongPassphrase(`${file.where} holds a PKCS#12 file with a passphrase`, file.passphrase, opens);
}
