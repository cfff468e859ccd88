import type { ExitCode } from '../errors.ts';

/** What a command touches of its process. */
export interface Process {
  stdin: AsyncIterable<Uint8Array | string>;
  stdout: Pick<NodeJS.WriteStream, 'write'> & { columns?: number };
  stderr: Pick<NodeJS.WriteStream, 'write'>;
  environment: Readonly<Record<string, string | undefined>>;
  now: () => Date;
}

/** What a command sees of it. */
export interface Terminal extends Process {
  /** The exit code of a command that ends without an error. */
  exitWith: (code: ExitCode) => void;
}

/** Characters a line may have: the terminal's, at most 100, which is what a person reads well; 100 when it is a pipe. */
export function lineWidth({ stdout }: Terminal): number {
  return Math.max(40, Math.min(stdout.columns || 100, 100));
}
