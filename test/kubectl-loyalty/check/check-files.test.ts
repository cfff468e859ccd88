import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { type CheckThread, createCheckThread } from '../../../src/adapters/thread/check-thread.ts';
import { secretNotFoundMessage } from '../../../src/domain/credentials/checks/check-source.ts';
import { fileReasons } from '../../../src/kubectl-loyalty/check/check-result.ts';
import { fileLimit } from '../../../src/kubectl-loyalty/check/manifest-file.ts';
import { createGoogleSource } from '../../../src/example-credentials/google-source.ts';
import { toSecretData } from '../../../src/example-credentials/source-data.ts';
import { googleSpec } from '../../support/sources.ts';
import { check, createFiles, type Files, type Manifest } from './files.ts';

const data = createGoogleSource().data;
const reasonsSeen = new Set<string>();

function credential(name = 'google', spec: object = googleSpec(`${name}-source`), namespace?: string): Manifest {
  const metadata = { name, ...(namespace !== undefined && { namespace }) };
  return { apiVersion: 'loyalty.orion.dev/v1alpha1', kind: 'WalletCredential', metadata, spec };
}

function secret(name = 'google-source', namespace?: string, more: Manifest = {}): Manifest {
  const metadata = { name, ...(namespace !== undefined && { namespace }) };
  return { apiVersion: 'v1', kind: 'Secret', metadata, data: toSecretData(data), ...more };
}

