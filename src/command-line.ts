import { readFileSync } from 'node:fs';
import { CommanderError } from 'commander';
import { type ExitCode, ExitError, exitCodes } from './errors.ts';

/** The version of the package that this code is part of. */
export function productVersion(): string {
  const manifest = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}

/** The exit code of whatever ended a command, after saying why; Commander has already printed its own messages. */
export function exitCodeOf(error: unknown, stderr: { write(text: string): unknown }): ExitCode {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
  if (error instanceof ExitError) {
    stderr.write(`${error.message}\n`);
    return error.exitCode;
  }
  stderr.write(`Internal error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  return exitCodes.internal;
}
