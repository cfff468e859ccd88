import type { IncomingHttpHeaders } from 'node:http2';
import type { PeerCertificate } from 'node:tls';
import type { ApnsDevices } from './apns-devices.ts';

/** What APNs answers to a push: a status and, unless it is 200, a reason. */
export interface ApnsReply {
  status: number;
  reason?: string;
  /** Of a 410: milliseconds since 1970. */
  timestamp?: number;
  headers?: Record<string, string>;
}

/** developer.apple.com, "Sending notification requests to APNs". */
const pushTypes = new Set([
  'alert',
  'background',
  'complication',
  'controls',
  'fileprovider',
  'liveactivity',
  'location',
  'mdm',
  'pushtotalk',
  'voip',
  'widgets',
]);

/** What it answers when the client names none. */
export const noId = '00000000-0000-0000-0000-000000000000';

/** Bytes of a payload at most. */
const maximumPayload = 4096;

function isJsonObject(body: string): boolean {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

/** It keeps a push for 30 days at most; a date beyond a year is one in milliseconds, which is a mistake of the client. */
function isExpiration(value: string): boolean {
  return /^\d{1,10}$/.test(value) && Number(value) < Date.now() / 1_000 + 366 * 86_400;
}

function headerProblem(headers: IncomingHttpHeaders, certificate: PeerCertificate): ApnsReply | undefined {
  const topic = headers['apns-topic'];
  const pushType = headers['apns-push-type'];
  const priority = String(headers['apns-priority'] ?? '10');
  if (topic === undefined) return { status: 400, reason: 'MissingTopic' };
  if (topic !== (certificate.subject as Record<string, unknown>).UID) return { status: 400, reason: 'TopicDisallowed' };
  if (pushType !== undefined && !pushTypes.has(String(pushType))) return { status: 400, reason: 'InvalidPushType' };
  if (!/^(1|5|10)$/.test(priority) || (pushType === 'background' && priority === '10')) {
    return { status: 400, reason: 'BadPriority' };
  }
  if (!/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i.test(String(headers['apns-id'] ?? noId))) {
    return { status: 400, reason: 'BadMessageId' };
  }
  if (String(headers['apns-collapse-id'] ?? '').length > 64) return { status: 400, reason: 'BadCollapseId' };
  return isExpiration(String(headers['apns-expiration'] ?? '0'))
    ? undefined
    : { status: 400, reason: 'BadExpirationDate' };
}

/** The device token in a path that is one of a push, else ''. */
export function deviceTokenOf(headers: IncomingHttpHeaders): string {
  return /^\/3\/device\/([^/]+)$/.exec(headers[':path'] ?? '')?.[1] ?? '';
}

/** Judges in APNs' order: certificate, path, topic and headers, payload, and the device token last. */
export function judgePush(
  headers: IncomingHttpHeaders,
  body: string,
  certificate: PeerCertificate,
  devices: ApnsDevices,
): ApnsReply {
  if (Object.keys(certificate).length === 0) return { status: 403, reason: 'MissingProviderToken' };
  if (headers[':method'] !== 'POST') return { status: 405, reason: 'MethodNotAllowed' };
  const deviceToken = deviceTokenOf(headers);
  if (deviceToken === '') return { status: 404, reason: 'BadPath' };
  const problem = headerProblem(headers, certificate);
  if (problem) return problem;
  if (body === '') return { status: 400, reason: 'PayloadEmpty' };
  if (body.length > maximumPayload) return { status: 413, reason: 'PayloadTooLarge' };
  if (!isJsonObject(body)) return { status: 400, reason: 'BadMessageId' };
  return devices.answer(deviceToken, String(headers['apns-topic']));
}
