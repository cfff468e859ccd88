import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { fingerprintOf } from '../../src/domain/credentials/checks/fingerprint.ts';
import { generateRsaKey } from '../../src/example-credentials/key-pair.ts';
import { privateKeyPem } from '../../src/example-credentials/private-key-encodings.ts';
import { toBytes } from '../../src/example-credentials/source-data.ts';
import {
  appleFiles,
  type Files,
  googleFiles,
  plainFolder,
  SecretVolume,
  temporaryDirectory,
  withMetadata,
} from '../adapters/credential-folder/folders.ts';
import { newApiKey, type RunningApi, startApi, startApiProcess } from '../support/api-process.ts';
import { createKeyMaterialSearch } from '../support/key-material.ts';
import { createSources } from '../support/sources.ts';
import { eventually } from '../support/wait.ts';

type Environment = Record<string, string>;

interface BrokenStart {
  /** What is changed of an environment with which the API would start; '' unsets. */
  set: Environment;
  /** The problems, in the order in which they are told, each a pattern for its line. */
  told: RegExp[];
}

interface PlatformStatus {
  fingerprint: string;
  revision: number | null;
  days_left: number | null;
  rejected: object | null;
  warnings: string[];
}

interface WalletStatus {
  replica: string;
  google_configured: boolean;
  apple_configured: boolean;
  google: PlatformStatus;
  apple: PlatformStatus;
}

interface Ended {
  exitCode: number | string;
  text: string;
}

const password = `pw-${randomBytes(12).toString('hex')}`;
const adminKey = newApiKey();
const sources = createSources();
const apple = appleFiles(sources);
const google = googleFiles();
const otherKey = privateKeyPem(generateRsaKey().privateKey);
const parent = temporaryDirectory();

function file(name: string, content: string | Buffer, mode = 0o600): string {
  const path = join(parent, name);
  writeFileSync(path, content, { mode });
  return path;
}

function folder(files: Files, change: (directory: string) => void = () => {}): string {
  const directory = plainFolder(files, parent);
  change(directory);
  return directory;
}

function inJson(change: (json: Record<string, unknown>) => void): string {
  const json = JSON.parse(google['google-wallet-sa.json'] ?? '') as Record<string, unknown>;
  change(json);
  return JSON.stringify(json);
}

/** With this the API would start, were there a database. */
const good: Environment = {
  DATABASE_URL: `postgres://loyalty:${password}@127.0.0.1:1/loyalty`,
  BOOTSTRAP_ADMIN_KEY_FILE: file('admin-key', adminKey),
  PASS_TOKEN_KEY_FILE: file('pass-token-key', randomBytes(32)),
  PUBLIC_URL: 'https://loyalty.example.com',
  APPLE_ROOTS_FILE: file('roots.pem', sources.rootPem),
  GOOGLE_CREDENTIAL_DIR: folder(google),
  APPLE_CREDENTIAL_DIR: new SecretVolume(parent, withMetadata(apple)).directory,
};

const googleDirectory = (change: Files, more?: (directory: string) => void): Environment => ({
  GOOGLE_CREDENTIAL_DIR: folder({ ...google, ...change }, more),
});
const appleDirectory = (change: Files, more?: (directory: string) => void): Environment => ({
  APPLE_CREDENTIAL_DIR: folder({ ...apple, ...change }, more),
});
const remove =
  (name: string) =>
  (directory: string): void =>
    rmSync(join(directory, name));
const mode =
  (name: string, bits: number) =>
  (directory: string): void =>
    chmodSync(join(directory, name), bits);

