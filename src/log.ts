import { pino, type DestinationStream, type Logger } from 'pino';
import pretty from 'pino-pretty';

export type Log = Logger;

/** Event names: constants, so that people can alert on them. Listed in docs/log-events.md. */
export const logEvents = {
  crashed: 'process.crashed',
  controllerStarted: 'controller.started',
  controllerStopping: 'controller.stopping',
  controllerStopped: 'controller.stopped',
  leaderElected: 'leader.elected',
  leaderLost: 'leader.lost',
  leaseUnreachable: 'leader.lease_unreachable',
  watchRestarted: 'watch.restarted',
  reconcileFailed: 'reconcile.failed',
  reconcileHung: 'reconcile.hung',
  eventNotWritten: 'event.not_written',
  promoted: 'credential.promoted',
  rejected: 'credential.rejected',
  rolledBack: 'credential.rolled_back',
  restored: 'credential.restored',
  conflict: 'credential.conflict',
  expiring: 'credential.expiring',
  rotationDue: 'credential.rotation_due',
  unknownRoot: 'credential.unknown_root',
  verified: 'credential.verified',
  refused: 'credential.refused',
  unreachable: 'credential.verification_unreachable',
} as const;

export interface LogSettings {
  level: string;
  format: 'json' | 'pretty';
}

/**
 * A logger that writes one JSON object a line (or readable lines on a terminal) to standard error, so that standard
 * output stays for results. Key material travels as {@link Redacted}, which prints as `[redacted]` here as everywhere.
 */
export function createLog(settings: LogSettings, destination?: DestinationStream): Log {
  const options = {
    level: settings.level,
    base: null,
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  if (settings.format === 'json') return pino(options, destination ?? pino.destination({ dest: 2, sync: true }));
  const readable = pretty({
    colorize: process.stderr.isTTY,
    sync: true,
    destination: destination ?? 2,
    ignore: 'pid,hostname',
  });
  return pino(options, readable);
}
