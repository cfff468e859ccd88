import assert from 'node:assert/strict';
import { randomBytes, randomInt } from 'node:crypto';
import { inspect } from 'node:util';
import { sourceReasons } from '../../../../src/domain/credentials/reasons.ts';
import type { WalletCredentialSpec } from '../../../../src/domain/credentials/wallet-credential.ts';
import { appleForms } from '../../../../src/example-credentials/apple-material.ts';
import { createPkcs12 } from '../../../../src/example-credentials/pkcs12.ts';
import { privateKeyPem } from '../../../../src/example-credentials/private-key-encodings.ts';
import { toBytes, type SourceData } from '../../../../src/example-credentials/source-data.ts';
import {
  account,
  appleData,
  appleSpec,
  check,
  googleData,
  googleSpec,
  material,
  passphrase,
  signerKey,
} from './check-examples.ts';
import { chanceOf, mutate, randomNumbers, type Data } from './mutation.ts';

const runs = Number(process.env['FUZZ_RUNS'] ?? 2_000);
const seed = Number(process.env['FUZZ_SEED'] ?? randomInt(2 ** 31));

/** Length of the pieces of key material that are searched for. */
const piece = 12;

/** Every piece of the private key, as base64, hexadecimal and plain bytes, and the passphrase. */
const secrets = new Set<string>();
for (const type of ['pkcs1', 'pkcs8'] as const) {
  const der = signerKey.privateKey.export({ type, format: 'der' });
  const { p = '', q = '', d = '' } = signerKey.privateKey.export({ format: 'jwk' });
  const lines = [p, q, d].map((number) => Buffer.from(number, 'base64url').toString('hex'));
  // The beginning of the DER is modulus and exponent, which are public.
  for (const text of [
    ...lines,
    der.subarray(320).toString('base64'),
    der.subarray(321).toString('base64'),
    der.subarray(322).toString('base64'),
  ]) {
    for (let index = 0; index + piece <= text.length; index += 1) secrets.add(text.slice(index, index + piece));
  }
}

function assertNoSecret(text: string): void {
  assert.ok(!text.includes(passphrase), 'the passphrase is in the verdict');
  for (let index = 0; index + piece <= text.length; index += 1) {
    assert.ok(!secrets.has(text.slice(index, index + piece)), `key material in: ${text}`);
  }
}

/** That there is a verdict, of a known reason, in words of bounded length and without key material. */
function assertSound(data: SourceData, spec: WalletCredentialSpec): string {
  const verdict = check(data, spec);
  assertNoSecret(JSON.stringify(verdict));
  assertNoSecret(inspect(verdict, { depth: 9 }));
  if (verdict.accepted) return 'accepted';
  assert.ok(Object.hasOwn(sourceReasons, verdict.reason));
  assert.ok(verdict.message.length > 20 && verdict.message.length < 2_000, verdict.message);
  // eslint-disable-next-line no-control-regex -- control characters are what must not be there.
  assert.match(verdict.message, /^[^\u0000-\u001f\u007f-\u009f]+$/);
  return verdict.reason;
}

function bytesOf(data: SourceData): Data {
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, toBytes(value)]));
}

const { signer, wwdr } = material();
const pkcs12 = (encryption: 'aes' | 'rc2' | 'none', lengths: 'definite' | 'indefinite'): Data => ({
  'signer.p12': createPkcs12({
    certificates: [signer, wwdr],
    privateKey: signerKey.privateKey,
    passphrase,
    encryption,
    lengths,
    iterations: 2,
  }),
  passphrase: Buffer.from(passphrase),
});

const originals: readonly { data: Data; spec: WalletCredentialSpec }[] = [
  ...appleForms.map((form) => ({ data: bytesOf(appleData(form)), spec: appleSpec })),
  { data: pkcs12('aes', 'definite'), spec: appleSpec },
  { data: pkcs12('rc2', 'indefinite'), spec: appleSpec },
  { data: pkcs12('none', 'definite'), spec: appleSpec },
  {
    data: bytesOf({
      ...appleData(),
      'signer.key': privateKeyPem(signerKey.privateKey, 'traditional-encrypted', passphrase),
      passphrase,
    }),
    spec: appleSpec,
  },
  { data: bytesOf(googleData()), spec: googleSpec },
  { data: bytesOf({ 'google-wallet-sa.json': JSON.stringify(account) }), spec: googleSpec },
];