const starts: Record<string, BrokenStart> = {
  'no database, nor any sensible number, word or URL': {
    set: {
      LOG_LEVEL: 'loud',
      LOG_FORMAT: 'xml',
      DATABASE_URL: '',
      DATABASE_POOL_SIZE: '0',
      PORT: 'http',
      METRICS_PORT: '70000',
      PUBLIC_URL: 'loyalty.example.com',
      RATE_LIMIT_PER_MINUTE: 'many',
      CORS_ALLOWED_ORIGINS: '*',
    },
    told: [
      /^LOG_LEVEL is "loud": it must be trace, debug/,
      /^LOG_FORMAT is "xml": it must be json or pretty\.$/,
      /^DATABASE_URL is not set\. PostgreSQL 15 or newer: postgres:/,
      /^DATABASE_POOL_SIZE is "0": it must be an integer from 1/,
      /^PORT is "http": it must be a port number from 0 to 65535\.$/,
      /^METRICS_PORT is "70000": it must be a port number/,
      /^PUBLIC_URL is "loyalty\.example\.com": it must be a URL that starts with https:/,
      /^RATE_LIMIT_PER_MINUTE is "many": it must be an integer/,
      /^CORS_ALLOWED_ORIGINS is "\*": it must be origins separated/,
    ],
  },
  'one setting alone': {
    set: { PORT: 'http' },
    told: [/^PORT is "http": it must be a port number from 0 to 65535\.$/],
  },
  'a database of another kind, and a first admin key that anyone could guess': {
    set: {
      DATABASE_URL: `mysql://loyalty:${password}@db/loyalty`,
      BOOTSTRAP_ADMIN_KEY_FILE: file('weak-key', 'olk_correcthorsebatterystaple'),
    },
    told: [
      /^DATABASE_URL is a value that is not shown: it must be a URL such as postgres:/,
      /^BOOTSTRAP_ADMIN_KEY \(.*weak-key of BOOTSTRAP_ADMIN_KEY_FILE\) is a value that is not shown: it must be olk_/,
    ],
  },
  'files with settings that are not there': {
    set: {
      DATABASE_URL: '',
      DATABASE_URL_FILE: join(parent, 'none'),
      BOOTSTRAP_ADMIN_KEY_FILE: join(parent, 'none'),
      PASS_TOKEN_KEY_FILE: join(parent, 'none'),
      APPLE_ROOTS_FILE: join(parent, 'none'),
    },
    told: [
      /^DATABASE_URL_FILE: cannot read .*none: ENOENT/,
      /^BOOTSTRAP_ADMIN_KEY_FILE: cannot read .*none: ENOENT/,
      /^PASS_TOKEN_KEY_FILE is ".*none": it must name a file that can be read: ENOENT/,
      /^APPLE_ROOTS_FILE: .*none cannot be read \(ENOENT\)/,
    ],
  },
  'files with settings that hold something else': {
    set: {
      DATABASE_URL_FILE: file('database-url', `postgres://loyalty:${password}@db/loyalty`),
      BOOTSTRAP_ADMIN_KEY_FILE: parent,
      PASS_TOKEN_KEY_FILE: file('short', 'short'),
      APPLE_ROOTS_FILE: file('roots.txt', 'roots'),
    },
    told: [
      /^DATABASE_URL and DATABASE_URL_FILE are both set: unset one of them\.$/,
      /^BOOTSTRAP_ADMIN_KEY_FILE: cannot read .*: EISDIR/,
      /^PASS_TOKEN_KEY_FILE is ".*short": it must name a file of at least 32 random bytes .*, but it has 5\.$/,
      /^APPLE_ROOTS_FILE: .*roots\.txt holds no PEM; expected/,
    ],
  },
  'a credential folder that is not there, and a file in place of one': {
    set: { GOOGLE_CREDENTIAL_DIR: join(parent, 'none'), APPLE_CREDENTIAL_DIR: file('signer.p12', 'x') },
    told: [
      /^GOOGLE_CREDENTIAL_DIR: .*\/none does not exist: mount the live Secret there/,
      /^APPLE_CREDENTIAL_DIR: .*\/signer\.p12 is not a folder/,
    ],
  },
  'an empty credential folder, and a missing file': {
    set: { GOOGLE_CREDENTIAL_DIR: folder({}), ...appleDirectory({}, remove('wwdr.pem')) },
    told: [
      /^GOOGLE_CREDENTIAL_DIR: .*\/google-wallet-sa\.json is missing/,
      /^GOOGLE_CREDENTIAL_DIR: .*\/issuer-id is missing/,
      /^APPLE_CREDENTIAL_DIR: .*\/wwdr\.pem is missing: it must hold the Apple WWDR certificate/,
    ],
  },
  'a directory in place of a key, and a key that points nowhere': {
    set: {
      ...googleDirectory({}, (directory) => {
        rmSync(join(directory, 'google-wallet-sa.json'));
        mkdirSync(join(directory, 'google-wallet-sa.json'));
      }),
      ...appleDirectory({}, (directory) => {
        rmSync(join(directory, 'signer.key'));
        symlinkSync('/nowhere/signer.key', join(directory, 'signer.key'));
      }),
    },
    told: [
      /^GOOGLE_CREDENTIAL_DIR: .*\/google-wallet-sa\.json is not a regular file/,
      /^APPLE_CREDENTIAL_DIR: .*\/signer\.key is missing/,
    ],
  },
  'a key that everybody may read, and one that the group may write': {
    set: {
      ...googleDirectory({}, mode('google-wallet-sa.json', 0o644)),
      ...appleDirectory({}, mode('signer.key', 0o620)),
    },
    told: [
      /^GOOGLE_CREDENTIAL_DIR: .*\(mode 644; 600 is wanted\): run chmod 600 \/.*google-wallet-sa\.json\.$/,
      /^APPLE_CREDENTIAL_DIR: .*\(mode 620; 600 is wanted\): run chmod 600 \/.*signer\.key\.$/,
    ],
  },
  'an empty key, and a key of another certificate': {
    set: { ...googleDirectory({ 'google-wallet-sa.json': '' }), ...appleDirectory({ 'signer.key': otherKey }) },
    told: [
      /^GOOGLE_CREDENTIAL_DIR: .*\/google-wallet-sa\.json is empty/,
      /^APPLE_CREDENTIAL_DIR: \/.*: The private key in signer\.key does not belong to the certificate in signer\.pem/,
    ],
  },
  'a service account that is cut off, and another team': {
    set: {
      ...googleDirectory({ 'google-wallet-sa.json': (google['google-wallet-sa.json'] ?? '').slice(0, 1_000) }),
      ...appleDirectory({ 'team-identifier': 'ZZZZZ99999' }),
    },
    told: [
      /^GOOGLE_CREDENTIAL_DIR: \/.*: google-wallet-sa\.json holds JSON that is cut off/,
      /^APPLE_CREDENTIAL_DIR: \/.*is of team ABCDE12345; team-identifier says ZZZZZ99999/,
    ],
  },
  'a service account without its e-mail, and a WWDR of another generation': {
    set: {
      ...googleDirectory({ 'google-wallet-sa.json': inJson((json) => Reflect.deleteProperty(json, 'client_email')) }),
      ...appleDirectory({ 'wwdr.pem': toBytes(sources.apple({ flaw: 'wrong-wwdr' })['wwdr.pem']) }),
    },
    told: [
      /^GOOGLE_CREDENTIAL_DIR: \/.*: google-wallet-sa\.json lacks client_email/,
      /^APPLE_CREDENTIAL_DIR: \/.*: The WWDR certificate in wwdr\.pem did not issue the signer: .* the folder holds G\d/,
    ],
  },
  'a token address and an issuer id that are not of Google, and a mounted Secret whose key does not fit': {
    set: {
      ...googleDirectory({
        'google-wallet-sa.json': inJson((json) => (json['token_uri'] = 'https://example.com/token')),
        'issuer-id': 'my-issuer',
      }),
      APPLE_CREDENTIAL_DIR: new SecretVolume(parent, { ...apple, 'signer.key': otherKey }).directory,
    },
    told: [
      /^GOOGLE_CREDENTIAL_DIR: .*\/issuer-id holds something else than the issuer id/,
      /^GOOGLE_CREDENTIAL_DIR: \/.*: token_uri of google-wallet-sa\.json is not an address of Google/,
      /^APPLE_CREDENTIAL_DIR: \/.*: The private key in signer\.key does not belong to the certificate in signer\.pem/,
    ],
  },
  'a metadata.json that is not JSON, beside a good wallet': {
    set: googleDirectory({ 'metadata.json': 'revision: 1' }),
    told: [/^GOOGLE_CREDENTIAL_DIR: .*\/metadata\.json is not a JSON object/],
  },
  'settings, files and credentials at once': {
    set: {
      DATABASE_URL: '',
      PORT: 'http',
      BOOTSTRAP_ADMIN_KEY_FILE: join(parent, 'none'),
      PASS_TOKEN_KEY_FILE: join(parent, 'none'),
      APPLE_ROOTS_FILE: join(parent, 'none'),
      ...googleDirectory({ 'issuer-id': '' }, mode('google-wallet-sa.json', 0o644)),
      ...appleDirectory({ 'signer.key': otherKey }),
    },
    told: [
      /^DATABASE_URL is not set/,
      /^PORT is "http"/,
      /^BOOTSTRAP_ADMIN_KEY_FILE: cannot read/,
      /^PASS_TOKEN_KEY_FILE is /,
      /^APPLE_ROOTS_FILE: /,
      /^GOOGLE_CREDENTIAL_DIR: .*\/google-wallet-sa\.json .*mode 644/,
      /^GOOGLE_CREDENTIAL_DIR: .*\/issuer-id is empty/,
      /^APPLE_CREDENTIAL_DIR: \/.*: The private key in signer\.key does not belong/,
    ],
  },
};

