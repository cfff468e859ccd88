import { Argument, type Command } from 'commander';
import { type Command as Process, type ExplainedSetting, explainConfig, readConfig, settings } from '../config.ts';

function line({ name, value, origin, default: fallback, description }: ExplainedSetting): string {
  const shown = value === undefined ? '(not set)' : value;
  const source =
    origin === 'default' ? 'default' : `from ${origin}${fallback === undefined ? '' : `, default ${fallback}`}`;
  return `${name}=${shown}\n    ${description} [${source}]`;
}

/** Adds `loyalty config COMMAND` to the program. */
export function addConfigCommand(program: Command): void {
  program
    .command('config')
    .summary('print every setting of a process, its value and where it came from')
    .description(
      'Prints every setting of a process: its value, where it came from, and its default. Secrets show as "set".',
    )
    .addArgument(new Argument('<command>', 'the process').choices(Object.keys(settings)))
    .option('-o, --output <format>', 'text or json', 'text')
    .addHelpText('after', '\nExit code 78 when the configuration has problems; they are named on standard error.\n')
    .action((command: Process, options: { output: string }) => {
      const explained = explainConfig(command, process.env);
      const text = options.output === 'json' ? JSON.stringify(explained, null, 2) : explained.map(line).join('\n');
      process.stdout.write(`${text}\n`);
      readConfig(command, process.env);
    });
}
