import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { Redacted } from './domain/redacted.ts';
import { ConfigurationError, exitCodes, messageOf } from './errors.ts';

/** Where the value of a setting came from. */
export type Origin = 'default' | 'environment' | 'flag' | `file ${string}`;

interface Setting<T> {
  schema: z.ZodType<T, string>;
  /** As one would write it in the environment; undefined: the setting is optional and absent by default. */
  default?: string;
  description: string;
  secret?: boolean;
  /** It has no default, and its absence is a problem. */
  required?: true;
  /** The flag of the command line that says the same, and wins. What is wrong with it is an error of usage, in the environment too. */
  flag?: string;
}

function setting<T>(schema: z.ZodType<T, string>, description: string, fallback?: string): Setting<T> {
  return fallback === undefined ? { schema, description } : { schema, description, default: fallback };
}

const text = z.string().min(1, 'must not be empty');
const port = z
  .string()
  .regex(/^\d{1,5}$/, 'must be a port number from 0 to 65535')
  .transform(Number)
  .refine((value) => value <= 65_535, 'must be a port number from 0 to 65535');
const boolean = z.enum(['true', 'false'], 'must be true or false').transform((value) => value === 'true');
const url = z.string().refine(isHttpUrl, 'must be a URL that starts with https:// or http://');
const dnsLabel = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const namespaceName = z
  .string()
  .regex(dnsLabel, 'must be a namespace name: lower-case letters, digits and -, at most 63');
const namespaceList = z
  .string()
  .transform((value) => value.split(',').map((name) => name.trim()))
  .refine((names) => names.every((name) => dnsLabel.test(name)), 'must be namespace names separated by commas')
  .transform((names) => [...new Set(names)]);
const objectName = z
  .string()
  .regex(/^[a-z0-9]([-.a-z0-9]{0,251}[a-z0-9])?$/, 'must be an object name: lower-case letters, digits, - and .');

function isHttpUrl(value: string): boolean {
  return URL.canParse(value) && /^https?:$/.test(new URL(value).protocol);
}
/** An API key: 32 random bytes in base64url behind a mark that secret scanners can look for. */
const apiKeyForm = /^olk_[\w-]{43}$/;
const apiKeyRule =
  'must be olk_ and the base64url form of 32 random bytes (43 characters), as this makes it: ' +
  'echo "olk_$(head -c 32 /dev/urandom | base64 | tr +/ -_ | tr -d =)"';
const databaseUrl = z
  .string()
  .refine(
    (value) => URL.canParse(value) && /^postgres(ql)?:$/.test(new URL(value).protocol),
    'must be a URL such as postgres://user:password@host:5432/database (percent-encode what is special in the password)',
  );

const count = (minimum: number, maximum: number): z.ZodType<number, string> =>
  z
    .string()
    .regex(/^\d{1,9}$/, `must be an integer from ${minimum} to ${maximum}`)
    .transform(Number)
    .refine((value) => value >= minimum && value <= maximum, `must be an integer from ${minimum} to ${maximum}`);
const origins = z
  .string()
  .transform((value) => value.split(',').map((origin) => origin.trim()))
  .refine(
    (list) => list.every((origin) => isHttpUrl(origin) && new URL(origin).origin === origin),
    'must be origins separated by commas, such as https://shop.example.com (no path, no *)',
  );

/** A file of random bytes, at least 32 of them. */
const keyFile = z.string().transform((path, context): Redacted<Buffer> => {
  try {
    const bytes = readFileSync(path);
    if (bytes.length >= 32) return new Redacted(bytes);
    context.addIssue(
      `must name a file of at least 32 random bytes (head -c 32 /dev/urandom), but it has ${bytes.length}`,
    );
  } catch (error) {
    context.addIssue(`must name a file that can be read: ${messageOf(error)}`);
  }
  return z.NEVER;
});

const common = {
  LOG_LEVEL: setting(
    z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal'], 'must be trace, debug, info, warn, error or fatal'),
    'The least level that is logged.',
    'info',
  ),
  LOG_FORMAT: setting(
    z.enum(['json', 'pretty'], 'must be json or pretty'),
    'json, or pretty for people.',
    process.stderr.isTTY ? 'pretty' : 'json',
  ),
  KUBECONFIG: setting<string | undefined>(
    text,
    'Path of a kubeconfig; absent: the service account of the pod, else ~/.kube/config.',
  ),
};

