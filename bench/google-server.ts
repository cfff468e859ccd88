import { startFakeGoogle } from '../test/support/fake-google/fake-google.ts';
import { testAuthority } from '../test/support/test-authority.ts';
import type { GoogleServerCount, GoogleServerOrder, GoogleServerReady } from './google-server-order.ts';

/** The fake Google in a process of its own, so that its limiter shares no event loop with those whose rate it counts. */
const order = JSON.parse(process.argv[2] ?? '') as GoogleServerOrder;
const { account, issuerId, classId, requestsPerSecond, latencyMilliseconds } = order;
const fake = await startFakeGoogle({ requestsPerSecond });
fake.accounts.register(account);
fake.issuers.set(issuerId, new Set([account.client_email]));
fake.wallet.insert('loyaltyClass', {
  id: classId,
  issuerName: 'Kiosk',
  programName: 'Stamps',
  programLogo: { sourceUri: { uri: 'https://example.com/logo.png' } },
  reviewStatus: 'UNDER_REVIEW',
});
let [taken, first, last] = [0, 0, 0];
fake.interfere = ({ kind, id }) => {
  if (kind === 'loyaltyObject' && fake.wallet.find(id) === undefined)
    fake.wallet.insert(kind, { id, classId, state: 'ACTIVE' });
  last = performance.now();
  if (taken === 0) first = last;
  taken += 1;
  return { delayMilliseconds: latencyMilliseconds };
};
process.on('message', () => {
  const count: GoogleServerCount = { taken, refused: fake.quota.refused, milliseconds: last - first };
  [taken, fake.quota.refused] = [0, 0];
  process.send?.(count);
});
const ready: GoogleServerReady = { url: fake.walletUrl, authority: testAuthority().certificate.pem };
process.send?.(ready);
process.once('disconnect', () => process.exit(0));
