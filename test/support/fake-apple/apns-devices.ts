import type { ApnsReply } from './apns-answer.ts';

interface Device {
  topics: readonly string[];
  gone?: { since: Date; reason: 'Unregistered' | 'ExpiredToken' };
}

/** The device tokens of the production environment; there are none at first. One of the sandbox is unknown to it. */
export class ApnsDevices {
  readonly #devices = new Map<string, Device>();

  /** @param topics The pass type identifiers for which the device takes pushes. */
  register(deviceToken: string, ...topics: string[]): void {
    this.#devices.set(deviceToken, { topics });
  }

  /** Does nothing for a token that is not registered, as APNs knows nothing of it either. */
  unregister(deviceToken: string, since: Date, reason: 'Unregistered' | 'ExpiredToken' = 'Unregistered'): void {
    const device = this.#devices.get(deviceToken);
    if (device) device.gone = { since, reason };
  }

  answer(deviceToken: string, topic: string): ApnsReply {
    const device = this.#devices.get(deviceToken);
    if (!device) return { status: 400, reason: 'BadDeviceToken' };
    if (!device.topics.includes(topic)) return { status: 400, reason: 'DeviceTokenNotForTopic' };
    if (!device.gone) return { status: 200 };
    return { status: 410, reason: device.gone.reason, timestamp: device.gone.since.getTime() };
  }
}
