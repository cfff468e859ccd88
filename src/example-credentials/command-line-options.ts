import { InvalidArgumentError, Option } from 'commander';
import { exitCodes } from '../errors.ts';
import { appleForms } from './apple-material.ts';
import { flawNames, isFlawName, type FlawName } from './flaw-names.ts';
import { passCertificateDays } from './pass-certificate.ts';

export const providers = ['apple', 'google'] as const;

/** The options of `loyalty example-credentials`. A value that cannot be meant is a usage error: it says what to write. */
export function commandLineOptions(): Option[] {
  const { passType, team, issuer, dnsLabel } = patterns;
  return [
    new Option('-n, --namespace <namespace>', 'namespace to write into the resources').argParser(matching(dnsLabel)),
    new Option('--provider <provider>', 'only one provider (default: both)').argParser(oneOf(providers)),
    new Option(
      '--name <name>',
      'name of the WalletCredential, with --provider; its Secret is <name>-wallet-source',
    ).argParser(matching(dnsLabel)),
    new Option('--pass-type-identifier <id>', 'pass type of the Apple certificate')
      .argParser(matching(passType))
      .default('pass.com.example.loyalty'),
    new Option('--team-identifier <id>', 'team of the Apple certificate')
      .argParser(matching(team))
      .default('ABCDE12345'),
    new Option('--issuer-id <id>', 'Google issuer').argParser(matching(issuer)).default('3388000000012345678'),
    new Option('--valid-days <days>', 'days until the Apple certificate ends')
      .argParser(days)
      .default(passCertificateDays),
    new Option(
      '--form <form>',
      `form of the Apple files: ${appleForms.join(', ')} (default: pem, or what the flaw needs)`,
    ).argParser(oneOf(appleForms)),
    new Option('--flaw <flaw>', 'make it bad, for trials and demonstrations (see below)')
      .argParser(flawName)
      .default('none'),
    new Option('--secrets-only', 'leave the WalletCredentials out'),
    new Option('--root-file <file>', 'write the throw-away root here, for APPLE_ROOTS_FILE'),
    new Option('--authority-directory <directory>', 'keep root and WWDR here and use them again: for rotations'),
  ];
}

/** A pattern of the CRD, and how to say what it wants. */
type Pattern = readonly [pattern: RegExp, wanted: string];

const patterns = {
  passType: [
    /^pass(\.[A-Za-z0-9]([-A-Za-z0-9]*[A-Za-z0-9])?)+$/,
    '"pass." and a reverse-DNS name, as in pass.com.example.loyalty',
  ],
  team: [/^[A-Z0-9]{10}$/, '10 upper-case letters and digits, as in ABCDE12345'],
  issuer: [/^[0-9]{1,20}$/, 'digits, as in 3388000000012345678'],
  dnsLabel: [/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/, 'at most 63 lower-case letters, digits and "-", as in loyalty'],
} satisfies Record<string, Pattern>;

function matching([pattern, wanted]: Pattern): (value: string) => string {
  return (value) => {
    if (!pattern.test(value)) throw invalid(`Write ${wanted}.`);
    return value;
  };
}

function oneOf<Choice extends string>(choices: readonly Choice[]): (value: string) => Choice {
  return (value) => {
    const choice = choices.find((candidate) => candidate === value);
    if (choice === undefined) throw invalid(`Write one of: ${choices.join(', ')}.`);
    return choice;
  };
}

function days(value: string): number {
  if (!/^[1-9][0-9]{0,3}$/.test(value) || Number(value) > 3650) throw invalid('Write whole days from 1 to 3650.');
  return Number(value);
}

function flawName(value: string): FlawName | 'none' {
  if (value === 'none' || isFlawName(value)) return value;
  throw invalid(`Write one of: none, ${flawNames.join(', ')}.`);
}

function invalid(message: string): InvalidArgumentError {
  return Object.assign(new InvalidArgumentError(message), { exitCode: exitCodes.usage });
}
