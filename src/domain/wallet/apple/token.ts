import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Redacted } from '../../redacted.ts';

/**
 * The `authenticationToken` of a pass: base64url(HMAC-SHA256(key, serial)), 43 characters. It never changes for a pass, can be made again,
 * and is stored nowhere.
 */
export function passToken(key: Redacted<Buffer>, serialNumber: string): string {
  return createHmac('sha256', key.reveal()).update(serialNumber, 'utf8').digest('base64url');
}

/** Whether an Authorization header has the token of the pass; compared in constant time. */
export function hasPassToken(key: Redacted<Buffer>, serialNumber: string, authorization: string | undefined): boolean {
  const [, given] = /^ApplePass +([\w-]{43}) *$/i.exec(authorization ?? '') ?? [];
  return given !== undefined && timingSafeEqual(Buffer.from(given), Buffer.from(passToken(key, serialNumber)));
}
