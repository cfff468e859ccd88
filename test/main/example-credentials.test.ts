import assert from 'node:assert/strict';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command, CommanderError } from 'commander';
import { parseAllDocuments } from 'yaml';
import type { WalletCredential } from '../../src/domain/credentials/wallet-credential.ts';
import { ExitError } from '../../src/errors.ts';
import { flawNames } from '../../src/example-credentials/flaw-names.ts';
import { addExampleCredentialsCommand } from '../../src/main/example-credentials.ts';

const now = new Date('2026-06-01T12:00:00Z');

interface Secret {
  kind: string;
  metadata: { name: string; namespace?: string };
  data: Record<string, string>;
}

interface Run {
  exitCode: number;
  stdout: string;
  stderr: string;
}

/** Runs the command in this process, as loyalty.ts does. */
function run(line: string, isTTY = false): Run {
  const written = { stdout: '', stderr: '' };
  const append = (stream: keyof typeof written) => (text: string) => ((written[stream] += text), true);
  const [writeOut, writeErr] = [append('stdout'), append('stderr')];
  const program = new Command('loyalty').exitOverride().configureOutput({ writeOut, writeErr });
  const streams = { stdout: { isTTY, write: writeOut }, stderr: { write: writeErr } };
  addExampleCredentialsCommand(program, { now: () => now, ...streams });
  try {
    program.parse(['example-credentials', ...line.split(' ').filter(Boolean)], { from: 'user' });
    return { exitCode: 0, ...written };
  } catch (error) {
    if (!(error instanceof CommanderError || error instanceof ExitError)) throw error;
    return { exitCode: error.exitCode, stdout: written.stdout, stderr: written.stderr + error.message };
  }
}

function documents(line = ''): (Secret | WalletCredential)[] {
  const { exitCode, stdout, stderr } = run(line);
  assert.deepEqual({ exitCode, stderr }, { exitCode: 0, stderr: '' });
  return parseAllDocuments(stdout).map((document) => {
    assert.deepEqual(document.errors, []);
    return document.toJS() as Secret | WalletCredential;
  });
}

function secret(line: string): Record<string, Buffer> {
  const [found] = documents(`${line} --secrets-only`) as Secret[];
  return Object.fromEntries(Object.entries(found?.data ?? {}).map(([key, text]) => [key, Buffer.from(text, 'base64')]));
}

function signerOf(data: Record<string, Buffer>): X509Certificate {
  return new X509Certificate(data['signer.pem'] ?? '');
}

