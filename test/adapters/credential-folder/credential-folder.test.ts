import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { mock } from 'node:test';
import {
  type CredentialFolder,
  type CredentialFolderOptions,
  openCredentialFolder,
} from '../../../src/adapters/credential-folder/credential-folder.ts';
import { openCredentialFolders } from '../../../src/adapters/credential-folder/open-folders.ts';
import { fingerprintOf } from '../../../src/domain/credentials/checks/fingerprint.ts';
import type { Provider } from '../../../src/domain/credentials/wallet-credential.ts';
import { generateRsaKey } from '../../../src/example-credentials/key-pair.ts';
import { privateKeyPem } from '../../../src/example-credentials/private-key-encodings.ts';
import { without } from '../../../src/example-credentials/source-data.ts';
import { createLog, type Log } from '../../../src/log.ts';
import { createKeyMaterialSearch } from '../../support/key-material.ts';
import { createSources, issuerId, type Sources } from '../../support/sources.ts';
import {
  appleFiles,
  type Files,
  googleFiles,
  plainFolder,
  SecretVolume,
  temporaryDirectory,
  withMetadata,
  writeFiles,
} from './folders.ts';

interface Line {
  level: string;
  event: string;
  [field: string]: unknown;
}

/** A log whose lines are kept. */
function recordingLog(): { log: Log; lines: Line[]; text: () => string } {
  const lines: Line[] = [];
  const write = (line: string): void => void lines.push(JSON.parse(line) as Line);
  return { log: createLog({ level: 'info', format: 'json' }, { write }), lines, text: () => JSON.stringify(lines) };
}

const pollMilliseconds = 5_000;

