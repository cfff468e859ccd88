import { generateKeyPairSync } from 'node:crypto';
import type { SourceReason } from '../../../../src/domain/credentials/reasons.ts';
import {
  pemChain,
  withBagAttributes,
  withByteOrderMark,
  withCrlf,
} from '../../../../src/example-credentials/certificate-encodings.ts';
import { explicit, integer, octetString, oid, sequence } from '../../../../src/example-credentials/der.ts';
import { createApnsTokenKey, createSigningRequest } from '../../../../src/example-credentials/mistaken-certificates.ts';
import { toPem } from '../../../../src/example-credentials/pem.ts';
import { createPkcs12 } from '../../../../src/example-credentials/pkcs12.ts';
import { privateKeyDer, privateKeyPem } from '../../../../src/example-credentials/private-key-encodings.ts';
import type { SourceData } from '../../../../src/example-credentials/source-data.ts';
import {
  accepted,
  appleData,
  authority,
  material,
  otherKey,
  passphrase,
  refused,
  signerKey,
} from './check-examples.ts';

const { signer, wwdr } = material();
const key = privateKeyPem(signerKey.privateKey);
const good = appleData();
const encrypted = appleData('pem-encrypted');
const wide = (text: string): Buffer => Buffer.from(`\ufeff${text}`, 'utf16le');
const p12 = (changes: Partial<Parameters<typeof createPkcs12>[0]> = {}): SourceData => ({
  'signer.p12': createPkcs12({
    certificates: [signer, wwdr],
    privateKey: signerKey.privateKey,
    passphrase,
    iterations: 2,
    ...changes,
  }),
  passphrase,
});

