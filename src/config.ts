import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { ConfigurationError, messageOf } from './errors.ts';

/** Where the value of a setting came from. */
export type Origin = 'default' | 'environment' | `file ${string}`;

interface Setting<T> {
  schema: z.ZodType<T, string>;
  /** As one would write it in the environment; undefined: the setting is optional and absent by default. */
  default?: string;
  description: string;
  secret?: boolean;
  /** It has no default, and its absence is a problem. */
  required?: true;
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
const databaseUrl = z
  .string()
  .refine(
    (value) => URL.canParse(value) && /^postgres(ql)?:$/.test(new URL(value).protocol),
    'must be a URL such as postgres://user:password@host:5432/database (percent-encode what is special in the password)',
  );

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

const database = {
  DATABASE_URL: {
    schema: databaseUrl,
    description: 'PostgreSQL 15 or newer: postgres://user:password@host:5432/database, with ?sslmode=… and the like.',
    secret: true,
    required: true,
  },
} as const;

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
    ...providers,
  },
  migrate: database,
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

/** The raw text of one variable: from NAME, or from the file that NAME_FILE names; both at once is a problem. */
function readVariable(
  name: string,
  environment: Environment,
  problems: string[],
): { raw: string; origin: Origin } | undefined {
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

function shown(setting: Setting<unknown>, raw: string | undefined): string {
  if (raw === undefined) return 'nothing';
  return setting.secret
    ? 'a value that is not shown'
    : JSON.stringify(raw.length > 100 ? `${raw.slice(0, 100)}…` : raw);
}

/**
 * Environment → typed, frozen configuration of one process.
 * @throws ConfigurationError naming every problem at once (exit 78).
 */
export function readConfig<C extends Command>(command: C, environment: Environment): Config<C> {
  const problems: string[] = [];
  const values: Record<string, unknown> = {};
  for (const [name, definition] of Object.entries<Setting<unknown>>(settings[command])) {
    const before = problems.length;
    const found = readVariable(name, environment, problems);
    const raw = found?.raw ?? definition.default;
    if (raw === undefined) {
      // A file that cannot be read is a problem already.
      if (definition.required && problems.length === before) {
        problems.push(`${name} is not set. ${definition.description}`);
      }
      continue;
    }
    const parsed = definition.schema.safeParse(raw);
    if (parsed.success) values[name] = parsed.data;
    else
      problems.push(
        `${name} is ${shown(definition, raw)}: it ${parsed.error.issues.map((issue) => issue.message).join(', ')}.`,
      );
  }
  if (problems.length > 0) throw new ConfigurationError(problems);
  return Object.freeze(values) as Config<C>;
}

/** Every setting of one process with its value, where it came from, and its default; for `loyalty config`. */
export function explainConfig(command: Command, environment: Environment): ExplainedSetting[] {
  const problems: string[] = [];
  const explained = Object.entries<Setting<unknown>>(settings[command]).map(([name, definition]) => {
    const found = readVariable(name, environment, problems);
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