const providers = {
  GOOGLE_WALLET_URL: setting(url, 'Base URL of the Google Wallet API.', 'https://walletobjects.googleapis.com'),
  GOOGLE_TOKEN_URL: setting(
    url,
    'Where Google service accounts get their tokens.',
    'https://oauth2.googleapis.com/token',
  ),
  GOOGLE_CERTS_URL: setting(
    url,
    'Where the public certificates of service-account keys are; the client e-mail is appended.',
    'https://www.googleapis.com/service_accounts/v1/metadata/x509',
  ),
  GOOGLE_CALLBACK_KEYS_URL: setting(
    url,
    'Where the public keys are with which callbacks of Google Wallet are verified.',
    'https://pay.google.com/gp/m/issuer/keys',
  ),
  APNS_URL: setting(url, 'Base URL of the Apple Push Notification service.', 'https://api.push.apple.com'),
  OCSP_URL: setting<string | undefined>(url, 'OCSP responder in place of the one that the certificate names.'),
  APPLE_ROOTS_FILE: setting<string | undefined>(
    text,
    'PEM file of root certificates in place of the built-in Apple roots.',
  ),
  NODE_EXTRA_CA_CERTS: setting<string | undefined>(
    text,
    "PEM file of further certificate authorities to trust (Node's own variable).",
  ),
};

/** What the verification of credentials calls. */
const { GOOGLE_CALLBACK_KEYS_URL: _callbacks, ...verifying } = providers;

const googleRate = setting(
  count(1, 100_000),
  'Requests a second to the Google Wallet API, of all processes on this database together; give the same to each.',
  '20',
);

const database = {
  DATABASE_URL: {
    schema: databaseUrl,
    description: 'PostgreSQL 15 or newer: postgres://user:password@host:5432/database, with ?sslmode=… and the like.',
    secret: true,
    required: true,
  },
} as const;

const uuid = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;
const idsOf = (what: string): z.ZodType<string[], string> =>
  z
    .string()
    .transform((value) => value.split(',').map((id) => id.trim().toLowerCase()))
    .refine((ids) => ids.every((id) => uuid.test(id)), `must be ids of ${what} separated by commas`)
    .transform((ids) => [...new Set(ids)]);
const idList = idsOf('merchants');
const cardIdList = idsOf('cards');
const merchantIds = setting<string[] | undefined>(
  idList,
  'The merchants to work on, ids separated by commas; absent: all.',
);
// A date alone is no instant: it begins at another one in every timezone. Instants of the ledger have milliseconds.
const instant = z.iso
  .datetime({
    offset: true,
    error: 'must be an instant that exists, with its offset, such as 2026-03-01T00:00:00Z or 2026-03-01T00:00:00+01:00',
  })
  .transform((value) => new Date(value));
const share = z
  .string()
  .regex(/^(\d+(\.\d*)?|\.\d+)$/, 'must be a number from 0 to 1, such as 0.5')
  .transform(Number)
  .refine((value) => value <= 1, 'must be a number from 0 to 1, such as 0.5');
const runKey = z.string().max(253, 'must be at most 253 characters');

/** Settings of every job that works on a run. */
const run = {
  RUN_UID: setting<string | undefined>(
    runKey,
    'Which run this is: processes of the same RUN_UID work on one run, and one that is started again resumes it. In Kubernetes the uid of the Job; absent: a run of its own.',
  ),
  RUN_NAME: setting<string | undefined>(runKey, 'The name of the run, for people: that of the Job.'),
  TERMINATION_LOG: setting(
    text,
    'File for the summary, at most 4 KiB, from which Kubernetes takes the termination message; written when it exists.',
    '/dev/termination-log',
  ),
};

function flagged<T extends Setting<unknown>>(definition: T, flag: string): T {
  return { ...definition, flag };
}

