import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CertificateAuthority } from '../../src/example-credentials/certificate-authority.ts';
import { type FakeApns, startFakeApns } from './fake-apple/fake-apns.ts';
import { type FakeOcsp, startFakeOcsp } from './fake-apple/fake-ocsp.ts';
import { type FakeGoogle, startFakeGoogle } from './fake-google/fake-google.ts';
import { testAuthority } from './test-authority.ts';

/** Google and Apple on the wire, for a process that is given the environment. */
export interface FakeProviders {
  google: FakeGoogle;
  apns: FakeApns;
  ocsp: FakeOcsp;
  environment: Record<string, string>;
  close(): Promise<void>;
}

/**
 * @param authorities Whose certificates APNs takes; the OCSP responder is of the first one's WWDR G4.
 * @param directory Where a file is put for NODE_EXTRA_CA_CERTS.
 */
export async function startFakeProviders(
  authorities: readonly [CertificateAuthority, ...CertificateAuthority[]],
  directory: string,
): Promise<FakeProviders> {
  const trusted = join(directory, 'authority-of-the-fakes.pem');
  await writeFile(trusted, testAuthority().certificate.pem);
  const google = await startFakeGoogle();
  const apns = await startFakeApns({ clientAuthorities: authorities.map(({ root }) => root.certificate.pem) });
  const ocsp = await startFakeOcsp(authorities[0].wwdr('G4'));
  const environment = {
    NODE_EXTRA_CA_CERTS: trusted,
    GOOGLE_TOKEN_URL: google.tokenUrl,
    GOOGLE_WALLET_URL: google.walletUrl,
    GOOGLE_CERTS_URL: google.certsUrl,
    APNS_URL: apns.url,
    OCSP_URL: ocsp.url,
  };
  const close = async (): Promise<void> => void (await Promise.all([google.close(), apns.close(), ocsp.close()]));
  return { google, apns, ocsp, environment, close };
}
