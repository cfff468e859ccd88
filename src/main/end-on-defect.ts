import { exitCodes } from '../errors.ts';
import { logEvents } from '../log.ts';

/** A defect must not go on half-alive: the process says what happened and ends with 70, and Kubernetes starts it again. */
export function endOnDefect(): void {
  for (const event of ['unhandledRejection', 'uncaughtException'] as const) {
    process.on(event, (error: unknown) => {
      const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
      process.stderr.write(
        `${JSON.stringify({ level: 'fatal', event: logEvents.crashed, time: new Date().toISOString(), msg: detail })}\n`,
      );
      process.exit(exitCodes.internal);
    });
  }
}