describe('garbage', () => {
  it(`gets a reason ${runs} times, and never an exception or a piece of the key (FUZZ_SEED=${seed})`, function () {
    this.timeout(Math.max(60_000, runs * 20));
    const chance = chanceOf(randomNumbers(seed));
    const counts: Record<string, number> = {};
    for (let run = 0; run < runs; run += 1) {
      const { data, spec } = chance.pick(originals);
      const reason = assertSound(mutate(data, chance), spec);
      counts[reason] = (counts[reason] ?? 0) + 1;
    }
    // The damage has to get deeper than the first look.
    for (const reason of [
      'accepted',
      'DataKeyMissing',
      'MalformedCertificate',
      'MalformedPrivateKey',
      'MalformedPkcs12',
      'MalformedJson',
      'WrongPassphrase',
      'FieldMissing',
    ]) {
      if (runs >= 10_000) assert.ok((counts[reason] ?? 0) > 0, `${reason} in ${JSON.stringify(counts)}`);
    }
  });

  const mebibyte = 1024 * 1024;
  const blobs: Record<string, Buffer> = {
    nothing: Buffer.alloc(0),
    'one byte': Buffer.of(0x30),
    '1 MiB of zeros': Buffer.alloc(mebibyte),
    '1 MiB at random': randomBytes(mebibyte),
    '1 MiB of [': Buffer.alloc(mebibyte, '['),
    '64 KiB of zeros': Buffer.alloc(65_536),
    '64 KiB at random': randomBytes(65_536),
    '64 KiB of [': Buffer.alloc(65_536, '['),
    '64 KiB of {"a":': Buffer.alloc(65_535, '{"a":'),
    '64 KiB of quotation marks': Buffer.alloc(65_536, '"'),
    '64 KiB of backslashes': Buffer.alloc(65_536, '\\'),
    '64 KiB of base64': Buffer.alloc(65_536, 'A'),
    '64 KiB of dashes': Buffer.alloc(65_536, '-'),
    '64 KiB of white space': Buffer.alloc(65_536, ' \n\t'),
    '64 KiB of BEGIN lines': Buffer.alloc(65_536, '-----BEGIN CERTIFICATE-----\n'),
    '64 KiB of empty PEM blocks': Buffer.alloc(65_536, '-----BEGIN A-----\n-----END A-----\n'),
    '64 KiB of PEM headers': Buffer.concat([
      Buffer.from('-----BEGIN RSA PRIVATE KEY-----\n'),
      Buffer.alloc(65_000, 'A: B\n'),
      Buffer.from('-----END RSA PRIVATE KEY-----\n'),
    ]),
    '64 KiB of nested DER': Buffer.alloc(65_536, Buffer.of(0x30, 0x80)),
    '64 KiB of DER lengths': Buffer.alloc(65_536, Buffer.of(0x30, 0x84)),
    '64 KiB of DER nulls': Buffer.concat([
      Buffer.of(0x30, 0x83, 0x00, 0xff, 0xf0),
      Buffer.alloc(65_520, Buffer.of(0x05, 0x00)),
    ]),
    'text in the highest plane': Buffer.from('\u{10ffff}'.repeat(1_000)),
  };
  const slots: [key: string, data: SourceData, spec: WalletCredentialSpec][] = [
    ...Object.keys(appleData('pem-encrypted')).map((key): (typeof slots)[number] => [
      key,
      appleData('pem-encrypted'),
      appleSpec,
    ]),
    ['signer.p12', appleData('pkcs12'), appleSpec],
    ['google-wallet-sa.json', googleData(), googleSpec],
  ];
  for (const [name, blob] of Object.entries(blobs)) {
    it(`${name} gets a reason under every data key`, () => {
      for (const [key, data, spec] of slots) assert.notEqual(assertSound({ ...data, [key]: blob }, spec), 'accepted');
    });
  }

  it('under all data keys at once gets a reason', () => {
    const keys = slots.map(([key]) => key);
    for (const blob of Object.values(blobs)) {
      const data = Object.fromEntries(keys.map((key) => [key, blob]));
      for (const spec of [appleSpec, googleSpec]) assert.notEqual(assertSound(data, spec), 'accepted');
    }
  });
});
