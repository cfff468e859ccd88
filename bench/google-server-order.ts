import type { ServiceAccount } from '../src/example-credentials/service-account.ts';

/** What the fake Google in a process of its own is told. */
export interface GoogleServerOrder {
  account: ServiceAccount;
  issuerId: string;
  /** Of the objects, which exist from the first request for them on. */
  classId: string;
  requestsPerSecond: number;
  latencyMilliseconds: number;
}

export interface GoogleServerReady {
  url: string;
  /** Of its certificate. */
  authority: string;
}

/** What it has seen since it was asked before. */
export interface GoogleServerCount {
  taken: number;
  refused: number;
  /** Between the first and the last that were taken. */
  milliseconds: number;
}
