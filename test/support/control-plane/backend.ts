import type { AuditEvent } from './audit.ts';
import type { Watchdog } from './watchdog.ts';

/** What a real and a small control plane are both started from. */
export interface BackendOptions {
  /** An empty folder for everything it writes. */
  directory: string;
  watchdog: Watchdog;
  /** User name → bearer token; has "admin". */
  tokens: Map<string, string>;
  audit: boolean;
  controllerManager: boolean;
  apiServerFlags: string[];
}

/** A running API server and what belongs to it, without kubeconfigs. */
export interface Backend {
  url: string;
  /** PEM. */
  certificateAuthority: string;
  /** Differs from the token asked for when the server makes its own. */
  adminToken: string;
  auditEvents: () => Promise<AuditEvent[]>;
  apiServer: ApiServerControl;
  stop(): Promise<void>;
}

/** Ends and starts the API server alone, on the same port and with the same data. */
export interface ApiServerControl {
  /**
   * Sends the signal (SIGKILL when absent) and waits for its end; SIGSTOP suspends it and SIGCONT wakes it. After
   * SIGTERM a real one answers open requests first, and waits up to a minute for open watches.
   */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** Starts it again and waits until it is ready. */
  start(): Promise<void>;
}
