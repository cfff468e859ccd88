import { derFormOf } from '../reading/der-form.ts';
import { earliest, found, type Finding, type Reading } from '../reading/finding.ts';
import { limits } from '../reading/limits.ts';
import { cleaned } from '../reading/quote.ts';
import {
  contentOf,
  fileOf,
  missing,
  place,
  tooLarge,
  type SourceFile,
  type SourceSecret,
} from '../reading/source-file.ts';
import type { AppleSpec } from '../wallet-credential.ts';

/** The values that make up an Apple credential, in one of the two forms it may have. */
export type AppleFiles = { passphrase?: SourceFile } & (
  | { form: 'separate'; signerCertificate: SourceFile; signerKey: SourceFile; wwdr: SourceFile }
  | { form: 'PKCS#12'; pkcs12: SourceFile; wwdr?: SourceFile }
);

type Role = keyof AppleSpec['keys'];
type Present = Partial<Record<Role, SourceFile>>;

/** Picks the values that the spec names, with the findings DataKeyMissing, TooLarge and AmbiguousSource, in this order. */
export function selectAppleFiles(secret: SourceSecret, keys: AppleSpec['keys']): Reading<AppleFiles> {
  const present = presentFiles(secret, keys);
  const findings = [missingFiles(secret, keys, present), tooLargeFile(secret, present), ambiguous(secret, present)];
  const finding = earliest(findings.filter((each) => each !== undefined));
  if (finding) return { finding };
  const files = arrange(present);
  return files ? found(files) : { finding: missing(secret, [keys.signerCertificate], 'spec.apple.keys') };
}

function presentFiles(secret: SourceSecret, keys: AppleSpec['keys']): Present {
  const files: Present = {};
  for (const role of ['signerCertificate', 'signerKey', 'wwdr', 'passphrase', 'pkcs12'] as const) {
    const file = role === 'passphrase' ? fileOf(secret, keys[role]) : contentOf(secret, keys[role]);
    if (file) files[role] = file;
  }
  return separated(files);
}

/** One data key may be named for both forms: then its content says which is meant. */
function separated(files: Present): Present {
  const { pkcs12, ...others } = files;
  if (!pkcs12) return files;
  const shared = [others.signerCertificate, others.signerKey].some((file) => file?.key === pkcs12.key);
  if (!shared) return files;
  if (derFormOf(pkcs12.bytes) !== 'PKCS#12') return others;
  const isOther = (file: SourceFile | undefined): boolean => file !== undefined && file.key !== pkcs12.key;
  const { signerCertificate, signerKey, ...rest } = others;
  return {
    ...rest,
    pkcs12,
    ...(signerCertificate && isOther(signerCertificate) ? { signerCertificate } : {}),
    ...(signerKey && isOther(signerKey) ? { signerKey } : {}),
  };
}

function missingFiles(secret: SourceSecret, keys: AppleSpec['keys'], present: Present): Finding | undefined {
  if (present.pkcs12) return undefined;
  const absent = (['signerCertificate', 'signerKey', 'wwdr'] as const).filter((role) => !present[role]);
  if (absent.length === 0) return undefined;
  // A PKCS#12 file would do only where nothing of the other form is there yet.
  const alternative =
    present.signerCertificate || present.signerKey ? '' : `, nor a PKCS#12 file under ${cleaned(keys.pkcs12)}`;
  return missing(
    secret,
    absent.map((role) => keys[role]),
    'spec.apple.keys',
    alternative,
  );
}

function tooLargeFile(secret: SourceSecret, { passphrase, ...files }: Present): Finding | undefined {
  const values = Object.values(files).filter((file) => file !== undefined);
  return tooLarge(secret, values) ?? (passphrase && tooLarge(secret, [passphrase], limits.passphraseBytes));
}

function ambiguous(secret: SourceSecret, { pkcs12, signerCertificate, signerKey }: Present): Finding | undefined {
  const other = signerCertificate ?? signerKey;
  if (!pkcs12 || !other) return undefined;
  const message = `${place(secret, pkcs12.key)} and ${cleaned(other.key)} both hold a signer, and only one can be meant; expected a PKCS#12 file, or a certificate and a key. Remove one of the two.`;
  return { reason: 'AmbiguousSource', message };
}

function arrange({ pkcs12, signerCertificate, signerKey, wwdr, passphrase }: Present): AppleFiles | undefined {
  const common = passphrase ? { passphrase } : {};
  if (pkcs12) return { form: 'PKCS#12', pkcs12, ...(wwdr ? { wwdr } : {}), ...common };
  if (!signerCertificate || !signerKey || !wwdr) return undefined;
  return { form: 'separate', signerCertificate, signerKey, wwdr, ...common };
}