/** What people do, why it is refused, and what the message says. */
const mistakes: Record<string, [data: SourceData, reason: SourceReason, words: RegExp]> = {
  // The signer certificate.
  'certificate: a private key': [
    { ...good, 'signer.pem': key },
    'MalformedCertificate',
    /signer\.pem of Secret wallet-source holds a private key; expected the Pass Type ID certificate\. Put the certificate there, and the private key under signer\.key\./,
  ],
  'certificate: a public key': [
    { ...good, 'signer.pem': signerKey.publicKey.export({ type: 'spki', format: 'pem' }) },
    'MalformedCertificate',
    /holds a public key/,
  ],
  'certificate: a request in DER': [
    {
      ...good,
      'signer.pem': Buffer.from(createSigningRequest(signerKey).replaceAll(/-----.*-----|\n/g, ''), 'base64'),
    },
    'MalformedCertificate',
    /signing request \(CSR\)/,
  ],
  'certificate: a token key': [
    { ...good, 'signer.pem': createApnsTokenKey() },
    'MalformedCertificate',
    /holds a private key/,
  ],
  'certificate: a PKCS#12 file': [
    { ...good, 'signer.pem': p12()['signer.p12']! },
    'MalformedCertificate',
    /holds a PKCS#12 file; .* Put it under signer\.p12/,
  ],
  'certificate: quotation marks': [
    { ...good, 'signer.pem': `"${signer.pem}"` },
    'MalformedCertificate',
    /inside quotation marks; .* Remove the quotation marks/,
  ],
  'certificate: written-out line ends in quotation marks': [
    { ...good, 'signer.pem': JSON.stringify(signer.pem) },
    'MalformedCertificate',
    /line breaks are written out as \\n/,
  ],
  'certificate: UTF-16': [
    { ...good, 'signer.pem': wide(signer.pem) },
    'MalformedCertificate',
    /text in UTF-16; .* Save the file as UTF-8/,
  ],
  'certificate: UTF-16 without a mark': [
    { ...good, 'signer.pem': Buffer.from(signer.pem, 'utf16le') },
    'MalformedCertificate',
    /text in UTF-16/,
  ],
  'certificate: an HTML page': [
    { ...good, 'signer.pem': '<!DOCTYPE html><html><body>Sign in</body></html>' },
    'MalformedCertificate',
    /an HTML or XML page/,
  ],
  'certificate: JSON': [{ ...good, 'signer.pem': '{"signer.pem": "x"}' }, 'MalformedCertificate', /holds JSON/],
  'certificate: a pass': [
    { ...good, 'signer.pem': Buffer.from('PK\u0003\u0004whatever') },
    'MalformedCertificate',
    /a ZIP archive, such as a \.pkpass/,
  ],
  'certificate: base64 without the BEGIN line': [
    { ...good, 'signer.pem': signer.der.toString('base64') },
    'MalformedCertificate',
    /PEM without its BEGIN and END lines/,
  ],
  'certificate: base64 twice, in lines': [
    { ...good, 'signer.pem': Buffer.from(signer.pem).toString('base64').replaceAll(/.{76}/g, '$&\n') },
    'MalformedCertificate',
    /PEM that is base64-encoded twice; .* Encode it once/,
  ],
  'certificate: four dashes': [
    { ...good, 'signer.pem': signer.pem.slice(1) },
    'MalformedCertificate',
    /BEGIN line is missing or damaged/,
  ],
  'certificate: without the END line': [
    { ...good, 'signer.pem': signer.pem.replace(/-----END.*/, '') },
    'MalformedCertificate',
    /cut off before its END line/,
  ],
  'certificate: a letter lost': [
    { ...good, 'signer.pem': signer.pem.replace(/(MII.{20})./, '$1') },
    'MalformedCertificate',
    /base64 is damaged/,
  ],
  'certificate: a line lost': [
    { ...good, 'signer.pem': signer.pem.replace(/\n.{64}\n/, '\n') },
    'MalformedCertificate',
    /The certificate in signer\.pem of Secret wallet-source cannot be read/,
  ],
  'certificate: the second of two damaged': [
    { ...good, 'signer.pem': signer.pem + toPem('CERTIFICATE', wwdr.der.subarray(0, 500)) },
    'MalformedCertificate',
    /Certificate 2 of 2 in signer\.pem/,
  ],
  'certificate: a path': [
    { ...good, 'signer.pem': '/etc/certs/signer.pem' },
    'MalformedCertificate',
    /21 bytes of text that is not PEM/,
  ],
  'certificate: zeros': [
    { ...good, 'signer.pem': Buffer.alloc(100) },
    'MalformedCertificate',
    /100 bytes that are all zero/,
  ],
  'certificate: cut DER': [
    { ...good, 'signer.pem': signer.der.subarray(0, 700) },
    'MalformedCertificate',
    /700 bytes of a DER file of \d+: it is cut off/,
  ],
  'certificate: white space': [{ ...good, 'signer.pem': ' \n' }, 'DataKeyMissing', /has nothing under signer\.pem/],
  'WWDR: a private key': [
    { ...good, 'wwdr.pem': key },
    'MalformedCertificate',
    /wwdr\.pem .* holds a private key; expected the Apple WWDR certificate/,
  ],
  'WWDR: the root': [
    { ...good, 'wwdr.pem': authority.root.certificate.pem },
    'WwdrMismatch',
    /issued by G4, the Secret holds "Orion Example Root CA"/,
  ],
  'WWDR: the signer itself': [
    { ...good, 'wwdr.pem': signer.pem },
    'WwdrMismatch',
    /issued by G4, the Secret holds "Pass Type ID: /,
  ],
  'WWDR: three others': [
    {
      ...good,
      'wwdr.pem': pemChain(
        ...(['G1', 'G2', 'G3'] as const).map((generation) => authority.wwdr(generation).certificate),
      ),
    },
    'WwdrMismatch',
    /issued by G4, the Secret holds G1, G2 and G3/,
  ],
  'WWDR: the right one is with the signer instead': [
    { ...good, 'signer.pem': pemChain(signer, wwdr), 'wwdr.pem': authority.wwdr('G2').certificate.pem },
    'WwdrMismatch',
    /The certificate that issued it is in signer\.pem: put it under wwdr\.pem/,
  ],
  'signer and WWDR swapped': [
    { ...good, 'signer.pem': wwdr.pem, 'wwdr.pem': signer.pem },
    'KeyMismatch',
    /belongs to the certificate in wwdr\.pem, not to the one in signer\.pem: the two certificates are swapped/,
  ],
  // The private key.
  'key: the certificate': [
    { ...good, 'signer.key': signer.pem },
    'MalformedPrivateKey',
    /signer\.key .* holds a certificate; expected the private key .* certificate under signer\.pem/,
  ],
  'key: the request': [
    { ...good, 'signer.key': createSigningRequest(signerKey) },
    'MalformedPrivateKey',
    /holds a certificate signing request \(CSR\).* with which the request was made/,
  ],
  'key: a PKCS#12 file': [
    { ...good, 'signer.key': p12()['signer.p12']! },
    'MalformedPrivateKey',
    /holds a PKCS#12 file; .* Put it under signer\.p12/,
  ],
  'key: the public key': [
    { ...good, 'signer.key': signerKey.publicKey.export({ type: 'spki', format: 'pem' }) },
    'MalformedPrivateKey',
    /holds a public key/,
  ],
  'key: two keys': [
    { ...good, 'signer.key': key + privateKeyPem(otherKey.privateKey) },
    'MalformedPrivateKey',
    /holds 2 private keys; .* Keep only the one that belongs/,
  ],
  'key: written-out line ends': [
    { ...good, 'signer.key': key.replaceAll('\n', String.raw`\n`) },
    'MalformedPrivateKey',
    /line breaks are written out as \\n/,
  ],
  'key: quotation marks': [{ ...good, 'signer.key': `'${key}'` }, 'MalformedPrivateKey', /inside quotation marks/],
  'key: UTF-16': [{ ...good, 'signer.key': wide(key) }, 'MalformedPrivateKey', /UTF-16/],
  'key: base64 twice': [
    { ...good, 'signer.key': Buffer.from(key).toString('base64') },
    'MalformedPrivateKey',
    /base64-encoded twice/,
  ],
  'key: damaged numbers': [
    { ...good, 'signer.key': damaged(privateKeyDer(signerKey.privateKey)) },
    'MalformedPrivateKey',
    /its numbers do not belong together/,
  ],
  'key: Ed25519': [
    { ...good, 'signer.key': privateKeyPem(generateKeyPairSync('ed25519').privateKey) },
    'UnsupportedKeyType',
    /private key of type Ed25519/,
  ],
  'key: EC in its own form': [
    { ...good, 'signer.key': privateKeyPem(generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey, 'sec1') },
    'UnsupportedKeyType',
    /private key of type ECDSA/,
  ],
  'key: of OpenSSH': [
    { ...good, 'signer.key': toPem('OPENSSH PRIVATE KEY', Buffer.from('openssh-key-v1\0')) },
    'MalformedPrivateKey',
    /OpenSSH's own format; .* ssh-keygen -p -m PEM/,
  ],
  'passphrase: none': [
    { ...encrypted, passphrase: '' },
    'WrongPassphrase',
    /signer\.key .* holds an encrypted private key, and the Secret has no passphrase under passphrase\. Add the passphrase/,
  ],
  'passphrase: another': [
    { ...encrypted, passphrase: 'another' },
    'WrongPassphrase',
    /the passphrase under passphrase does not open it/,
  ],
  'passphrase: base64 twice': [
    { ...encrypted, passphrase: Buffer.from(`${passphrase}\n`).toString('base64') },
    'WrongPassphrase',
    /the passphrase under passphrase is base64-encoded twice\. Encode it once/,
  ],
  'passphrase: too long': [
    { ...encrypted, passphrase: 'x'.repeat(1_025) },
    'TooLarge',
    /passphrase of Secret wallet-source has 1025 bytes; at most 1024/,
  ],
  // PKCS#12.
  'PKCS#12: PEM': [
    { 'signer.p12': signer.pem + key },
    'MalformedPkcs12',
    /holds a certificate and a private key; expected a PKCS#12 file/,
  ],
  'PKCS#12: base64 twice': [
    { ...p12(), 'signer.p12': Buffer.from(p12()['signer.p12'] as Buffer).toString('base64') },
    'MalformedPkcs12',
    /base64-encoded twice/,
  ],
  'PKCS#12: damaged': [
    { 'signer.p12': pkcs12Around(Buffer.from('nothing')) },
    'MalformedPkcs12',
    /a PKCS#12 file that is damaged/,
  ],
  'PKCS#12: certificates only': [
    { 'signer.p12': createPkcs12({ certificates: [signer, wwdr], passphrase, iterations: 2 }), passphrase },
    'MalformedPkcs12',
    /without a private key; .* select the certificate together with its key/,
  ],
  'PKCS#12: no certificates': [p12({ certificates: [] }), 'MalformedPkcs12', /without a certificate/],
  'PKCS#12: base64 twice passphrase': [
    { ...p12(), passphrase: Buffer.from(passphrase).toString('base64') },
    'WrongPassphrase',
    /base64-encoded twice/,
  ],
  'PKCS#12: no passphrase': [
    { 'signer.p12': p12()['signer.p12']! },
    'WrongPassphrase',
    /holds a PKCS#12 file with a passphrase, and the Secret has no passphrase under passphrase/,
  ],
  'PKCS#12: no WWDR anywhere': [
    p12({ certificates: [signer] }),
    'DataKeyMissing',
    /holds no certificate but the signer's, and the Secret has none under wwdr\.pem/,
  ],
  'PKCS#12: another WWDR inside': [
    p12({ certificates: [signer, authority.wwdr('G2').certificate] }),
    'WwdrMismatch',
    /signer\.p12 .* issued by G4, the Secret holds G2/,
  ],
  'PKCS#12: another WWDR beside it': [
    { ...p12(), 'wwdr.pem': authority.wwdr('G2').certificate.pem },
    'WwdrMismatch',
    /issued by G4, the Secret holds G2\. The certificate that issued it is in signer\.p12/,
  ],
  'PKCS#12: with a certificate beside it': [
    { ...p12(), 'signer.pem': signer.pem },
    'AmbiguousSource',
    /signer\.p12 of Secret wallet-source and signer\.pem both hold a signer/,
  ],
  'PKCS#12: with a key beside it': [
    { ...p12(), 'signer.key': key },
    'AmbiguousSource',
    /signer\.key both hold a signer/,
  ],
  'nothing at all': [
    {},
    'DataKeyMissing',
    /has no data key signer\.pem, signer\.key and wwdr\.pem, nor a PKCS#12 file under signer\.p12; it holds nothing else/,
  ],
  'the keys of a TLS Secret': [
    { 'tls.crt': signer.pem, 'tls.key': key },
    'DataKeyMissing',
    /it holds tls\.crt and tls\.key\. .* spec\.apple\.keys/,
  ],
};

