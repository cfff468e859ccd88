import { startFakeApns } from '../test/support/fake-apple/fake-apns.ts';
import { testAuthority } from '../test/support/test-authority.ts';
import { tokenOf, type ApnsServerOrder, type ApnsServerReady } from './apns-server-order.ts';

/** The fake APNs in a process of its own, so that it shares no event loop with the client that is measured. */
const order = JSON.parse(process.argv[2] ?? '') as ApnsServerOrder;
const fake = await startFakeApns({ clientAuthorities: order.clientAuthorities });
for (let number = 0; number < order.devices; number++) fake.devices.register(tokenOf(number), order.topic);
// What it keeps for tests would only grow here.
setInterval(() => {
  fake.pushes.length = 0;
  fake.record.decisions.length = 0;
}, 100);
const ready: ApnsServerReady = { url: fake.url, authority: testAuthority().certificate.pem };
process.send?.(ready);
process.once('disconnect', () => process.exit(0));
