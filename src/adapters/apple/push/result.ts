import type { WalletOutcome } from '../../../domain/wallet/retry.ts';
import { describeNetworkFailure } from '../../network-failure.ts';
import type { ApnsEnding } from '../apns-ending.ts';
import { certificateReasons, goneReasons, wrongTokenReasons } from '../apns-reasons.ts';

/** The outcomes of the wallets' table that a push can have. */
export type PushOutcome = Extract<
  WalletOutcome,
  'Synced' | 'Unregistered' | 'BadDeviceToken' | 'ApnsBusy' | 'Unavailable' | 'CredentialRefused' | 'InvalidContent'
>;

export interface PushResult {
  outcome: PushOutcome;
  /** HTTP status of an answer. */
  status?: number;
  /** What APNs named as its reason, a word such as BadDeviceToken. */
  reason?: string;
  /** Of a 410: since when APNs has known that the device does not want pushes. A later registration is a new one. */
  timestamp?: Date;
  /** For people; it holds the first 8 characters of the device token. */
  message: string;
}

/** What a push was, and what is known of the session that it went over. */
export interface Circumstances {
  url: URL;
  deviceToken: string;
  /** Two sessions in a row that APNs has not answered over were closed when it had the certificate. */
  closedTwice: boolean;
}

function outcomeOf(status: number, reason = ''): PushOutcome {
  if (status === 200) return 'Synced';
  if (status === 429 || status >= 500) return 'ApnsBusy';
  if (status === 403) return 'CredentialRefused';
  if (status === 410) return goneReasons.has(reason) ? 'Unregistered' : 'InvalidContent';
  if (status !== 400) return status > 400 ? 'InvalidContent' : 'Unavailable';
  if (wrongTokenReasons.has(reason)) return 'BadDeviceToken';
  if (certificateReasons.has(reason)) return 'CredentialRefused';
  // It judges the connection.
  return reason === 'IdleTimeout' ? 'Unavailable' : 'InvalidContent';
}

function readResult(ending: Extract<ApnsEnding, { ended: 'answered' }>, { deviceToken }: Circumstances): PushResult {
  const { status } = ending;
  // All that Apple documents are words; anything else is not for a log.
  const reason = /^[A-Za-z]{1,64}$/.test(ending.reason ?? '') ? ending.reason : undefined;
  const outcome = outcomeOf(status, reason);
  const timestamp = status === 410 && ending.timestamp !== undefined ? new Date(ending.timestamp) : undefined;
  const since = timestamp ? ` (since ${timestamp.toISOString()})` : '';
  const answer = `APNs answered ${status}${reason === undefined ? '' : ` ${reason}`}${since}`;
  return {
    outcome,
    status,
    ...(reason !== undefined && { reason }),
    ...(timestamp && { timestamp }),
    message: `${answer} to the push to device token ${shorten(deviceToken)}`,
  };
}

/** Enough of a device token to find it. */
export function shorten(deviceToken: string): string {
  return deviceToken.length > 8 ? `${deviceToken.slice(0, 8)}…` : deviceToken;
}

/** What the end of a push means; the certificate is judged as by `askApns`. */
export function judgePush(ending: ApnsEnding, circumstances: Circumstances): PushResult {
  const { url, deviceToken, closedTwice } = circumstances;
  const push = `the push to device token ${shorten(deviceToken)}`;
  switch (ending.ended) {
    case 'answered':
      return readResult(ending, circumstances);
    case 'alert':
      return {
        outcome: 'CredentialRefused',
        message: `APNs ended the connection with the TLS alert ${ending.alert}, which judges the certificate`,
      };
    case 'goaway': {
      const { reason } = ending;
      if (reason !== undefined && certificateReasons.has(reason)) {
        const message = `APNs ended the connection with the reason ${reason}, which judges the certificate`;
        return { outcome: 'CredentialRefused', reason, message };
      }
      return { outcome: 'Unavailable', message: `${url.host}: it ended the connection before it answered ${push}` };
    }
    case 'closed':
      if (closedTwice) {
        const message = 'APNs closed the connection without an answer when it had seen the certificate, twice';
        return { outcome: 'CredentialRefused', message };
      }
      return { outcome: 'Unavailable', message: `${url.host}: it closed the connection before it answered ${push}` };
    case 'failed':
      return { outcome: 'Unavailable', message: `${describeNetworkFailure(ending.error, url)} (${push})` };
  }
}
