import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash, verify, X509Certificate } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import forge from 'node-forge';

const run = promisify(execFile);

/**
 * Verifies the detached signature of a manifest and its chain up to the root, as an iPhone would: by code of its own, and by OpenSSL where
 * there is one. In CI there has to be one.
 */
export async function assertSignature(files: ReadonlyMap<string, Buffer>, rootPem: string): Promise<void> {
  const manifest = files.get('manifest.json') ?? Buffer.alloc(0);
  const signature = files.get('signature') ?? Buffer.alloc(0);
  assertSigned(manifest, readSignature(signature), rootPem);
  if (await hasOpenssl()) await assertByOpenssl(manifest, signature, rootPem);
}

/** What a detached PKCS#7 signature holds (RFC 2315, section 9). */
export interface Signature {
  certificates: X509Certificate[];
  /** Names of the signed attributes, in their order. */
  attributes: string[];
  messageDigest: Buffer;
  signingTime: Date;
  /** DER of the attributes as they are signed. */
  signed: Buffer;
  value: Buffer;
  /** Whether the content is inside, too. */
  attached: boolean;
}

const names: Record<string, string> = {
  '1.2.840.113549.1.9.3': 'contentType',
  '1.2.840.113549.1.9.4': 'messageDigest',
  '1.2.840.113549.1.9.5': 'signingTime',
};

interface Captured {
  certificates: forge.pki.Certificate[];
  rawCapture: { authenticatedAttributes: forge.asn1.Asn1[]; signature: string; content?: unknown };
}

export function readSignature(der: Buffer): Signature {
  const root = forge.asn1.fromDer(forge.util.createBuffer(der.toString('latin1')));
  const { certificates, rawCapture } = forge.pkcs7.messageFromAsn1(root) as unknown as Captured;
  const { authenticatedAttributes: attributes, signature, content } = rawCapture;
  const values = new Map(attributes.map(attributeOf));
  const set = forge.asn1.create(forge.asn1.Class.UNIVERSAL, forge.asn1.Type.SET, true, attributes);
  return {
    certificates: certificates.map((certificate) => new X509Certificate(forge.pki.certificateToPem(certificate))),
    attributes: [...values.keys()],
    messageDigest: Buffer.from(values.get('messageDigest') ?? '', 'latin1'),
    signingTime: forge.asn1.utcTimeToDate(values.get('signingTime') ?? ''),
    signed: Buffer.from(forge.asn1.toDer(set).getBytes(), 'latin1'),
    value: Buffer.from(signature, 'latin1'),
    attached: content !== undefined,
  };
}

/** An attribute is a SEQUENCE of its type and the SET of its values, here of one. */
function attributeOf({ value }: forge.asn1.Asn1): [name: string, value: string] {
  const [type, set] = value as forge.asn1.Asn1[];
  const oid = forge.asn1.derToOid(bytesOf(type));
  return [names[oid] ?? oid, bytesOf((set?.value as forge.asn1.Asn1[] | undefined)?.[0])];
}

function bytesOf(node: forge.asn1.Asn1 | undefined): string {
  return typeof node?.value === 'string' ? node.value : '';
}

function assertSigned(manifest: Buffer, signature: Signature, rootPem: string): void {
  const root = new X509Certificate(rootPem);
  const [signer, ...others] = signature.certificates.toSorted((one, other) => Number(one.ca) - Number(other.ca));
  assert.ok(signer, 'a certificate comes with the signature');
  assert.equal(signature.attached, false, 'the manifest is not in the signature');
  assert.deepEqual(signature.messageDigest, createHash('sha256').update(manifest).digest(), 'of this manifest');
  assert.ok(verify('sha256', signature.signed, signer.publicKey, signature.value), 'by the key of the signer');
  const issuer = others.find((one) => signer.checkIssued(one) && signer.verify(one.publicKey));
  assert.ok(issuer, 'the WWDR that issued the signer comes with it');
  assert.ok(issuer.checkIssued(root) && issuer.verify(root.publicKey), 'issued under the root');
}

let openssl: Promise<boolean> | undefined;

function hasOpenssl(): Promise<boolean> {
  openssl ??= run('openssl', ['version']).then(
    () => true,
    (error: unknown) => {
      assert.ok(!process.env['CI'], `CI needs openssl: ${String(error)}`);
      return false;
    },
  );
  return openssl;
}

async function assertByOpenssl(manifest: Buffer, signature: Buffer, rootPem: string): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'orion-pass-'));
  try {
    const path = (name: string): string => join(directory, name);
    await writeFile(path('manifest.json'), manifest);
    await writeFile(path('signature'), signature);
    await writeFile(path('root.pem'), rootPem);
    const input = ['-in', path('signature'), '-inform', 'der', '-content', path('manifest.json'), '-binary'];
    const trusting = ['-CAfile', path('root.pem'), '-purpose', 'any', '-out', '/dev/null'];
    const { stderr } = await run('openssl', ['smime', '-verify', ...input, ...trusting]);
    assert.match(stderr, /Verification successful/);
  } finally {
    await rm(directory, { recursive: true });
  }
}