async function start(set: Environment): Promise<Ended> {
  const environment = Object.entries({ ...good, ...set }).filter(([, value]) => value !== '');
  const child = startApiProcess(Object.fromEntries(environment));
  return { exitCode: await child.exited, text: child.text() };
}

/** Three at a time: each is a process that loads for a while. */
async function startAll(): Promise<Map<string, Ended>> {
  const waiting = Object.entries(starts);
  const ended = new Map<string, Ended>();
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next; next = waiting.shift()) ended.set(next[0], await start(next[1].set));
  };
  await Promise.all([work(), work(), work()]);
  return ended;
}

describe('bin/loyalty api with a broken configuration', () => {
  let ended: Map<string, Ended>;
  const search = createKeyMaterialSearch();

  before(async () => {
    search.addKey(apple['signer.key'] ?? '');
    search.addKey(otherKey);
    search.addKey((JSON.parse(google['google-wallet-sa.json'] ?? '') as { private_key: string }).private_key);
    for (const text of [password, adminKey, 'olk_correcthorsebatterystaple']) search.addText(text);
    ended = await startAll();
  });
  after(() => rmSync(parent, { recursive: true }));

  for (const [what, { told }] of Object.entries(starts)) {
    it(`ends with 78 for ${what}, in one message without a secret`, () => {
      const { exitCode, text } = ended.get(what) ?? { exitCode: 'not run', text: '' };
      assert.equal(exitCode, 78, text);
      const [heading, ...lines] = text.trimEnd().split('\n');
      const count = told.length === 1 ? 'a problem' : `${told.length} problems`;
      assert.equal(heading, `The configuration has ${count}:`, text);
      assert.equal(lines.length, told.length, text);
      for (const [index, pattern] of told.entries()) assert.match((lines[index] ?? '').replace(/^ {2}- /, ''), pattern);
      assert.equal(search.find(text), undefined);
    });
  }
});

