import { Argument, type Command } from 'commander';
import { exitCodes } from '../../errors.ts';
import type { Terminal } from '../terminal.ts';
import { type Completion, complete } from './suggestions.ts';
import { scripts, type Shell, shells } from './scripts.ts';

const help = `
kubectl loyalty is completed by kubectl: what it needs of this plugin is kubectl_complete-loyalty, which
lies beside the plugin and must be on the PATH, too. Turn kubectl's own completion on, and that is all.
The script printed here is for those who call kubectl-loyalty by its own name.

Exit codes: 0 printed; 64 usage.

Examples:
  $ source <(kubectl completion bash)             # kubectl loyalty <TAB>
  $ source <(kubectl-loyalty completion bash)     # kubectl-loyalty <TAB>
  $ kubectl-loyalty completion zsh > "\${fpath[1]}/_kubectl-loyalty"
  $ kubectl-loyalty completion fish > ~/.config/fish/completions/kubectl-loyalty.fish
`;

/** Adds `kubectl loyalty completion` to the program. */
export function addCompletionCommand(program: Command, terminal: Terminal): void {
  program
    .command('completion')
    .summary('print what makes a shell complete kubectl-loyalty')
    .description('Prints what makes a shell complete commands, flags and values of kubectl-loyalty.')
    .addArgument(new Argument('<shell>', 'the shell').choices(shells))
    .addHelpText('after', help)
    .action((shell: Shell) => {
      terminal.stdout.write(scripts[shell]);
      terminal.exitWith(exitCodes.done);
    });
}

/** As kubectl asks a plugin (cobra's protocol): a word a line, its description behind a tab, and at the end what else may be offered. */
export function completionText(program: Command, words: readonly string[]): string {
  const { suggestions, files }: Completion = complete(program, words);
  const lines = suggestions.map(({ word, description }) =>
    description === '' ? word : `${word}\t${oneLine(description)}`,
  );
  // ShellCompDirectiveNoFileComp, ShellCompDirectiveDefault.
  return [...lines, files ? ':0' : ':4', ''].join('\n');
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ');
}
