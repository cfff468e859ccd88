import type { RecordedServer } from './recorded-server.ts';

/** A sequence of requests; each is held to an outcome, and every answer to what the real server has answered. */
export interface ConformanceCase {
  name: string;
  /** Needs a controller manager beside a real API server, which not every folder of programs has. */
  controllers?: true;
  run: (server: RecordedServer) => Promise<void>;
}

/** The namespace of a case: its name in the letters of one. */
export function namespaceOf(title: string): string {
  return `c-${title.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')}`.slice(0, 63).replace(/-$/, '');
}