describe('bin/loyalty api with credentials', () => {
  const folders = temporaryDirectory();
  const expired = plainFolder(appleFiles(sources, { flaw: 'expired' }), folders);
  const volume = new SecretVolume(folders, google);
  let api: RunningApi;

  before(async () => {
    api = await startApi({
      environment: {
        APPLE_CREDENTIAL_DIR: expired,
        GOOGLE_CREDENTIAL_DIR: volume.directory,
      },
    });
  });
  after(async () => {
    await api.end();
    rmSync(folders, { recursive: true });
  });

  async function walletStatus(): Promise<WalletStatus> {
    const { status, body } = await api.call('GET', '/api/v1/admin/loyalty/wallet-status', { key: api.adminKey });
    assert.equal(status, 200);
    return body as WalletStatus;
  }

  async function storeKey(): Promise<string> {
    const admin = async (path: string, body: object): Promise<Record<string, string>> =>
      (await api.call('POST', `/api/v1/admin/loyalty/${path}`, { key: api.adminKey, body })).body as Record<
        string,
        string
      >;
    const { id } = await admin('merchants', { name: 'Vogel', timezone: 'UTC' });
    const { key } = await admin('api-keys', { name: 'till', scope: 'store', merchant_id: id });
    return String(key);
  }

  it('starts though one has expired and the other has no metadata.json, and shows both', async () => {
    const { apple_configured, google_configured, ...shown } = await walletStatus();
    assert.deepEqual([apple_configured, google_configured, shown.replica], [true, true, hostname()]);
    assert.ok(shown.apple.days_left !== null && shown.apple.days_left < 0);
    assert.equal(shown.google.revision, null);
  });

  it('starts without what Apple passes need, and says what is missing: in the log, the status, and to who asks for one', async () => {
    const missing = [
      /^PUBLIC_URL is not set, but APPLE_CREDENTIAL_DIR is: passes .* under which URL iPhones register/,
      /^PASS_TOKEN_KEY_FILE is not set, but APPLE_CREDENTIAL_DIR is: .*at least 32 random bytes/,
    ];
    const { apple } = await walletStatus();
    const { reasons } = await api.whenLogged('api.apple_passes_off');
    for (const said of [apple.warnings.slice(-2), reasons as string[]]) {
      assert.equal(said.length, missing.length);
      for (const [index, pattern] of missing.entries()) assert.match(said[index] ?? '', pattern);
    }
    const key = await storeKey();
    const path = `/api/v1/store/loyalty/cards/${randomUUID()}/wallet/apple`;
    const { status, body } = await api.call('GET', path, { key });
    assert.equal(status, 409);
    assert.match((body as { detail: string }).detail, /PUBLIC_URL is not set.*PASS_TOKEN_KEY_FILE is not set/);
  });

  it('uses a new one without a restart and without a failed request, and keeps it when the next is wrong', async () => {
    const fresh = googleFiles();
    volume.swap(withMetadata(fresh, { revision: 2 }));
    const seen = await eventually(
      async () => {
        const { google: shown } = await walletStatus();
        return shown.revision === 2 && shown;
      },
      { describe: 'revision 2', deadlineSeconds: 60, intervalMilliseconds: 100 },
    );
    assert.deepEqual([seen.fingerprint, seen.rejected], [fingerprintOf(fresh), null]);
    volume.swap({ ...fresh, 'google-wallet-sa.json': '{' });
    const kept = await eventually(
      async () => {
        const { google: shown } = await walletStatus();
        return shown.rejected !== null && shown;
      },
      { describe: 'the rejection', deadlineSeconds: 60, intervalMilliseconds: 100 },
    );
    assert.deepEqual([kept.fingerprint, kept.revision], [fingerprintOf(fresh), 2]);
    assert.equal((await api.whenLogged('credential_folder.rejected')).level, 'error');
  });
});
