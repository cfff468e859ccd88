import { Option } from 'commander';
import type { Terminal } from './terminal.ts';

export const outputFormats = ['table', 'json', 'yaml'] as const;
export type OutputFormat = (typeof outputFormats)[number];

export function outputOption(): Option {
  return new Option('-o, --output <format>', 'table for people, json or yaml for programs')
    .choices(outputFormats)
    .default('table');
}

/** Prints a value for programs, or its text for people. */
export async function print(
  { stdout }: Terminal,
  format: OutputFormat,
  value: unknown,
  text: () => string,
): Promise<void> {
  if (format === 'table') stdout.write(text());
  else if (format === 'json') stdout.write(`${JSON.stringify(value, null, 2)}\n`);
  else stdout.write((await import('yaml')).stringify(value, { lineWidth: 0 }));
}
