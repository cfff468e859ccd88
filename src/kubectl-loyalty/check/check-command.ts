import { type Command, InvalidArgumentError } from 'commander';
import { readAppleRoots } from '../../adapters/apple/apple-roots.ts';
import { createCheckThread } from '../../adapters/thread/check-thread.ts';
import { type ExitCode, exitCodes } from '../../errors.ts';
import { namespaceOption } from '../cluster-flags.ts';
import { type OutputFormat, outputOption, print } from '../output.ts';
import { lineWidth, type Terminal } from '../terminal.ts';
import { printable } from '../text.ts';
import { checkFiles, type CheckReport } from './check-files.ts';
import { checkText, ignoredText, unreadableText } from './check-text.ts';

interface CheckFlags {
  filename: string[];
  recursive?: boolean;
  namespace?: string;
  now?: Date;
  requireSecrets?: boolean;
  output: OutputFormat;
}

const help = `
It makes the controller's checks, by the same code, on Secrets and WalletCredentials in files: YAML
with any number of documents, JSON, and Lists. No cluster is asked. A WalletCredential is also held
against the schema and the rules of its CustomResourceDefinition; only that its provider never
changes needs the one in the cluster. Key material is never printed.

RESULT  accepted: the controller would promote it
        Invalid: the API server would refuse the WalletCredential or its Secret
        AmbiguousSecret: the files hold several Secrets of that name
        SecretNotInFiles, Encrypted, NoWalletCredential: it could not be checked, which is no
        failure by default
        any other reason: the controller would reject it for that; docs/reasons.md lists them

Secrets that no WalletCredential names are ignored, and counted, unless they obviously hold a wallet
credential. Apple's roots are built in; APPLE_ROOTS_FILE names others, as for the controller.

Exit codes: 0 nothing is rejected; 10 something is; 64 a file cannot be read or parsed (the rest is
checked all the same). For scripts: -o json prints an array, see docs/kubectl-loyalty.md.

Examples:
  $ kubectl loyalty check -R -f deploy/
  $ kustomize build overlays/prod | kubectl loyalty check -n loyalty -f -
  $ kubectl loyalty check -f apple.yaml -f <(sops -d apple-secret.yaml) --now 2027-01-01
`;

/** Adds `kubectl loyalty check` to the program. */
export function addCheckCommand(program: Command, terminal: Terminal): void {
  program
    .command('check')
    .summary("make the controller's checks on files, without a cluster")
    .description(
      'Checks Secrets and WalletCredentials in files as the controller does. For the CI of GitOps repositories.',
    )
    .requiredOption('-f, --filename <file...>', 'files or folders; - is standard input; may be repeated')
    .option('-R, --recursive', 'look into the folders below a folder, too')
    .addOption(namespaceOption('namespace of objects that name none'))
    .option('--now <instant>', 'check as of then, as in 2027-01-01 or 2027-01-01T12:00:00Z', instant)
    .option('--require-secrets', 'a Secret that is not among the files, or is encrypted, is a failure')
    .addOption(outputOption())
    .addHelpText('after', help)
    .action(async (flags: CheckFlags) => terminal.exitWith(await check(flags, terminal)));
}

function instant(value: string): Date {
  const isInstant = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d))?$/.test(value);
  const found = new Date(value);
  if (isInstant && !Number.isNaN(found.getTime())) return found;
  throw new InvalidArgumentError('Write a day or an instant with its zone, as in 2027-01-01 or 2027-01-01T12:00:00Z.');
}

async function check(flags: CheckFlags, terminal: Terminal): Promise<ExitCode> {
  const { filename: filenames, recursive = false, namespace, requireSecrets = false } = flags;
  const now = flags.now ?? terminal.now();
  const appleRootsPem = readAppleRoots(terminal.environment['APPLE_ROOTS_FILE'] || undefined);
  const checks = createCheckThread({ appleRootsPem });
  try {
    const options = { filenames, recursive, namespace, now, requireSecrets };
    const report = await checkFiles(options, { checks, stdin: terminal.stdin });
    await print(terminal, flags.output, report.results, () => checkText(report, now, lineWidth(terminal)));
    complain(report, terminal);
    return exitCodeOf(report);
  } finally {
    await checks.close();
  }
}

function complain({ results, unreadable, ignored }: CheckReport, { stderr }: Terminal): void {
  for (const each of unreadable) stderr.write(`${printable(unreadableText(each))}\n`);
  if (results.length === 0 && unreadable.length === 0)
    stderr.write(`No WalletCredential in the files. ${ignoredText(ignored)}`.trimEnd().concat('\n'));
}

function exitCodeOf({ results, unreadable }: CheckReport): ExitCode {
  if (unreadable.length > 0) return exitCodes.usage;
  return results.some(({ accepted }) => accepted === false) ? exitCodes.partial : exitCodes.done;
}