/** Every setting of every process, by command. The reference and `loyalty config` are made from this table. */
export const settings = {
  controller: {
    ...common,
    HOST: setting(text, 'Address that the health and metrics server listens on.', '0.0.0.0'),
    PORT: setting(port, 'Port of /healthz, /readyz and /metrics.', '8080'),
    WATCH_NAMESPACES: setting<string[] | undefined>(
      namespaceList,
      'Namespaces to watch, separated by commas; absent: its own.',
    ),
    LEADER_ELECTION: setting(
      boolean,
      'Whether only the holder of the Lease acts. false is for a single process.',
      'true',
    ),
    LEASE_NAMESPACE: setting<string | undefined>(namespaceName, 'Namespace of the Lease; absent: its own.'),
    LEASE_NAME: setting(objectName, 'Name of the Lease.', 'loyalty-controller'),
    ...verifying,
  },
  api: {
    ...common,
    ...database,
    DATABASE_POOL_SIZE: setting(
      count(1, 1000),
      'Connections to PostgreSQL that this process opens at most; two more while it works off a restore of a run. All replicas together must stay below max_connections.',
      '20',
    ),
    DATABASE_TIMEOUT_SECONDS: setting(
      count(1, 3600),
      'Seconds for which PostgreSQL may be silent on a statement before the connection is given up and the request gets 503. PostgreSQL itself ends a statement after 15.',
      '20',
    ),
    HOST: setting(text, 'Address that both servers listen on.', '0.0.0.0'),
    PORT: setting(port, 'Port of the API, /docs, /openapi.json, /healthz and /readyz.', '3000'),
    METRICS_PORT: setting(port, 'Port of /metrics.', '9090'),
    PUBLIC_URL: setting<string | undefined>(
      url,
      'Under which URL the outside reaches this API, for links that it gives away.',
    ),
    BOOTSTRAP_ADMIN_KEY: {
      schema: z.string().regex(apiKeyForm, apiKeyRule),
      description:
        'The first admin key, best from BOOTSTRAP_ADMIN_KEY_FILE: olk_ and 32 random bytes in base64url. Another key in its place ends the earlier one.',
      secret: true,
    } as Setting<string | undefined>,
    PASS_TOKEN_KEY_FILE: setting<Redacted<Buffer> | undefined>(
      keyFile,
      'File of at least 32 random bytes, from which the tokens of Apple passes are made.',
    ),
    GOOGLE_CREDENTIAL_DIR: setting<string | undefined>(
      text,
      'Folder with the keys of the live Google Secret as files; absent: Google Wallet is off.',
    ),
    APPLE_CREDENTIAL_DIR: setting<string | undefined>(
      text,
      'Folder with the keys of the live Apple Secret as files; absent: Apple Wallet is off.',
    ),
    APPLE_ROOTS_FILE: providers.APPLE_ROOTS_FILE,
    GOOGLE_WALLET_URL: providers.GOOGLE_WALLET_URL,
    GOOGLE_TOKEN_URL: providers.GOOGLE_TOKEN_URL,
    GOOGLE_CALLBACK_KEYS_URL: providers.GOOGLE_CALLBACK_KEYS_URL,
    GOOGLE_RATE_PER_SECOND: googleRate,
    NODE_EXTRA_CA_CERTS: providers.NODE_EXTRA_CA_CERTS,
    RATE_LIMIT_PER_MINUTE: setting(
      count(1, 100_000_000),
      'How many requests one API key may send in a minute to one replica.',
      '60000',
    ),
    CONSOLE: setting(
      boolean,
      'Whether there is a page for operators at /console, for keys of scope admin:read and admin.',
      'true',
    ),
    CONSOLE_NAMESPACE: setting<string | undefined>(
      namespaceName,
      'Namespace of this installation, for the commands that the console shows; absent: they name none.',
    ),
    CONSOLE_CREDENTIAL_NAMESPACES: setting<string[] | undefined>(
      namespaceList,
      'Namespaces whose WalletCredentials the console shows, separated by commas (it takes the right to list them); absent: it shows none.',
    ),
    RUNBOOKS_URL: setting(
      url,
      'Where the runbooks are: the console links to this, a slash, the name and .md.',
      'https://github.com/orion-loyalty/orion-loyalty/blob/main/runbooks',
    ),
    CORS_ALLOWED_ORIGINS: setting<string[] | undefined>(
      origins,
      'Origins whose pages may call the API from a browser, separated by commas; absent: none.',
    ),
  },
  migrate: database,
  'verify-ledger': {
    LOG_LEVEL: common.LOG_LEVEL,
    LOG_FORMAT: common.LOG_FORMAT,
    ...database,
    MERCHANT_IDS: flagged(merchantIds, '--merchant'),
    ...run,
  },
  'expire-points': {
    LOG_LEVEL: common.LOG_LEVEL,
    LOG_FORMAT: common.LOG_FORMAT,
    ...database,
    MERCHANT_IDS: flagged(merchantIds, '--merchant'),
    AS_OF: flagged(
      setting<Date | undefined>(
        instant,
        'Lots whose expiry is at or before this instant expire; absent: the clock of the database. In the future only in a dry run.',
      ),
      '--as-of',
    ),
    DRY_RUN: flagged(setting(boolean, 'Whether to show what would be done, and write nothing.', 'false'), '--dry-run'),
    BATCH_SIZE: flagged(
      setting(count(1, 100_000), 'About how many cards a transaction locks and changes.', '1000'),
      '--batch-size',
    ),
    FORCE_MERCHANTS: flagged(
      setting<string[] | undefined>(
        idList,
        'Merchants that MAX_EXPIRE_SHARE does not hold back, ids separated by commas.',
      ),
      '--force-merchant',
    ),
    MAX_EXPIRE_SHARE: setting(
      share,
      'A merchant of 100 cards or more that would lose more than this share of its points is held back; 0: none is.',
      '0.5',
    ),
    RESUME_RUN: flagged(
      setting<string | undefined>(
        runKey.min(1, 'must not be empty'),
        'A run, by its id or its RUN_UID, that is to go on: what is left of it, and its failed merchants again.',
      ),
      '--resume',
    ),
    ...run,
  },
  'sync-wallets': {
    LOG_LEVEL: common.LOG_LEVEL,
    LOG_FORMAT: common.LOG_FORMAT,
    ...database,
    MERCHANT_IDS: flagged(merchantIds, '--merchant'),
    CARD_IDS: flagged(
      setting<string[] | undefined>(
        cardIdList,
        'The cards whose passes are sent, ids separated by commas; absent: all that are due.',
      ),
      '--card',
    ),
    PLATFORM: flagged(
      setting<'google' | 'apple' | undefined>(
        z.enum(['google', 'apple'], 'must be google or apple'),
        'The wallet to send to; absent: each that is configured.',
      ),
      '--platform',
    ),
    FAILURES_OF: flagged(
      setting<string | undefined>(
        runKey.min(1, 'must not be empty'),
        'A run, by its id or its RUN_UID, whose failed cards are sent again.',
      ),
      '--failures-of',
    ),
    FULL: flagged(setting(boolean, 'Whether what the wallets have already is sent, too.', 'false'), '--full'),
    DRY_RUN: flagged(setting(boolean, 'Whether to show what would be sent, and send nothing.', 'false'), '--dry-run'),
    RUN_LIMIT_SECONDS: setting(count(1, 86_400), 'After so many seconds the rest is left to the next run.', '600'),
    GOOGLE_RATE_PER_SECOND: setting(
      count(1, 10_000),
      'Requests a second that Google takes from the issuer, of all processes together; the same everywhere.',
      '20',
    ),
    PUBLIC_URL: setting<string | undefined>(
      url,
      'Under which URL the outside reaches the API: where Google calls back; the same as that of the API.',
    ),
    GOOGLE_CREDENTIAL_DIR: setting<string | undefined>(
      text,
      'Folder with the keys of the live Google Secret as files; absent: Google Wallet is left alone.',
    ),
    APPLE_CREDENTIAL_DIR: setting<string | undefined>(
      text,
      'Folder with the keys of the live Apple Secret as files; absent: Apple Wallet is left alone.',
    ),
    APPLE_ROOTS_FILE: providers.APPLE_ROOTS_FILE,
    GOOGLE_WALLET_URL: providers.GOOGLE_WALLET_URL,
    GOOGLE_TOKEN_URL: providers.GOOGLE_TOKEN_URL,
    APNS_URL: providers.APNS_URL,
    NODE_EXTRA_CA_CERTS: providers.NODE_EXTRA_CA_CERTS,
    ...run,
  },
  'demo-data': database,
} as const;

