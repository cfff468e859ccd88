import { openApns, type Apns, type ApnsOptions } from '../../../../src/adapters/apple/push/client.ts';
import type { PushIdentity } from '../../../../src/adapters/apple/push/identity.ts';
import type { PushResult } from '../../../../src/adapters/apple/push/result.ts';
import { createAuthority } from '../../../../src/example-credentials/certificate-authority.ts';
import { startFakeApns, type FakeApns, type FakeApnsOptions } from '../../../support/fake-apple/fake-apns.ts';
import { createPushIdentity } from '../../../support/fake-apple/push-identity.ts';
import { eventually } from '../../../support/wait.ts';

export const topic = 'pass.com.example.loyalty';
const authority = createAuthority({ now: new Date() });
export const wwdr = authority.wwdr('G4');
/** Of an authority that the fake does not know. */
export const stranger = createPushIdentity(createAuthority({ now: new Date() }).wwdr('G4'), topic);
export const identity = createPushIdentity(wwdr, topic);

export interface PushWorld {
  fake: FakeApns;
  apns: Apns;
  /** Pushes that nobody gives up. */
  push: (deviceToken: string) => Promise<PushResult>;
}

interface WorldOptions extends Partial<Omit<ApnsOptions, 'identity'>> {
  fake?: Partial<FakeApnsOptions>;
  identity?: () => PushIdentity;
}

/** A device token that looks like one. */
export function tokenOf(number: number): string {
  return number.toString(16).padStart(64, 'a');
}

/** A fake that knows tokenOf(1) to tokenOf(count) for the topic, and a client; sees that no connection is left. */
export async function withPushes(options: WorldOptions, use: (world: PushWorld) => Promise<void>): Promise<void> {
  const { fake: fakeOptions, ...clientOptions } = options;
  const fake = await startFakeApns({ clientAuthorities: [authority.root.certificate.pem], ...fakeOptions });
  for (let number = 1; number <= 100; number++) fake.devices.register(tokenOf(number), topic);
  const apns = openApns({ url: fake.url, identity: () => identity, ...clientOptions });
  const never = new AbortController().signal;
  try {
    await use({ fake, apns, push: (deviceToken) => apns.push(deviceToken, {}, never) });
    await apns.close();
    await eventually(() => fake.connections.size === 0, { describe: 'every connection to be closed' });
  } finally {
    void apns.close();
    await fake.close();
  }
}
