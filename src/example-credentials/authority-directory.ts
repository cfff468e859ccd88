import { createPrivateKey, X509Certificate } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createAuthority, rootName, type CertificateAuthority } from './certificate-authority.ts';
import type { Identity } from './certificate.ts';
import type { DistinguishedName } from './distinguished-name.ts';
import { keyPairOf } from './key-pair.ts';
import { toPem } from './pem.ts';
import { privateKeyPem } from './private-key-encodings.ts';
import { wwdrName } from './wwdr-certificate.ts';

/**
 * The authority that a directory keeps (`root.pem`, `root.key`, `wwdr-g4.pem`, `wwdr-g4.key`; keys with mode 600), made at the first
 * call. So certificates of several calls chain to one root, as a rotation wants it.
 * @throws when a file is unreadable, is not what its name says, or when half of a pair is missing.
 */
export function openAuthority(directory: string, now: Date): CertificateAuthority {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const root = readIdentity(directory, 'root', rootName);
  const g4 = readIdentity(directory, 'wwdr-g4', wwdrName('G4'));
  if (g4 && !root) throw new Error(`${directory} has wwdr-g4.pem without the root.pem that issued it: remove it`);
  const authority = createAuthority({ now, root, wwdr: { G4: g4 } });
  if (!root) writeIdentity(directory, 'root', authority.root);
  if (!g4) writeIdentity(directory, 'wwdr-g4', authority.wwdr('G4'));
  return authority;
}

function pathsOf(directory: string, name: string): { certificate: string; key: string } {
  return { certificate: join(directory, `${name}.pem`), key: join(directory, `${name}.key`) };
}

function writeIdentity(directory: string, name: string, { certificate, key }: Identity): void {
  const paths = pathsOf(directory, name);
  writeFileSync(paths.key, privateKeyPem(key.privateKey), { mode: 0o600, flag: 'wx' });
  writeFileSync(paths.certificate, certificate.pem, { flag: 'wx' });
}

function readIdentity(directory: string, name: string, subject: DistinguishedName): Identity | undefined {
  const paths = pathsOf(directory, name);
  const [has, lacks] = existsSync(paths.key) ? [paths.key, paths.certificate] : [paths.certificate, paths.key];
  if (!existsSync(has)) return undefined;
  if (!existsSync(lacks)) throw new Error(`${has} is there and ${lacks} is not: remove it to get a new pair`);
  const key = keyPairOf(parse(paths.key, createPrivateKey));
  const certificate = parse(paths.certificate, (pem) => new X509Certificate(pem));
  if (!certificate.checkPrivateKey(key.privateKey)) {
    throw new Error(`${paths.key} does not belong to ${paths.certificate}: remove both to get a new pair`);
  }
  const { raw: der, validFromDate: notBefore, validToDate: notAfter } = certificate;
  return { certificate: { der, pem: toPem('CERTIFICATE', der), subject, notBefore, notAfter }, key };
}

/** OpenSSL's own message names neither the file nor what to do. */
function parse<T>(path: string, read: (pem: Buffer) => T): T {
  const contents = readFileSync(path);
  try {
    return read(contents);
  } catch (cause) {
    throw new Error(`${path} is not the PEM file that this command wrote: remove it and its pair`, { cause });
  }
}
