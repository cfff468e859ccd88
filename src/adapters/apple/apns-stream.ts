import type { ClientHttp2Session, ClientHttp2Stream } from 'node:http2';
import { parseAnswer, type ApnsEnding } from './apns-ending.ts';

/**
 * `background` (priority 5, the only one that APNs takes with it) or `alert` (priority 10).
 *
 * Peers differ, as Apple says nothing about passes: vapor-community/PassKit and users of dotAPNS send `background`
 * (github.com/alexalok/dotAPNS/issues/99), others send none or `alert`; iPhones fetch the pass after either. A push type
 * has to tell what the payload does or APNs may delay or drop it ("Sending notification requests to APNs",
 * developer.apple.com), and `{}` shows nothing, which is `background`. Apple may deliver that in bursts; reports of
 * late updates name `alert` as no faster (github.com/alexalok/dotAPNS/issues/115).
 */
export type PushType = 'background' | 'alert';

const priorities: Readonly<Record<PushType, string>> = { background: '5', alert: '10' };

export interface PushRequest {
  /** The pass type identifier. */
  topic: string;
  deviceToken: string;
  pushType: PushType;
  /** Seconds since 1970 until which APNs keeps the push for a device that is offline (30 days at most); 0: it does not. */
  expiration: number;
}

/** Bytes of an answer that are read; APNs sends about 30. */
const maximumAnswerSize = 4096;

export function sendPush(session: ClientHttp2Session, request: PushRequest): ClientHttp2Stream {
  const { topic, deviceToken, pushType, expiration } = request;
  const stream = session.request({
    ':method': 'POST',
    ':path': `/3/device/${encodeURIComponent(deviceToken)}`,
    'apns-topic': topic,
    'apns-push-type': pushType,
    'apns-priority': priorities[pushType],
    'apns-expiration': String(expiration),
    'content-type': 'application/json',
  });
  stream.end('{}');
  return stream;
}

/** Calls `settle` with the answer, also with one whose body is cut off: its status says enough. Without an answer, never. */
export function readAnswer(stream: ClientHttp2Stream, settle: (ending: ApnsEnding) => void): void {
  const parts: Buffer[] = [];
  let status = 0;
  let size = 0;
  const answered = (): void => {
    if (status > 0) settle({ ended: 'answered', status, ...parseAnswer(Buffer.concat(parts)) });
  };
  stream.once('response', (headers) => (status = Number(headers[':status'])));
  stream.on('data', (part: Buffer) => {
    size += part.length;
    if (size > maximumAnswerSize) answered();
    else parts.push(part);
  });
  stream.once('end', answered).once('close', answered);
}