describe('loyalty example-credentials', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'example-credentials-'));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  it('prints the Secrets and WalletCredentials of deploy/examples', () => {
    const printed = documents();
    const identities = printed.map(({ kind, metadata }) => `${kind} ${metadata.name} ${metadata.namespace}`);
    assert.deepEqual(identities, [
      'Secret apple-wallet-source undefined',
      'WalletCredential apple undefined',
      'Secret google-wallet-source undefined',
      'WalletCredential google undefined',
    ]);
    for (const provider of ['apple', 'google']) {
      const [example] = parseAllDocuments(readFileSync(`deploy/examples/${provider}.yaml`, 'utf8'));
      assert.deepEqual(
        printed.find(({ kind, metadata }) => kind !== 'Secret' && metadata.name === provider),
        example?.toJS(),
      );
    }
  });

  it("makes Apple's certificate and key fit together under the root that it writes", () => {
    const data = secret(`--provider apple --root-file ${directory}/root.pem`);
    const root = new X509Certificate(readFileSync(join(directory, 'root.pem')));
    const wwdr = new X509Certificate(data['wwdr.pem'] ?? '');
    assert.ok(signerOf(data).verify(wwdr.publicKey) && wwdr.verify(root.publicKey));
    assert.ok(signerOf(data).checkPrivateKey(createPrivateKey(data['signer.key'] ?? '')));
    assert.equal(signerOf(data).validToDate.toISOString(), '2027-06-30T12:00:00.000Z');
  });

  it('makes a service account for Google', () => {
    const account = JSON.parse(secret('--provider google')['google-wallet-sa.json']?.toString() ?? '') as object;
    assert.partialDeepStrictEqual(account, { type: 'service_account', universe_domain: 'googleapis.com' });
  });

  it('says on top that it is for trials only', () => {
    const [first] = run('').stdout.split('\n');
    assert.match(first ?? '', /^# Made with a throw-away root; for trials only/);
  });

  it('warns on stderr when private keys go to a terminal, and nowhere else', () => {
    assert.match(run('', true).stderr, /Private keys follow/);
    assert.equal(run('', false).stderr, '');
  });

  it('writes what it is told into the resources', () => {
    const [source, credential] = documents(
      '--namespace shop --provider apple --name wallet-a --pass-type-identifier pass.com.shop --team-identifier ZZZZZ00000 --valid-days 5',
    ) as [Secret, WalletCredential];
    assert.deepEqual(source.metadata, { name: 'wallet-a-wallet-source', namespace: 'shop' });
    assert.deepEqual(credential.metadata as object, { name: 'wallet-a', namespace: 'shop' });
    assert.deepEqual(credential.spec as object, {
      secretRef: { name: 'wallet-a-wallet-source' },
      apple: { passTypeIdentifier: 'pass.com.shop', teamIdentifier: 'ZZZZZ00000' },
    });
    const signer = new X509Certificate(Buffer.from(source.data['signer.pem'] ?? '', 'base64'));
    assert.match(signer.subject, /UID=pass\.com\.shop\n.*\nOU=ZZZZZ00000/);
    assert.equal(signer.validToDate.toISOString(), '2026-06-06T12:00:00.000Z');
    const [, google] = documents('--provider google --issuer-id 42') as [Secret, WalletCredential];
    assert.deepEqual(google.spec.google as object, { issuerId: '42' });
  });

  it('makes new keys at every call', () => {
    const [one, two] = [secret('--provider apple'), secret('--provider apple')];
    assert.notDeepEqual(one['signer.key'], two['signer.key']);
    assert.notDeepEqual(one['wwdr.pem'], two['wwdr.pem']);
  });

  it('rotates under one root with an authority directory', () => {
    const line = `--provider apple --authority-directory ${directory}/authority`;
    const [one, two] = [secret(line), secret(line)];
    assert.notDeepEqual(one['signer.key'], two['signer.key']);
    assert.deepEqual(one['wwdr.pem'], two['wwdr.pem']);
  });

  for (const form of ['pem', 'pem-encrypted', 'der', 'pkcs12', 'pkcs12-legacy']) {
    it(`prints the form ${form}`, () => {
      const keys = Object.keys(secret(`--provider apple --form ${form}`));
      assert.equal(keys.includes('signer.p12'), form.startsWith('pkcs12'));
      assert.equal(keys.includes('passphrase'), form.startsWith('pkcs12') || form === 'pem-encrypted');
    });
  }

  it('makes a flawed one on purpose, and says so', () => {
    const { stdout } = run('--flaw wrong-team');
    assert.match(stdout, /^# Flawed on purpose: a certificate of another team \(TeamMismatch\)\.$/m);
    assert.match(signerOf(secret('--provider apple --flaw wrong-team')).subject, /^OU=ZZZZZ99999$/m);
    assert.ok(
      'installed' in
        JSON.parse(secret('--provider google --flaw oauth-client')['google-wallet-sa.json']?.toString() ?? ''),
    );
  });

  it('explains itself', () => {
    const { exitCode, stdout } = run('--help');
    assert.equal(exitCode, 0);
    for (const flaw of flawNames) assert.ok(stdout.includes(`  ${flaw} `), flaw);
    assert.match(stdout, /kubectl apply/);
  });

  const mistakes: [string, RegExp][] = [
    ['--flaw nonsense', /Write one of: none, ambiguous, .*wrong-wwdr/],
    ['--provider microsoft', /Write one of: apple, google/],
    ['--form jks', /Write one of: pem, pem-encrypted, der, pkcs12, pkcs12-legacy/],
    ['--pass-type-identifier com.example', /Write "pass\." and a reverse-DNS name/],
    ['--team-identifier abc', /Write 10 upper-case letters and digits/],
    ['--issuer-id 0x1', /Write digits/],
    ['--valid-days 0', /Write whole days from 1 to 3650/],
    ['--namespace Shop', /Write at most 63 lower-case letters/],
    ['--name wallet', /add --provider apple or --provider google/],
    ['--provider google --flaw wrong-key', /cannot happen to a credential of google/],
    ['--form der --flaw wrong-passphrase', /only in pem-encrypted, pkcs12, pkcs12-legacy/],
    ['--root-file /nonexistent/root.pem', /--root-file: ENOENT/],
    ['--authority-directory /dev/null', /--authority-directory: /],
  ];
  for (const [line, message] of mistakes) {
    it(`ends with 64 and says what to write: ${line}`, () => {
      const { exitCode, stdout, stderr } = run(line);
      assert.equal(exitCode, 64);
      assert.equal(stdout, '');
      assert.match(stderr, message);
    });
  }
});
