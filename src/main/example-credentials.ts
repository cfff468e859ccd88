import { writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import type { Provider } from '../domain/credentials/wallet-credential.ts';
import { exitCodes, ExitError, messageOf } from '../errors.ts';
import { appleFlaws } from '../example-credentials/apple-flaws.ts';
import type { AppleForm } from '../example-credentials/apple-material.ts';
import { openAuthority } from '../example-credentials/authority-directory.ts';
import { commandLineOptions, providers } from '../example-credentials/command-line-options.ts';
import { createAuthority, type CertificateAuthority } from '../example-credentials/certificate-authority.ts';
import { appleExample, googleExample } from '../example-credentials/example-manifests.ts';
import { flawNames, flawOf, isAppleFlaw, type FlawName } from '../example-credentials/flaw-names.ts';
import { toYamlStream } from '../example-credentials/manifests.ts';

/** The options of `loyalty example-credentials`, as commander names them. */
export interface ExampleCredentialsOptions {
  namespace?: string;
  provider?: Provider;
  name?: string;
  passTypeIdentifier: string;
  teamIdentifier: string;
  issuerId: string;
  validDays: number;
  form?: AppleForm;
  flaw: FlawName | 'none';
  secretsOnly?: boolean;
  rootFile?: string;
  authorityDirectory?: string;
}

/**
 * A YAML stream of source Secrets and the WalletCredentials that use them, for `kubectl apply -f -`. Writes the files that
 * `rootFile` and `authorityDirectory` name, and nothing else.
 * @throws ExitError (64) when the options contradict each other or a file cannot be used.
 */
export function exampleCredentials(options: ExampleCredentialsOptions, now: Date): string {
  refuseContradictions(options);
  const { provider, rootFile, secretsOnly = false } = options;
  const authority = authorityFor(options, now);
  if (rootFile !== undefined)
    orUsageError('--root-file', () => writeFileSync(rootFile, authority.root.certificate.pem));
  const flaw = options.flaw === 'none' ? undefined : options.flaw;
  const request = { ...options, authority, now, flaw };
  const examples = [
    ...(provider === 'google' ? [] : [appleExample(request)]),
    ...(provider === 'apple' ? [] : [googleExample(request)]),
  ];
  const manifests = examples.flatMap(({ secret, credential }) => (secretsOnly ? [secret] : [secret, credential]));
  return toYamlStream(heading(options), manifests);
}

function authorityFor({ authorityDirectory }: ExampleCredentialsOptions, now: Date): CertificateAuthority {
  if (authorityDirectory === undefined) return createAuthority({ now });
  return orUsageError('--authority-directory', () => openAuthority(authorityDirectory, now));
}

function orUsageError<T>(option: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw new ExitError(exitCodes.usage, `${option}: ${messageOf(error)}`, { cause: error });
  }
}

function refuseContradictions({ name, provider, flaw, form }: ExampleCredentialsOptions): void {
  if (name !== undefined && provider === undefined) {
    throw usageError('--name names one WalletCredential: add --provider apple or --provider google');
  }
  if (flaw === 'none') return;
  if (provider !== undefined && !flawOf(provider, flaw)) {
    throw usageError(`--flaw ${flaw} cannot happen to a credential of ${provider}: leave --provider ${provider} out`);
  }
  const forms = isAppleFlaw(flaw) ? appleFlaws[flaw].forms : undefined;
  if (form !== undefined && forms && !forms.includes(form)) {
    throw usageError(`--flaw ${flaw} cannot happen in --form ${form}, only in ${forms.join(', ')}`);
  }
}

function usageError(message: string): ExitError {
  return new ExitError(exitCodes.usage, message);
}

function heading({ provider, rootFile }: ExampleCredentialsOptions): string {
  const root = rootFile ?? 'the root that --root-file writes';
  return [
    'Made with a throw-away root; for trials only: no iPhone and no Google takes these credentials.',
    'The private keys are in the text below. Every call makes new ones.',
    ...(provider === 'google'
      ? []
      : [`Verified is False with reason UnknownRoot unless the controller has ${root} as APPLE_ROOTS_FILE.`]),
  ].join('\n');
}

/** What the command touches of the process. */
export interface ExampleCredentialsDependencies {
  now: () => Date;
  stdout: Pick<NodeJS.WriteStream, 'write' | 'isTTY'>;
  stderr: Pick<NodeJS.WriteStream, 'write'>;
}

const examples = `
Examples:
  $ loyalty example-credentials --root-file root.pem | kubectl apply -n loyalty -f -
  $ loyalty example-credentials --provider apple --form pkcs12 --secrets-only
  $ loyalty example-credentials --authority-directory authority   # again, to rotate under one root
  $ loyalty example-credentials --provider google --flaw oauth-client
`;

/** Adds `loyalty example-credentials` to the program. */
export function addExampleCredentialsCommand(
  program: Command,
  dependencies: ExampleCredentialsDependencies = {
    now: () => new Date(),
    stdout: process.stdout,
    stderr: process.stderr,
  },
): void {
  const command = program
    .command('example-credentials')
    .summary('print Secrets and WalletCredentials made with a throw-away root, for trials')
    .description(
      'Prints a YAML stream for `kubectl apply -f -`: source Secrets and the WalletCredentials that use them, made with a ' +
        'throw-away root. For trials only. Every call makes new keys.',
    );
  for (const option of commandLineOptions()) command.addOption(option);
  command
    .addHelpText('after', () => `${examples}\n${flawTable()}`)
    .action((options: ExampleCredentialsOptions) => {
      const { now, stdout, stderr } = dependencies;
      const stream = exampleCredentials(options, now());
      if (stdout.isTTY) stderr.write('Private keys follow, made for trials. To use them: | kubectl apply -f -\n');
      stdout.write(stream);
    });
}

function flawTable(): string {
  const tables = providers.flatMap((provider) => {
    const rows = flawNames.flatMap((name) => {
      const flaw = flawOf(provider, name);
      return flaw ? [`  ${name.padEnd(26)}${flaw.description} (${flaw.reason})`] : [];
    });
    return [`Flaws of ${provider}, and the reason that the checks give:`, ...rows, ''];
  });
  return tables.join('\n').trimEnd();
}
