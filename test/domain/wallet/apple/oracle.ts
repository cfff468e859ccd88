import { PKPass } from 'passkit-generator';
import type { PassJson } from '../../../../src/domain/wallet/apple/pass-json.ts';

/** The same pass as stock passkit-generator makes it; what it warns of is an error. */
export function stockPass(
  json: PassJson,
  images: Readonly<Record<string, Buffer>>,
  files: Readonly<Record<string, string>>,
): Buffer {
  const warned: unknown[] = [];
  const { warn } = console;
  console.warn = (...words: unknown[]) => void warned.push(words);
  try {
    const certificates = {
      wwdr: files['wwdr.pem'] ?? '',
      signerCert: files['signer.pem'] ?? '',
      signerKey: files['signer.key'] ?? '',
    };
    const pass = new PKPass({ ...images, 'pass.json': Buffer.from(JSON.stringify(json)) }, certificates);
    const made = pass.getAsBuffer();
    if (warned.length > 0) throw new Error(`passkit-generator warns: ${JSON.stringify(warned)}`);
    return made;
  } finally {
    console.warn = warn;
  }
}
