import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readPem, writePem } from '../../domain/credentials/reading/pem.ts';
import { ConfigurationError } from '../../errors.ts';
import { builtInAppleRoots } from './apple-root-certificates.ts';

/**
 * The roots under which a WWDR certificate is known, as PEM: Apple's own, or those of a file.
 * @param file APPLE_ROOTS_FILE, a PEM bundle of root certificates.
 * @throws ConfigurationError when the file cannot be read or holds something else.
 */
export function readAppleRoots(file?: string): string {
  if (file === undefined) return builtInAppleRoots;
  const certificates = readBundle(file);
  return certificates.map((certificate) => writePem('CERTIFICATE', certificate.raw)).join('');
}

/** The certificates of what {@link readAppleRoots} returns. */
export function parseAppleRoots(pem: string): X509Certificate[] {
  const reading = readPem(pem);
  return 'blocks' in reading ? reading.blocks.map(({ contents }) => new X509Certificate(contents)) : [];
}

function readBundle(file: string): X509Certificate[] {
  const reading = readPem(readText(file));
  if ('mistake' in reading) {
    const what = reading.mistake === 'no PEM' ? 'holds no PEM' : `holds PEM with a mistake (${reading.mistake})`;
    throw problem(file, `${what}; expected one or more root certificates in PEM`);
  }
  const blocks = reading.blocks.filter(({ label }) => label === 'CERTIFICATE');
  if (blocks.length === 0) throw problem(file, 'holds no certificate; expected one or more root certificates in PEM');
  return blocks.map(({ contents }, index) => {
    try {
      return new X509Certificate(contents);
    } catch {
      throw problem(file, `certificate ${index + 1} of ${blocks.length} cannot be read; copy the file again`);
    }
  });
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    throw problem(file, `cannot be read (${code}); expected a PEM file of root certificates`);
  }
}

function problem(file: string, what: string): ConfigurationError {
  return new ConfigurationError([`APPLE_ROOTS_FILE: ${file} ${what}.`]);
}