describe('a credential folder', () => {
  let parent: string;
  let sources: Sources;
  let apple: Record<string, string>;
  let google: Record<string, string>;
  let recorded: ReturnType<typeof recordingLog>;

  before(() => {
    sources = createSources();
    apple = appleFiles(sources);
    google = googleFiles();
  });
  beforeEach(() => {
    parent = temporaryDirectory();
    recorded = recordingLog();
  });
  afterEach(() => rmSync(parent, { recursive: true }));

  function options(provider: Provider, directory: string): CredentialFolderOptions {
    return { provider, directory, log: recorded.log, appleRootsPem: sources.rootPem, pollMilliseconds: 0 };
  }

  function opened(
    provider: Provider,
    directory: string,
    more: Partial<CredentialFolderOptions> = {},
  ): CredentialFolder {
    const opening = openCredentialFolder({ ...options(provider, directory), ...more });
    assert.ok('folder' in opening, 'problems' in opening ? opening.problems.join('\n') : '');
    return opening.folder;
  }

  /** The problems without the setting and the directory. */
  function problemsOf(provider: Provider, directory: string): string[] {
    const opening = openCredentialFolder(options(provider, directory));
    if ('folder' in opening) return [];
    const setting = provider === 'google' ? 'GOOGLE_CREDENTIAL_DIR: ' : 'APPLE_CREDENTIAL_DIR: ';
    return opening.problems.map((problem) => {
      assert.ok(problem.startsWith(setting + directory), `${problem} names the setting and the path`);
      return problem.slice(setting.length + directory.length);
    });
  }

  describe('that is good', () => {
    it('gives what the controller made live: the same files and the same fingerprint', () => {
      for (const [provider, files] of [
        ['apple', apple],
        ['google', google],
      ] as const) {
        const volume = new SecretVolume(parent, withMetadata(files, { revision: 7, rotateBy: '2026-12-24T01:02:03Z' }));
        const credential = opened(provider, volume.directory).current();
        assert.deepEqual(credential.files.reveal(), files);
        assert.equal(credential.fingerprint, fingerprintOf(files));
        assert.deepEqual(credential.metadata, {
          revision: 7,
          fingerprint: fingerprintOf(files),
          keyFirstSeen: '2026-01-02T03:04:05Z',
          rotateBy: '2026-12-24T01:02:03Z',
        });
        assert.deepEqual(credential.warnings, []);
      }
    });

    it('says when it ends: the earliest end of its certificates; keys of Google have none', () => {
      const days = opened('apple', plainFolder(appleFiles(sources, { validDays: 10 }), parent)).current().expiresAt;
      const left = (Date.parse(days ?? '') - Date.now()) / 86_400_000;
      assert.ok(left > 9.9 && left <= 10, `${left} days`);
      assert.equal(opened('google', plainFolder(google, parent)).current().expiresAt, undefined);
    });

    it('shows no key material when it is printed, and logs none', () => {
      const search = createKeyMaterialSearch();
      search.addKey(apple['signer.key'] ?? '');
      const credential = opened('apple', plainFolder(apple, parent)).current();
      assert.equal(search.find(JSON.stringify(credential) + String(credential.files) + recorded.text()), undefined);
    });

    it('may be of files as people have them: CRLF, a BOM, PKCS#1, line ends behind the identifiers', () => {
      const key = generateRsaKey();
      const files = appleFiles(sources, { key });
      const asFound = {
        ...files,
        'signer.pem': `\ufeff${(files['signer.pem'] ?? '').replaceAll('\n', '\r\n')}`,
        'signer.key': privateKeyPem(key.privateKey, 'pkcs1'),
        'team-identifier': `${files['team-identifier']}\r\n`,
        'pass-type-identifier': `${files['pass-type-identifier']}\n`,
      };
      assert.deepEqual(opened('apple', plainFolder(asFound, parent)).current().files.reveal(), files);
      const lines = { ...google, 'issuer-id': `${google['issuer-id']}\n` };
      assert.equal(opened('google', plainFolder(lines, parent)).current().files.reveal()['issuer-id'], issuerId);
    });

    it('does without metadata.json, mounted or not', () => {
      assert.equal(opened('google', plainFolder(google, parent)).current().metadata, undefined);
      assert.equal(opened('google', new SecretVolume(parent, google).directory).current().metadata, undefined);
    });

    for (const mode of [0o400, 0o440, 0o444, 0o640, 0o644]) {
      it(`may have files of mode ${mode.toString(8)} where a Secret is mounted`, () => {
        const volume = new SecretVolume(parent, apple);
        volume.swap(apple, mode);
        assert.equal(opened('apple', volume.directory).current().fingerprint, fingerprintOf(apple));
      });
    }

    for (const mode of [0o600, 0o400, 0o700]) {
      it(`may be plain with keys of mode ${mode.toString(8)}, whatever the mode of the rest`, () => {
        const directory = plainFolder(apple, parent);
        for (const name of Object.keys(apple)) chmodSync(join(directory, name), 0o644);
        chmodSync(join(directory, 'signer.key'), mode);
        assert.equal(opened('apple', directory).current().fingerprint, fingerprintOf(apple));
      });
    }

    it('is used though it has expired or is not valid yet, and says so', () => {
      for (const flaw of ['expired', 'expired-wwdr', 'not-yet-valid'] as const) {
        assert.equal(opened('apple', plainFolder(appleFiles(sources, { flaw }), parent)).current().provider, 'apple');
      }
      const [expired] = recorded.lines;
      assert.equal(expired?.level, 'warn');
      assert.match(String(expired?.['msg']), /has expired at \d{4}-/);
    });

    it('warns of a WWDR certificate that no phone knows', () => {
      const files = appleFiles(sources, { flaw: 'unknown-root' });
      const { warnings } = opened('apple', plainFolder(files, parent)).current();
      assert.match(warnings.join(), /WWDR certificate G4 in wwdr\.pem does not chain to an Apple root/);
    });

    it('warns of a metadata.json about another credential, and takes nothing from it', () => {
      const directory = plainFolder(withMetadata(google, { revision: 9 }, 'ab'.repeat(32)), parent);
      const { metadata, fingerprint, warnings } = opened('google', directory).current();
      assert.deepEqual({ metadata, fingerprint }, { metadata: undefined, fingerprint: fingerprintOf(google) });
      assert.match(warnings.join(), /metadata\.json is about another credential .* remove it/);
    });
  });

  describe('that is not good', () => {
    const empty = { 'signer.pem': '', 'wwdr.pem': ' \n\t' };
    const cases: [what: string, provider: Provider, change: (files: Files) => Files, expected: RegExp[]][] = [
      [
        'has nothing',
        'apple',
        () => ({}),
        [
          /^\/signer\.pem is missing: it must hold the Pass Type ID certificate\.$/,
          /^\/signer\.key is missing: it must hold its private key/,
          /^\/wwdr\.pem is missing/,
          /^\/pass-type-identifier is missing/,
          /^\/team-identifier is missing/,
        ],
      ],
      ['has no issuer-id', 'google', (files) => without(files, 'issuer-id'), [/^\/issuer-id is missing: it must hold/]],
      [
        'has empty files',
        'apple',
        (files) => ({ ...files, ...empty }),
        [/^\/signer\.pem is empty/, /^\/wwdr\.pem is empty/],
      ],
      [
        'has a file that is too large',
        'google',
        (files) => ({ ...files, 'google-wallet-sa.json': Buffer.alloc(70_000, 0x20) }),
        [/^\/google-wallet-sa\.json has 70000 bytes; at most 65536 are read/],
      ],
      [
        'has a key of another certificate',
        'apple',
        (files) => ({ ...files, 'signer.key': privateKeyPem(generateRsaKey().privateKey) }),
        [
          /^: The private key in signer\.key does not belong to the certificate in signer\.pem: the key of "Pass Type ID/,
        ],
      ],
      [
        'has a certificate where the key belongs',
        'apple',
        (files) => ({ ...files, 'signer.key': files['signer.pem'] ?? '' }),
        [/^: signer\.key holds a certificate; expected the private key of the Pass Type ID certificate\./],
      ],
      [
        'has another pass type identifier',
        'apple',
        (files) => ({ ...files, 'pass-type-identifier': 'pass.com.example.other' }),
        [
          /is for pass type pass\.com\.example\.loyalty; pass-type-identifier says pass\.com\.example\.other\. .* correct pass-type-identifier\.$/,
        ],
      ],
      [
        'has another team identifier',
        'apple',
        (files) => ({ ...files, 'team-identifier': 'ZZZZZ99999' }),
        [/is of team ABCDE12345; team-identifier says ZZZZZ99999\./],
      ],
      [
        'has a key where an identifier belongs',
        'apple',
        (files) => ({ ...files, 'team-identifier': files['signer.key'] ?? '' }),
        [/^\/team-identifier holds something else than the team identifier, as in ABCDE12345\.$/],
      ],
      [
        'has an issuer id of letters, and a JSON with a mistake',
        'google',
        (files) => ({ ...files, 'issuer-id': 'BCR2DN4T', 'google-wallet-sa.json': '{"type": "service_account",' }),
        [/^\/issuer-id holds something else than/, /^: google-wallet-sa\.json holds JSON that is cut off \(line 1/],
      ],
      [
        'has an OAuth client in place of a service account',
        'google',
        (files) => ({ ...files, 'google-wallet-sa.json': '{"installed":{"client_id":"1"}}' }),
        [/^: google-wallet-sa\.json holds an OAuth client.*expected the JSON key file of a service account/],
      ],
      [
        'has a metadata.json that is not JSON',
        'google',
        (files) => ({ ...files, 'metadata.json': '{"revision": 1' }),
        [/^\/metadata\.json is not a JSON object: copy it from the live Secret, or remove it\.$/],
      ],
      [
        'has an empty metadata.json',
        'google',
        (files) => ({ ...files, 'metadata.json': '' }),
        [/^\/metadata\.json is empty/],
      ],
      [
        'has a metadata.json with other things in it',
        'google',
        (files) => ({ ...files, 'metadata.json': '{"revision":"1","keyFirstSeen":"yesterday","rotateBy":5}' }),
        [/^\/metadata\.json lacks, or has something else in, revision, fingerprint, keyFirstSeen, rotateBy: copy it/],
      ],
    ];
    for (const [what, provider, change, expected] of cases) {
      it(`tells that it ${what}`, () => {
        const files = change(provider === 'apple' ? apple : google);
        for (const directory of [plainFolder(files, parent), new SecretVolume(parent, files).directory]) {
          const problems = problemsOf(provider, directory);
          assert.equal(problems.length, expected.length, problems.join('\n'));
          for (const [index, pattern] of expected.entries()) assert.match(problems[index] ?? '', pattern);
        }
      });
    }

    it('tells that an encrypted key has no place there', () => {
      const { 'signer.key': key, passphrase, ...rest } = appleFiles(sources, { form: 'pem-encrypted' });
      const directory = plainFolder({ ...rest, 'signer.key': key ?? '', passphrase: passphrase ?? '' }, parent);
      const [problem] = problemsOf('apple', directory);
      assert.match(
        problem ?? '',
        /^: signer\.key holds an encrypted private key; .* Put it there without a passphrase\.$/,
      );
    });

    it('tells that a PKCS#12 file is to be taken apart', () => {
      const { 'signer.p12': file } = sources.apple({ form: 'pkcs12' });
      const [problem] = problemsOf('apple', plainFolder({ ...apple, 'signer.pem': file ?? '' }, parent));
      assert.match(problem ?? '', /^: signer\.pem holds a PKCS#12 file; .* Take it apart with openssl pkcs12/);
    });

    for (const mode of [0o640, 0o604, 0o644, 0o660, 0o620, 0o602, 0o666, 0o777]) {
      it(`tells that a plain folder has a key of mode ${mode.toString(8)}, and what to do`, () => {
        for (const [provider, files, name] of [
          ['apple', apple, 'signer.key'],
          ['google', google, 'google-wallet-sa.json'],
        ] as const) {
          const directory = plainFolder(files, parent);
          chmodSync(join(directory, name), mode);
          const path = join(directory, name);
          assert.deepEqual(problemsOf(provider, directory), [
            `/${name} holds a private key, and others than its owner may read or write it (mode ${mode.toString(8)}; 600 is wanted): run chmod 600 ${path}.`,
          ]);
        }
      });
    }

    it('tells of a folder that is not there, is a file, or points nowhere', () => {
      assert.match(problemsOf('google', join(parent, 'none')).join(), /^ does not exist: mount the live Secret there/);
      writeFileSync(join(parent, 'file'), '');
      assert.match(problemsOf('google', join(parent, 'file')).join(), /^ is not a folder/);
      const directory = plainFolder(google, parent);
      symlinkSync('..gone', join(directory, '..data'));
      assert.match(problemsOf('google', directory).join(), /^\/\.\.data cannot be followed \(ENOENT\)/);
    });

    it('tells of a directory, a dangling symlink and a loop in place of a file', () => {
      const directory = plainFolder({}, parent);
      mkdirSync(join(directory, 'signer.pem'));
      symlinkSync('nowhere', join(directory, 'signer.key'));
      symlinkSync('wwdr.pem', join(directory, 'wwdr.pem'));
      const problems = problemsOf('apple', directory);
      assert.match(
        problems[0] ?? '',
        /^\/signer\.pem is not a regular file; it must hold the Pass Type ID certificate/,
      );
      assert.match(problems[1] ?? '', /^\/signer\.key is missing/);
      assert.match(problems[2] ?? '', /^\/wwdr\.pem cannot be read \(ELOOP\)/);
    });

    it('tells of files that this user may not read, and of a folder that it may not enter', () => {
      const directory = plainFolder(google, parent);
      chmodSync(directory, 0o755);
      chmodSync(join(directory, 'google-wallet-sa.json'), 0o000);
      const closed = plainFolder(google, parent);
      const [inFile, inFolder] = asAnotherUser(() => {
        return [problemsOf('google', directory).join(), problemsOf('google', closed).join()] as const;
      });
      assert.match(
        inFile,
        /^\/google-wallet-sa\.json cannot be read \(EACCES: not readable by user \d+; in a pod set /,
      );
      assert.match(inFolder, /EACCES: not readable by user/);
    });

    it('is told for both wallets at once, and none stays open', () => {
      const directories = { google: plainFolder({}, parent), apple: join(parent, 'none') };
      const { folders, problems } = openCredentialFolders({ directories, log: recorded.log });
      assert.equal(folders, undefined);
      assert.equal(problems.length, 3);
      assert.deepEqual(
        problems.map((problem) => problem.split('_')[0]),
        ['GOOGLE', 'GOOGLE', 'APPLE'],
      );
    });

    it('is never told with key material', () => {
      const search = createKeyMaterialSearch();
      search.addKey(apple['signer.key'] ?? '');
      const key = apple['signer.key'] ?? '';
      const spoilt = Object.keys(apple).map((name) =>
        problemsOf('apple', plainFolder({ ...apple, [name]: key }, parent)),
      );
      const cut = problemsOf('apple', plainFolder({ ...apple, 'signer.key': key.slice(0, 900) }, parent));
      const inJson = problemsOf(
        'google',
        plainFolder({ ...google, 'google-wallet-sa.json': key, 'metadata.json': key }, parent),
      );
      assert.equal(search.find(JSON.stringify([spoilt, cut, inJson])), undefined);
    });
  });

  describe('that changes', () => {
    beforeEach(() => mock.timers.enable({ apis: ['setInterval'] }));
    afterEach(() => mock.timers.reset());
    const look = (): void => mock.timers.tick(pollMilliseconds);

    it('is read at the next look when the mounted Secret was swapped', () => {
      const volume = new SecretVolume(parent, withMetadata(apple));
      const folder = opened('apple', volume.directory, { pollMilliseconds });
      const before = folder.current();
      const other = appleFiles(sources);
      volume.swap(withMetadata(other, { revision: 2 }));
      assert.equal(folder.current(), before);
      look();
      assert.equal(folder.current().metadata?.revision, 2);
      assert.equal(folder.current().fingerprint, fingerprintOf(other));
      assert.deepEqual(before.files.reveal(), apple, 'what was taken before is as it was');
      assert.deepEqual(
        recorded.lines.map(({ event, revision }) => [event, revision]),
        [
          ['credential_folder.loaded', 1],
          ['credential_folder.loaded', 2],
        ],
      );
    });

    it('is read when only metadata.json is another', () => {
      const volume = new SecretVolume(parent, withMetadata(google));
      const folder = opened('google', volume.directory, { pollMilliseconds });
      volume.swap(withMetadata(google, { rotateBy: '2027-01-01T00:00:00Z' }));
      look();
      assert.equal(folder.current().metadata?.rotateBy, '2027-01-01T00:00:00Z');
    });

    it('keeps the credential when the new pair does not match, says so once, and recovers', () => {
      const volume = new SecretVolume(parent, withMetadata(apple));
      const folder = opened('apple', volume.directory, { pollMilliseconds });
      const good = folder.current();
      const other = appleFiles(sources, { key: generateRsaKey() });
      volume.swap(withMetadata({ ...other, 'signer.pem': apple['signer.pem'] ?? '' }));
      look();
      look();
      assert.equal(folder.current(), good);
      assert.match(
        folder.rejected()?.problems.join() ?? '',
        /signer\.key does not belong to the certificate in signer\.pem/,
      );
      const rejections = recorded.lines.filter(({ event }) => event === 'credential_folder.rejected');
      assert.deepEqual(
        rejections.map(({ level, fingerprint }) => [level, fingerprint]),
        [['error', good.fingerprint]],
      );
      volume.swap(withMetadata(other, { revision: 2 }));
      look();
      assert.equal(folder.rejected(), undefined);
      assert.equal(folder.current().metadata?.revision, 2);
    });

    it('keeps the credential when everything is gone, and takes what comes back', () => {
      const volume = new SecretVolume(parent, google);
      const folder = opened('google', volume.directory, { pollMilliseconds });
      const good = folder.current();
      rmSync(volume.directory, { recursive: true });
      look();
      look();
      assert.match(folder.rejected()?.problems.join() ?? '', /does not exist/);
      assert.equal(folder.current(), good);
      mkdirSync(volume.directory);
      writeFiles(volume.directory, google);
      look();
      look();
      assert.equal(folder.rejected(), undefined);
      assert.equal(folder.current().fingerprint, good.fingerprint);
    });

    it('is not read while files are copied into a plain folder one by one', () => {
      const directory = plainFolder(google, parent);
      const folder = opened('google', directory, { pollMilliseconds });
      const good = folder.current();
      const other = googleFiles();
      writeFiles(directory, { 'issuer-id': '42' });
      look();
      writeFiles(directory, { 'google-wallet-sa.json': other['google-wallet-sa.json'] ?? '' });
      look();
      assert.equal(folder.current(), good);
      look();
      assert.deepEqual(folder.current().files.reveal(), { ...other, 'issuer-id': '42' });
      assert.equal(folder.rejected(), undefined);
    });

    it('keeps the credential while a key in a plain folder may be read by others', () => {
      const directory = plainFolder(apple, parent);
      const folder = opened('apple', directory, { pollMilliseconds });
      chmodSync(join(directory, 'signer.key'), 0o644);
      look();
      look();
      assert.match(folder.rejected()?.problems.join() ?? '', /mode 644; 600 is wanted/);
      chmodSync(join(directory, 'signer.key'), 0o600);
      look();
      look();
      assert.equal(folder.rejected(), undefined);
    });

    it('is read at once on demand', () => {
      const directory = plainFolder(google, parent);
      const folder = opened('google', directory, { pollMilliseconds });
      const other = googleFiles();
      writeFiles(directory, other);
      assert.deepEqual(folder.refresh().files.reveal(), other);
      const same = folder.current();
      assert.equal(folder.refresh(), same, 'nothing has changed');
    });

    it('is not looked at any more when it is closed', () => {
      const volume = new SecretVolume(parent, google);
      const folder = opened('google', volume.directory, { pollMilliseconds });
      const good = folder.current();
      folder.close();
      volume.swap(googleFiles());
      look();
      assert.equal(folder.current(), good);
    });
  });
});

/** Runs it without root's rights: root may read everything. Others have no more than their own rights anyway. */
function asAnotherUser<T>(run: () => T): T {
  if (process.geteuid?.() !== 0) return run();
  process.seteuid?.(65_534);
  try {
    return run();
  } finally {
    process.seteuid?.(0);
  }
}