/** One bit changed near the end, which is inside the last number of a key. */
function damaged(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  copy.writeUInt8(copy.readUInt8(copy.length - 5) ^ 1, copy.length - 5);
  return copy;
}

/** The shell of a PKCS#12 file. */
function pkcs12Around(contents: Buffer): Buffer {
  const data = sequence(oid('1.2.840.113549.1.7.1'), explicit(0, octetString(contents)));
  return sequence(integer(3), data);
}

describe('diagnoses of an Apple source', () => {
  for (const [name, [data, reason, words]] of Object.entries(mistakes)) {
    it(`${name}: ${reason}`, () => {
      refused(data, reason, words);
    });
  }
});

/** What is unusual and can only be meant in one way. */
const unusual: Record<string, SourceData> = {
  'a byte order mark': { ...good, 'signer.pem': withByteOrderMark(signer.pem), 'signer.key': withByteOrderMark(key) },
  CRLF: { ...good, 'signer.pem': withCrlf(signer.pem), 'signer.key': withCrlf(key), 'wwdr.pem': withCrlf(wwdr.pem) },
  'CR alone': { ...good, 'signer.pem': signer.pem.replaceAll('\n', '\r') },
  'Bag Attributes': { ...good, 'signer.pem': withBagAttributes(signer), 'wwdr.pem': withBagAttributes(wwdr) },
  'Bag Attributes around the key': {
    ...good,
    'signer.key': `Bag Attributes\n    localKeyID: 01 \nKey Attributes: <No Attributes>\n${key}`,
  },
  'text behind the END line': { ...good, 'signer.pem': `${signer.pem}\nend of file` },
  'line ends that became spaces, as in a folded YAML text': {
    ...good,
    'signer.pem': signer.pem.trim().replaceAll('\n', ' '),
    'signer.key': key.trim().replaceAll('\n', ' '),
  },
  indentation: { ...good, 'signer.pem': signer.pem.replaceAll(/^/gm, '    ') },
  'no line end at the end': { ...good, 'signer.pem': signer.pem.trimEnd(), 'signer.key': key.trimEnd() },
  'DER with a line end behind it': { ...good, 'signer.pem': Buffer.concat([signer.der, Buffer.from('\n')]) },
  'DER where the name says PEM': {
    ...good,
    'wwdr.pem': wwdr.der,
    'signer.key': privateKeyDer(signerKey.privateKey, 'pkcs1'),
  },
  'a PKCS#1 key': { ...good, 'signer.key': privateKeyPem(signerKey.privateKey, 'pkcs1') },
  'the key of an old OpenSSL, with Proc-Type': {
    ...good,
    'signer.key': privateKeyPem(signerKey.privateKey, 'traditional-encrypted', passphrase),
    passphrase,
  },
  'the same with CRLF': {
    ...good,
    'signer.key': withCrlf(privateKeyPem(signerKey.privateKey, 'traditional-encrypted', passphrase)),
    passphrase,
  },
  'a passphrase with a line end': { ...encrypted, passphrase: `${passphrase}\n` },
  'a passphrase with CRLF': { ...encrypted, passphrase: `${passphrase}\r\n` },
  'a passphrase with a byte order mark and spaces': { ...encrypted, passphrase: `\ufeff ${passphrase} ` },
  'a passphrase that nothing needs': { ...good, passphrase },
  'certificate and key in both files': { ...good, 'signer.pem': signer.pem + key, 'signer.key': key + signer.pem },
  'the same key twice': { ...good, 'signer.key': key + key },
  'a PKCS#12 file that is empty': { ...good, 'signer.p12': '' },
  'a PKCS#12 file with a line end behind its passphrase': { ...p12(), passphrase: `${passphrase}\n` },
  'a PKCS#12 file with the WWDR beside it': { ...p12({ certificates: [signer] }), 'wwdr.pem': wwdr.pem },
  'a PKCS#12 file with the WWDR inside and beside it': { ...p12(), 'wwdr.pem': wwdr.der },
  'a PKCS#12 file with the whole chain': p12({ certificates: [signer, wwdr, authority.root.certificate] }),
  'a PKCS#12 file without a passphrase': { 'signer.p12': p12({ passphrase: '' })['signer.p12']! },
  'a PKCS#12 file and empty PEM files': { ...p12(), 'signer.pem': '', 'signer.key': '', 'wwdr.pem': '' },
  'data keys that nobody asked for': { ...good, 'readme.txt': 'x'.repeat(200_000), constructor: 'x' },
};

describe('unusual Apple sources that are accepted', () => {
  const { fingerprint } = accepted(good);
  for (const [name, data] of Object.entries(unusual)) {
    it(name, () => {
      const found = accepted(data);
      if (found.fingerprint !== fingerprint) throw new Error('the fingerprint differs');
    });
  }
});