export type Command = keyof typeof settings;
type SettingsOf<C extends Command> = (typeof settings)[C];
export type Config<C extends Command> = {
  readonly [Name in keyof SettingsOf<C>]: SettingsOf<C>[Name] extends Setting<infer T>
    ? SettingsOf<C>[Name] extends { default: string }
      ? Exclude<T, undefined>
      : T
    : never;
};

export interface ExplainedSetting {
  name: string;
  /** `set` for a secret. */
  value: string | undefined;
  origin: Origin;
  default: string | undefined;
  description: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** What the command line said, by the names of the settings. */
export type Flags = Readonly<Record<string, string | undefined>>;

/** The raw text of one variable: from its flag, from NAME, or from the file that NAME_FILE names; the latter both at once is a problem. */
function readVariable(
  name: string,
  { environment, flags }: { environment: Environment; flags: Flags },
  problems: string[],
): { raw: string; origin: Origin } | undefined {
  const flag = flags[name];
  if (flag !== undefined) return { raw: flag, origin: 'flag' };
  const direct = environment[name] || undefined;
  // APPLE_ROOTS_FILE and the like are settings of their own, not files to read a value from.
  const path = environment[`${name}_FILE`] || undefined;
  if (direct !== undefined && path !== undefined) {
    problems.push(`${name} and ${name}_FILE are both set: unset one of them.`);
    return undefined;
  }
  if (direct !== undefined) return { raw: direct, origin: 'environment' };
  if (path === undefined) return undefined;
  try {
    return { raw: readFileSync(path, 'utf8').trim(), origin: `file ${path}` };
  } catch (error) {
    problems.push(`${name}_FILE: cannot read ${path}: ${messageOf(error)}.`);
    return undefined;
  }
}

/** A setting as a message names it: by its flag, or with the file that its value was read from. */
function named(name: string, { flag = name }: Setting<unknown>, origin: Origin | undefined): string {
  if (origin === 'flag') return flag;
  return origin?.startsWith('file ') ? `${name} (${origin.slice('file '.length)} of ${name}_FILE)` : name;
}

function shown(setting: Setting<unknown>, raw: string | undefined): string {
  if (raw === undefined) return 'nothing';
  return setting.secret
    ? 'a value that is not shown'
    : JSON.stringify(raw.length > 100 ? `${raw.slice(0, 100)}…` : raw);
}

/**
 * Environment → typed, frozen configuration of one process. A flag that was given wins over its variable.
 * @throws ConfigurationError naming every problem at once (exit 78; 64 when all are of settings that are flags).
 */
export function readConfig<C extends Command>(command: C, environment: Environment, flags: Flags = {}): Config<C> {
  const all: string[] = [];
  const values: Record<string, unknown> = {};
  let usageOnly = true;
  for (const [name, definition] of Object.entries<Setting<unknown>>(settings[command])) {
    const problems: string[] = [];
    const value = readSetting(name, definition, { environment, flags }, problems);
    if (value !== undefined) values[name] = value;
    all.push(...problems);
    usageOnly &&= problems.length === 0 || definition.flag !== undefined;
  }
  if (all.length > 0) throw new ConfigurationError(all, usageOnly ? exitCodes.usage : exitCodes.configuration);
  return Object.freeze(values) as Config<C>;
}

function readSetting(
  name: string,
  definition: Setting<unknown>,
  sources: { environment: Environment; flags: Flags },
  problems: string[],
): unknown {
  const found = readVariable(name, sources, problems);
  // A file that cannot be read is a problem already.
  if (problems.length > 0) return undefined;
  const raw = found?.raw ?? definition.default;
  if (raw === undefined) {
    if (definition.required) problems.push(`${name} is not set. ${definition.description}`);
    return undefined;
  }
  const parsed = definition.schema.safeParse(raw);
  if (parsed.success) return parsed.data;
  const rules = parsed.error.issues.map((issue) => issue.message).join(', ');
  problems.push(`${named(name, definition, found?.origin)} is ${shown(definition, raw)}: it ${rules}.`);
  return undefined;
}

/** Every setting of one process with its value, where it came from, and its default; for `loyalty config`. */
export function explainConfig(command: Command, environment: Environment): ExplainedSetting[] {
  const problems: string[] = [];
  const explained = Object.entries<Setting<unknown>>(settings[command]).map(([name, definition]) => {
    const found = readVariable(name, { environment, flags: {} }, problems);
    const value = found?.raw ?? definition.default;
    return {
      name,
      value: definition.secret && value !== undefined ? 'set' : value,
      origin: found?.origin ?? ('default' as const),
      default: definition.default,
      description: definition.description,
    };
  });
  return explained;
}
