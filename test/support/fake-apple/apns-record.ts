import type { IncomingHttpHeaders } from 'node:http2';
import type { PeerCertificate } from 'node:tls';
import { deviceTokenOf, type ApnsReply } from './apns-answer.ts';

/** What APNs decided on one push. */
export interface ApnsDecision {
  deviceToken: string;
  topic: string;
  /** Of the client's certificate. */
  uid: string;
  /** SHA-256 of the client's certificate, as Node writes it. */
  certificate: string;
  status: number;
  reason: string | undefined;
}

/** What APNs decided, push by push; a push that met a fault instead of a decision is not among them. */
export class ApnsRecord {
  readonly decisions: ApnsDecision[] = [];
  readonly #taken = new Map<string, number>();

  add(headers: IncomingHttpHeaders, certificate: PeerCertificate, { status, reason }: ApnsReply): void {
    const deviceToken = deviceTokenOf(headers);
    const { UID: uid = '' } = certificate.subject as unknown as Record<string, string>;
    const topic = String(headers['apns-topic']);
    this.decisions.push({ deviceToken, topic, uid, certificate: certificate.fingerprint256, status, reason });
    if (status === 200) this.#taken.set(deviceToken, this.taken(deviceToken) + 1);
  }

  /** How many pushes to a device were taken, with 200. */
  taken(deviceToken: string): number {
    return this.#taken.get(deviceToken) ?? 0;
  }
}
