import { type Command, InvalidArgumentError, Option } from 'commander';
import type { ClusterFlags } from './connection.ts';

/** Flags that mean what they mean to kubectl. */
export function addClusterFlags(command: Command): Command {
  return command
    .addOption(namespaceOption("namespace (default: the context's, else default)"))
    .option('--context <name>', 'context of the kubeconfig to use')
    .option('--kubeconfig <file>', 'kubeconfig to use in place of KUBECONFIG and ~/.kube/config');
}

export function namespaceOption(description: string): Option {
  return new Option('-n, --namespace <name>', description).argParser(namespaceName);
}

function namespaceName(value: string): string {
  if (/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(value)) return value;
  throw new InvalidArgumentError('Write a namespace: at most 63 lower-case letters, digits and "-".');
}

/** The name of a WalletCredential, as an argument of a command. */
export function credentialName(value: string): string {
  const name = value.replace(/^(wcred|walletcredentials?(\.loyalty\.orion\.dev)?)\//, '');
  if (/^[a-z0-9]([-.a-z0-9]{0,251}[a-z0-9])?$/.test(name)) return name;
  throw new InvalidArgumentError('Write the name of a WalletCredential: lower-case letters, digits, "-" and ".".');
}

/** The flags that lead to the same namespace again, for a command that is shown to be copied. */
export function flagsToRepeat({ context, kubeconfig }: ClusterFlags, namespace: string): string {
  return flagsAsGiven({ namespace, context, kubeconfig });
}

/** The flags as they were given, for a command that goes to where the context leads. */
export function flagsAsGiven({
  namespace,
  context,
  kubeconfig,
}: { [Name in keyof ClusterFlags]: string | undefined }): string {
  const written: [string, string | undefined][] = [
    ['-n', namespace],
    ['--context', context],
    ['--kubeconfig', kubeconfig],
  ];
  const flags = written.flatMap(([flag, value]) => (value === undefined ? [] : [`${flag} ${shellWord(value)}`]));
  return flags.join(' ');
}

function shellWord(text: string): string {
  return /^[-\w./:@=+]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
