import assert from 'node:assert/strict';
import type { ApnsEnding } from '../../../../src/adapters/apple/apns-ending.ts';
import { judgePush, type PushOutcome } from '../../../../src/adapters/apple/push/result.ts';

const deviceToken = '0123456789abcdef'.repeat(4);
const circumstances = { url: new URL('https://api.push.apple.com'), deviceToken, closedTwice: false };

function answered(status: number, reason?: string, timestamp?: number): ApnsEnding {
  return { ended: 'answered', status, reason, timestamp };
}

describe('judgePush', () => {
  const rows: [ApnsEnding, PushOutcome][] = [
    [answered(200), 'Synced'],
    [answered(400, 'BadDeviceToken'), 'BadDeviceToken'],
    [answered(400, 'DeviceTokenNotForTopic'), 'BadDeviceToken'],
    [answered(400, 'TopicDisallowed'), 'CredentialRefused'],
    [answered(400, 'BadTopic'), 'CredentialRefused'],
    [answered(400, 'BadCertificate'), 'CredentialRefused'],
    [answered(400, 'BadPriority'), 'InvalidContent'],
    [answered(400, 'PayloadEmpty'), 'InvalidContent'],
    [answered(400), 'InvalidContent'],
    [answered(400, 'IdleTimeout'), 'Unavailable'],
    [answered(403, 'Forbidden'), 'CredentialRefused'],
    [answered(403), 'CredentialRefused'],
    [answered(404, 'BadPath'), 'InvalidContent'],
    [answered(405, 'MethodNotAllowed'), 'InvalidContent'],
    [answered(410, 'Unregistered', 1), 'Unregistered'],
    [answered(410, 'ExpiredToken', 1), 'Unregistered'],
    [answered(410, 'SomethingNew', 1), 'InvalidContent'],
    [answered(413, 'PayloadTooLarge'), 'InvalidContent'],
    [answered(429, 'TooManyRequests'), 'ApnsBusy'],
    [answered(429, 'TooManyProviderTokenUpdates'), 'ApnsBusy'],
    [answered(500, 'InternalServerError'), 'ApnsBusy'],
    [answered(503, 'Shutdown'), 'ApnsBusy'],
    [answered(503, 'BadDeviceToken'), 'ApnsBusy'],
    [answered(302), 'Unavailable'],
    [{ ended: 'alert', alert: 'certificate_revoked' }, 'CredentialRefused'],
    [{ ended: 'goaway', reason: 'BadCertificate' }, 'CredentialRefused'],
    [{ ended: 'goaway', reason: 'Shutdown' }, 'Unavailable'],
    [{ ended: 'goaway', reason: undefined }, 'Unavailable'],
    [{ ended: 'closed' }, 'Unavailable'],
    [{ ended: 'failed', error: new DOMException('late', 'TimeoutError') }, 'Unavailable'],
    [{ ended: 'failed', error: undefined }, 'Unavailable'],
  ];
  for (const [ending, outcome] of rows) {
    it(`${JSON.stringify(ending)} is ${outcome}`, () => {
      const result = judgePush(ending, circumstances);
      assert.equal(result.outcome, outcome);
      assert.ok(result.message.length > 20);
      assert.ok(
        !JSON.stringify(result).includes(deviceToken.slice(0, 9)),
        'more than 8 characters of the device token',
      );
    });
  }

  it('a connection closed twice without an answer refuses the credential', () => {
    assert.equal(judgePush({ ended: 'closed' }, { ...circumstances, closedTwice: true }).outcome, 'CredentialRefused');
  });

  it('has a timestamp of a 410 only', () => {
    assert.deepEqual(judgePush(answered(410, 'Unregistered', 1_000), circumstances).timestamp, new Date(1_000));
    assert.ok(!('timestamp' in judgePush(answered(410, 'Unregistered'), circumstances)));
    assert.ok(!('timestamp' in judgePush(answered(400, 'BadDeviceToken', 1_000), circumstances)));
  });

  it('quotes no reason that is not a word', () => {
    const result = judgePush(answered(403, 'a secret of the provider'), circumstances);
    assert.deepEqual(result, {
      outcome: 'CredentialRefused',
      status: 403,
      message: 'APNs answered 403 to the push to device token 01234567…',
    });
  });
});
