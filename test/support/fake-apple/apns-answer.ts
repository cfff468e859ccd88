import type { IncomingHttpHeaders } from 'node:http2';
import type { PeerCertificate } from 'node:tls';

/** What APNs answers to a push: a status and, unless it is 200, a reason. */
export interface ApnsReply {
  status: number;
  reason?: string;
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

function headerProblem(headers: IncomingHttpHeaders, certificate: PeerCertificate): ApnsReply | undefined {
  const topic = headers['apns-topic'];
  const pushType = headers['apns-push-type'];
  const priority = headers['apns-priority'] ?? '10';
  if (topic === undefined) return { status: 400, reason: 'MissingTopic' };
  if (topic !== (certificate.subject as Record<string, unknown>).UID) return { status: 400, reason: 'TopicDisallowed' };
  if (pushType !== undefined && !pushTypes.has(String(pushType))) return { status: 400, reason: 'InvalidPushType' };
  if (!/^(1|5|10)$/.test(String(priority)) || (pushType === 'background' && priority === '10')) {
    return { status: 400, reason: 'BadPriority' };
  }
  return /^\d+$/.test(String(headers['apns-expiration'] ?? '0'))
    ? undefined
    : { status: 400, reason: 'BadExpirationDate' };
}

/** Judges in APNs' order: certificate, path, topic and headers, payload, and the device token last. No device is registered here. */
export function judgePush(headers: IncomingHttpHeaders, body: string, certificate: PeerCertificate): ApnsReply {
  if (Object.keys(certificate).length === 0) return { status: 403, reason: 'MissingProviderToken' };
  if (headers[':method'] !== 'POST') return { status: 405, reason: 'MethodNotAllowed' };
  if (!/^\/3\/device\/[^/]+$/.test(headers[':path'] ?? '')) return { status: 404, reason: 'BadPath' };
  const problem = headerProblem(headers, certificate);
  if (problem) return problem;
  if (body === '') return { status: 400, reason: 'PayloadEmpty' };
  if (body.length > maximumPayload) return { status: 413, reason: 'PayloadTooLarge' };
  return isJsonObject(body) ? { status: 400, reason: 'BadDeviceToken' } : { status: 400, reason: 'BadMessageId' };
}