describe('kubectl loyalty check, of files', () => {
  let files: Files;
  let checks: CheckThread;
  before(() => {
    checks = createCheckThread({ appleRootsPem: '' });
  });
  after(() => checks.close());
  beforeEach(() => {
    files = createFiles();
  });
  afterEach(() => files.remove());

  /** `NAME REASON` of each result. */
  async function verdicts(names: string[], options: Parameters<typeof check>[2] = {}): Promise<string[]> {
    const { results, unreadable } = await check(checks, names, options);
    assert.deepEqual(unreadable, []);
    for (const { reason } of results) reasonsSeen.add(reason);
    return results.map(({ name, reason }) => `${name} ${reason}`);
  }

  it('accepts a credential with its Secret, whatever the order and the files, and says what it will be', async () => {
    const [one, two] = [files.write('one.yaml', credential()), files.write('two.yml', secret())];
    const { results } = await check(checks, [one, two]);
    assert.match(results[0]?.fingerprint ?? '', /^[0-9a-f]{64}$/);
    assert.deepEqual(results, [
      {
        file: one,
        line: 1,
        kind: 'WalletCredential',
        namespace: null,
        name: 'google',
        provider: 'google',
        accepted: true,
        reason: 'Accepted',
        message: '',
        secretFile: two,
        expiresAt: null,
        fingerprint: results[0]?.fingerprint,
        warnings: [],
      },
    ]);
  });

  it('reads Lists, typed lists, JSON and standard input', async () => {
    const list = {
      apiVersion: 'v1',
      kind: 'List',
      items: [credential('a'), { kind: 'List', apiVersion: 'v1', items: [secret('a-source')] }],
    };
    const { apiVersion: _apiVersion, kind: _kind, ...bare } = secret('b-source');
    const secrets = { apiVersion: 'v1', kind: 'SecretList', items: [bare] };
    const stdin = (async function* () {
      yield JSON.stringify(credential('b'));
      yield `\n${JSON.stringify(secrets)}`;
    })();
    assert.deepEqual(await verdicts([files.write('list.yaml', list), '-'], { stdin }), ['a Accepted', 'b Accepted']);
  });

  it('looks into a folder for YAML and JSON, into those below with -R, and not at what is no manifest', async () => {
    files.write('a/a.yaml', [credential('a'), secret('a-source')]);
    files.write(
      'a/b/b.json',
      JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [credential('b'), secret('b-source')] }),
    );
    files.write('a/readme.md', 'kind: [');
    files.write('a/values.yaml', 'replicas: 3\n');
    files.write('a/templates/x.yaml', 'replicas: {{ .Values.x }}\n');
    const folder = join(files.directory, 'a');
    assert.deepEqual(await verdicts([folder]), ['a Accepted']);
    assert.deepEqual(await verdicts([folder], { recursive: true }), ['a Accepted', 'b Accepted']);
    const { ignored } = await check(checks, [folder], { recursive: true });
    assert.deepEqual(ignored, { secrets: 0, others: 2 });
  });

  it('reads a file once that is named twice', async () => {
    const file = files.write('a.yaml', [credential('a'), secret('a-source')]);
    assert.deepEqual(await verdicts([file, files.directory, join(files.directory, 'x', '..', 'a.yaml')]), [
      'a Accepted',
    ]);
  });

  it('follows a link to a file in a folder, and none to a folder: it may lead in circles', async () => {
    const folder = join(files.directory, 'linked');
    mkdirSync(folder);
    symlinkSync(files.write('a.yaml', [credential('a'), secret('a-source')]), join(folder, 'link.yaml'));
    symlinkSync(files.directory, join(folder, 'circle'));
    assert.deepEqual(await verdicts([folder], { recursive: true }), ['a Accepted']);
  });

  it('says which data key is missing as the controller does', async () => {
    const name = files.write('a.yaml', [credential(), secret('google-source', undefined, { data: { other: '' } })]);
    const { results } = await check(checks, [name]);
    assert.equal(results[0]?.reason, 'DataKeyMissing');
    assert.equal(results[0].accepted, false);
    assert.equal(results[0].expiresAt, null);
  });

  it('refuses what the API server would refuse, with its words, and no key', async () => {
    const bad = { ...googleSpec('google-source', { google: { issuerId: 338 } }), suspended: true };
    const { results } = await check(checks, [files.write('a.yaml', [credential('google', bad), secret()])]);
    assert.equal(results[0]?.reason, 'Invalid');
    assert.equal(
      results[0].message,
      'spec.suspended: unknown field\nspec.google.issuerId in body must be of type string: "integer"',
    );
    const text = 'not base64: MIIEvQIBADAN';
    const other = await check(checks, [
      files.write('b.yaml', [credential(), secret(undefined, undefined, { data: { key: text } })]),
    ]);
    assert.match(other.results[0]?.message ?? '', /^Secret google-source: data\[key\]: is not base64; encode it once/);
    assert.ok(!JSON.stringify(other).includes('MIIE'));
    const version = await check(checks, [
      files.write('c.yaml', [{ ...credential(), apiVersion: 'loyalty.orion.dev/v1' }, secret()]),
    ]);
    assert.match(
      version.results[0]?.message ?? '',
      /apiVersion is loyalty.orion.dev\/v1, .*write loyalty.orion.dev\/v1alpha1/,
    );
  });

  describe('where the Secret is not among the files', () => {
    it('does not check, and says so; with --require-secrets it is what the controller says of it', async () => {
      const name = files.write('a.yaml', credential());
      assert.deepEqual(await verdicts([name]), ['google SecretNotInFiles']);
      const { results } = await check(checks, [name], { requireSecrets: true });
      const { accepted, reason, message } = results[0] ?? {};
      assert.deepEqual(
        { accepted, reason, message },
        {
          accepted: false,
          reason: 'SecretNotFound',
          message: secretNotFoundMessage('google-source'),
        },
      );
    });

    const makers: [string, Manifest][] = [
      ['ExternalSecret', { apiVersion: 'external-secrets.io/v1', spec: { target: { name: 'google-source' } } }],
      ['SealedSecret', { apiVersion: 'bitnami.com/v1alpha1', metadata: { name: 'google-source' }, spec: {} }],
      [
        'VaultStaticSecret',
        { apiVersion: 'secrets.hashicorp.com/v1beta1', spec: { destination: { name: 'google-source' } } },
      ],
    ];
    for (const [kind, fields] of makers) {
      it(`names the ${kind} that makes it`, async () => {
        const maker = { metadata: { name: 'maker' }, ...fields, kind };
        const { results } = await check(checks, [files.write('a.yaml', [credential(), maker])]);
        assert.equal(results[0]?.reason, 'SecretNotInFiles');
        assert.match(
          results[0].message,
          new RegExp(`made in the cluster, by ${kind} (maker|google-source) in .*a.yaml`),
        );
      });
    }

    it('names the one of another namespace', async () => {
      const name = files.write('a.yaml', [credential('google', undefined, 'shop'), secret('google-source', 'other')]);
      const { results } = await check(checks, [name]);
      assert.match(results[0]?.message ?? '', /has another namespace \(other\) than the WalletCredential \(shop\)/);
    });

    it('is not taken in by a ConfigMap or a kind of somebody else', async () => {
      const others = [
        { ...secret(), kind: 'ConfigMap' },
        { ...secret(), apiVersion: 'example.com/v1' },
        { ...credential(), apiVersion: 'example.com/v1' },
      ];
      assert.deepEqual(await verdicts([files.write('a.yaml', [credential(), ...others])]), ['google SecretNotInFiles']);
    });
  });

  it('takes a namespace that is not written for the one of -n', async () => {
    const name = files.write('a.yaml', [credential('google', undefined, 'shop'), secret()]);
    assert.deepEqual(await verdicts([name]), ['google SecretNotInFiles']);
    assert.deepEqual(await verdicts([name], { namespace: 'shop' }), ['google Accepted']);
  });

  it('tells credentials of one name in two namespaces apart', async () => {
    const documents = ['shop', 'bank'].flatMap((each) => [
      credential('google', undefined, each),
      secret(undefined, each),
    ]);
    assert.deepEqual(await verdicts([files.write('a.yaml', documents)]), ['google Accepted', 'google Accepted']);
  });

  it('does not choose between two Secrets of one name, and names both', async () => {
    const names = [files.write('a.yaml', [credential(), secret()]), files.write('b.yaml', ['# overlay\n', secret()])];
    const { results } = await check(checks, names);
    assert.equal(results[0]?.accepted, false);
    assert.equal(results[0].reason, 'AmbiguousSecret');
    assert.ok(results[0].message.includes(`${names[1]}:3`), results[0].message);
    reasonsSeen.add(results[0].reason);
  });

  describe('of what SOPS has encrypted', () => {
    const sops = { mac: 'ENC[AES256_GCM,data:x]' };

    it('says so and does not check; with --require-secrets it fails', async () => {
      const name = files.write('a.yaml', [credential(), secret(undefined, undefined, { sops })]);
      assert.deepEqual(await verdicts([name]), ['google Encrypted']);
      const { results } = await check(checks, [name], { requireSecrets: true });
      assert.deepEqual([results[0]?.accepted, results[0]?.reason], [false, 'Encrypted']);
      assert.match(results[0]?.message ?? '', /encrypted by SOPS.*sops -d/);
    });

    it('takes the decrypted one that is given beside it', async () => {
      const names = [
        files.write('a.yaml', [credential(), secret(undefined, undefined, { sops })]),
        files.write('b.yaml', secret()),
      ];
      assert.deepEqual(await verdicts(names), ['google Accepted']);
    });

    it('knows an encrypted WalletCredential', async () => {
      assert.deepEqual(await verdicts([files.write('a.yaml', { ...credential(), sops })]), ['google Encrypted']);
    });
  });

  it('names Secrets that obviously hold a credential and that no WalletCredential names, and counts the others', async () => {
    const stranger = { ...secret('database'), data: { password: 'eA==' } };
    const labels = { 'loyalty.orion.dev/credential': 'google', 'loyalty.orion.dev/role': 'live' };
    const live = { ...secret('google-live'), metadata: { name: 'google-live', labels } };
    const name = files.write('a.yaml', [secret('forgotten'), stranger, live]);
    assert.deepEqual(await verdicts([name]), ['forgotten NoWalletCredential', 'google-live NoWalletCredential']);
    const { results, ignored } = await check(checks, [name]);
    assert.deepEqual(ignored, { secrets: 1, others: 0 });
    assert.equal(results[0]?.provider, 'google');
    assert.match(results[1]?.message ?? '', /The controller made this Secret/);
  });

  describe('that cannot be read', () => {
    const cases: [string, (write: Files['write']) => string, RegExp][] = [
      ['one that is not there', () => 'no-such-file.yaml', /does not exist/],
      ['an address', () => 'https://example.com/a.yaml', /curl/],
      ['binary data', (write) => write('a.yaml', 'a\0b'), /binary/],
      ['text that is not UTF-8', (write) => latin1(write('a.yaml', 'x')), /UTF-8/],
      ['UTF-16', (write) => utf16(write('a.yaml', 'x')), /UTF-16/],
      ['one of git-crypt', (write) => write('a.yaml', '\0GITCRYPT\0xyz'), /git-crypt unlock/],
      ['one of Ansible Vault', (write) => write('a.yaml', '$ANSIBLE_VAULT;1.1;AES256\n33'), /ansible-vault view/],
      ['one of age', (write) => write('a.yaml', 'age-encryption.org/v1\n-> X'), /age -d/],
      ['a mistake in the YAML', (write) => write('a.yaml', 'a: [\n'), /^cannot be parsed/],
    ];
    for (const [what, make, message] of cases) {
      it(`names the file and goes on: ${what}`, async () => {
        const bad = make((path, content) => files.write(path, content));
        const { results, unreadable } = await check(checks, [bad, files.write('good.yaml', [credential(), secret()])]);
        assert.equal(results[0]?.accepted, true);
        assert.equal(unreadable[0]?.file, bad);
        assert.match(unreadable[0].message, message);
      });
    }

    it('names an empty folder', async () => {
      files.write('a/b/c.yaml', secret());
      const { unreadable } = await check(checks, [join(files.directory, 'a')]);
      assert.match(unreadable[0]?.message ?? '', /no file that ends in .yaml, .yml, .json; -R looks/);
    });

    it('stops reading at the limit', async () => {
      let chunks = 0;
      const endless = (async function* () {
        for (;;) yield ((chunks += 1), '# a comment without end\n'.repeat(50_000));
      })();
      const { unreadable } = await check(checks, ['-'], { stdin: endless });
      assert.match(unreadable[0]?.message ?? '', /larger than 32 MiB/);
      assert.ok(chunks <= fileLimit / 1_200_000 + 2);
    });
  });

  // Last: mocha runs what stands above before it.
  describe('in all', () => {
    it('has shown every reason of its own', () => {
      reasonsSeen.add('Invalid');
      const unseen = Object.keys(fileReasons).filter((reason) => !reasonsSeen.has(reason));
      assert.deepEqual(unseen, []);
    });

    it('survives whatever happens to a file, and never shows the key in it', async () => {
      const whole = [credential(), secret()].map((each) => stringify(each)).join('---\n');
      const key = String(secret()['data'] && Object.values(secret()['data'] as Record<string, string>)[0]);
      const cut = fc.record({
        from: fc.nat(whole.length),
        length: fc.nat(40),
        into: fc.string({ unit: 'binary', maxLength: 8 }),
      });
      const change = async (cuts: { from: number; length: number; into: string }[]): Promise<void> => {
        const text = cuts.reduce(
          (now, { from, length, into }) => now.slice(0, from) + into + now.slice(from + length),
          whole,
        );
        const report = JSON.stringify(await check(checks, [files.write('fuzzed.yaml', text)]));
        for (let at = 0; at + 24 < key.length; at += 8) assert.ok(!report.includes(key.slice(at, at + 24)), report);
      };
      await fc.assert(fc.asyncProperty(fc.array(cut, { minLength: 1, maxLength: 4 }), change), { numRuns: 500 });
    });
  });
});

function latin1(file: string): string {
  writeFileSync(file, Buffer.from('a: \u00e4', 'latin1'));
  return file;
}

function utf16(file: string): string {
  writeFileSync(file, Buffer.from('\ufeffa: b', 'utf16le'));
  return file;
}
