const booleans = ['wait', 'all-namespaces', 'recursive', 'require-secrets', 'undo'];

/**
 * What people are used to from kubectl, in the way of the command-line parser: flags before the command
 * (`-n loyalty status`), `=` after a short flag (`-o=json`), and flags with a truth value (`--wait=false`, `--dry-run=client`).
 */
export function kubectlArguments(given: readonly string[], commands: readonly string[]): string[] {
  return commandFirst(given, commands).flatMap((argument) => {
    const [, short, its = ''] = /^(-[a-zA-Z])=(.*)$/s.exec(argument) ?? [];
    if (short !== undefined) return [short, its];
    const [, name = '', value = ''] = /^--([a-z-]+)=(true|false|client|none)$/.exec(argument) ?? [];
    if (name === 'dry-run') return value === 'client' || value === 'true' ? ['--dry-run'] : [];
    if (!booleans.includes(name) || (value !== 'true' && value !== 'false')) return [argument];
    if (value === 'true') return [`--${name}`];
    // The only one that is on unless it is turned off.
    return name === 'wait' ? ['--no-wait'] : [];
  });
}

function commandFirst(given: readonly string[], commands: readonly string[]): string[] {
  const index = given[0]?.startsWith('-') ? given.findIndex((argument) => commands.includes(argument)) : 0;
  if (index <= 0) return [...given];
  return [...given.slice(index, index + 1), ...given.slice(0, index), ...given.slice(index + 1)];
}
