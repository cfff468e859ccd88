/** Exit codes of every command (sysexits where they fit). */
export const exitCodes = {
  done: 0,
  /** Done in part, or an imbalance. */
  partial: 10,
  usage: 64,
  internal: 70,
  /** Temporary: try again. */
  temporary: 75,
  configuration: 78,
} as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** An error that ends the process: its message is for people and is printed without a stack. */
export class ExitError extends Error {
  readonly exitCode: ExitCode;

  constructor(exitCode: ExitCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ExitError';
    this.exitCode = exitCode;
  }
}

/** The environment, a file it names or a permission is not as the process needs it. Lists every problem at once. */
export class ConfigurationError extends ExitError {
  readonly problems: readonly string[];

  constructor(problems: readonly string[], exitCode: ExitCode = exitCodes.configuration) {
    const heading =
      problems.length === 1 ? 'The configuration has a problem' : `The configuration has ${problems.length} problems`;
    super(exitCode, `${heading}:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
    this.name = 'ConfigurationError';
    this.problems = problems;
  }
}

/** The message of anything thrown, for a log line. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
