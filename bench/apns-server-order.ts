/** What the process of the fake APNs is told by its first argument, in JSON. */
export interface ApnsServerOrder {
  /** PEM. */
  clientAuthorities: string[];
  devices: number;
  topic: string;
}

/** What it says when it serves. */
export interface ApnsServerReady {
  url: string;
  /** PEM, of whoever issued its certificate. */
  authority: string;
}

/** A device token of the bench, such as the fake knows from 0 on. */
export function tokenOf(number: number): string {
  return number.toString(16).padStart(64, 'b');
}
