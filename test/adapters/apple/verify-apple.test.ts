import assert from 'node:assert/strict';
import { verifyApple, type VerifyAppleDeps } from '../../../src/adapters/apple/verify-apple.ts';
import type { OnlineVerdict } from '../../../src/domain/credentials/verdict.ts';
import { Redacted } from '../../../src/domain/redacted.ts';
import { createAuthority } from '../../../src/example-credentials/certificate-authority.ts';
import { daysAfter } from '../../../src/example-credentials/days.ts';
import { issuePassCertificate } from '../../../src/example-credentials/pass-certificate.ts';
import type { ApnsFault } from '../../support/fake-apple/apns-fault.ts';
import { appleCredential } from '../../support/fake-apple/apple-credential.ts';
import { startFakeApns, type FakeApns } from '../../support/fake-apple/fake-apns.ts';
import { startFakeOcsp, type FakeOcsp, type OcspBehaviour } from '../../support/fake-apple/fake-ocsp.ts';
import { modulesLoadedBy } from '../../support/modules-loaded.ts';
import { testAuthority } from '../../support/test-authority.ts';
import { verifyInChild } from '../../support/verify-in-child.ts';
import { eventually } from '../../support/wait.ts';

const now = new Date();
const topic = 'pass.com.example.loyalty';
const authority = createAuthority({ now });
const wwdr = authority.wwdr('G4');
const validity = { notBefore: daysAfter(now, -30), notAfter: daysAfter(now, 364) };
const signer = issuePassCertificate(wwdr, { passTypeIdentifier: topic, teamIdentifier: 'ABCDE12345', ...validity });
const credential = appleCredential(signer, wwdr, topic);

describe('verifyApple', () => {
  let apns: FakeApns;
  let ocsp: FakeOcsp;

  beforeEach(async () => {
    apns = await startFakeApns({ clientAuthorities: [authority.root.certificate.pem] });
    ocsp = await startFakeOcsp(wwdr);
  });

  afterEach(async () => {
    const none = (): boolean => apns.connections.size + ocsp.connections.size === 0;
    await eventually(none, { describe: 'every connection to be closed' });
    await Promise.all([apns.close(), ocsp.close()]);
  });

  function deps(more: Partial<VerifyAppleDeps> = {}): VerifyAppleDeps {
    return { apnsUrl: apns.url, ocspUrl: ocsp.url, now: () => now, timeoutMilliseconds: 10_000, ...more };
  }

  async function verify(more: Partial<VerifyAppleDeps> = {}): Promise<OnlineVerdict> {
    const verdict = await verifyApple(credential, deps(more));
    assert.doesNotMatch(JSON.stringify(verdict), /secret|PRIVATE KEY/);
    return verdict;
  }

  const revokedAt = new Date('2026-05-06T07:08:09Z');
  const refusal: ApnsFault = { reply: { status: 403, reason: 'BadCertificate' } };
  const outage: ApnsFault = { reply: { status: 503, reason: 'Shutdown' } };
  const table: [OcspBehaviour, ApnsFault | undefined, OnlineVerdict['outcome'], RegExp][] = [
    [{}, undefined, 'verified', /^APNs takes the certificate for pass\.com\.example\.loyalty; it is not revoked\.$/],
    [{ status: 'unknown' }, undefined, 'verified', /; the OCSP responder does not know it\.$/],
    [{ error: 3 }, undefined, 'verified', /; whether it is revoked is not known \(127\.0\.0\.1:\d+: .*tryLater\)\.$/],
    [{ fault: 'reset' }, undefined, 'verified', /is not known \(127\.0\.0\.1:\d+: the connection was reset\)\.$/],
    [
      {},
      refusal,
      'refused',
      /^APNs answered 403 BadCertificate to the certificate; it is not revoked\. Is it the Pass Type ID/,
    ],
    [{ fault: 'reset' }, refusal, 'refused', /^APNs answered 403 BadCertificate .* is not known/],
    [{}, 'closeAfterHandshake', 'refused', /^APNs closed the connection/],
    [{}, outage, 'unreachable', /^APNs was not reached: localhost:\d+: .*503.* it is not revoked\.$/],
    [{ fault: 'reset' }, outage, 'unreachable', /^APNs was not reached: .* is not known/],
  ];
  for (const [behaviour, fault, outcome, message] of table) {
    it(`${outcome} when OCSP says ${JSON.stringify(behaviour)} and APNs ${JSON.stringify(fault ?? 'accepts')}`, async () => {
      ocsp.behave(behaviour);
      if (fault) apns.inject(fault);
      const verdict = await verify();
      assert.equal(verdict.outcome, outcome);
      assert.match(verdict.message, message);
      if (verdict.outcome === 'refused') assert.equal(verdict.reason, 'CertificateRefused');
    });
  }

  it('refuses a revoked certificate without asking APNs', async () => {
    ocsp.behave({ status: { revokedAt, reason: 5 } });
    assert.deepEqual(await verify(), {
      outcome: 'refused',
      reason: 'CertificateRevoked',
      message:
        'Apple revoked the certificate on 2026-05-06 (cessationOfOperation). Create a new one in the Apple developer account.',
    });
    assert.equal(apns.handshakes, 0);
  });

  it('asks APNs although OCSP does not answer in time', async () => {
    ocsp.behave({ fault: 'hang' });
    const verdict = await verify({ timeoutMilliseconds: 1500 });
    assert.equal(verdict.outcome, 'verified');
    assert.match(verdict.message, /did not answer in time/);
  });

  it('ends in time when nobody answers', async () => {
    ocsp.behave({ fault: 'hang' });
    apns.inject('hang');
    assert.equal((await verify({ timeoutMilliseconds: 600 })).outcome, 'unreachable');
  });

  it('ends in time when the time does not divide by three', async () => {
    apns.inject('hang');
    assert.equal((await verify({ timeoutMilliseconds: 100 })).outcome, 'unreachable');
  });

  it('throws the reason when it is aborted before the first call', async () => {
    const reason = new Error('stopping');
    await assert.rejects(verifyApple(credential, deps({ signal: AbortSignal.abort(reason) })), reason);
    assert.deepEqual([ocsp.requests, apns.handshakes], [0, 0]);
  });

  for (const [where, hang, asked] of [
    ['OCSP', () => ocsp.behave({ fault: 'hang' }), () => ocsp.requests === 1],
    ['APNs', () => apns.inject('hang'), () => apns.pushes.length === 1],
  ] as const) {
    it(`throws the reason when it is aborted while ${where} hangs`, async () => {
      hang();
      const stop = new AbortController();
      const reason = new Error('stopping');
      const rejection = assert.rejects(verifyApple(credential, deps({ signal: stop.signal })), reason);
      await eventually(asked, { describe: `a request to ${where}` });
      stop.abort(reason);
      await rejection;
    });
  }

  it('has no verdict on a credential of another provider', async () => {
    const { 'signer.pem': _, ...others } = credential.files.reveal();
    const broken = { ...credential, files: new Redacted(others) };
    await assert.rejects(verifyApple(broken, deps()), TypeError);
  });

  it('trusts what NODE_EXTRA_CA_CERTS names', async () => {
    const module = new URL('../../../src/adapters/apple/verify-apple.ts', import.meta.url);
    const endpoints = { apnsUrl: apns.url, ocspUrl: ocsp.url };
    const pem = testAuthority().certificate.pem;
    const verdict = await verifyInChild({ module, name: 'verifyApple' }, credential, endpoints, pem);
    assert.equal(verdict.message, 'APNs takes the certificate for pass.com.example.loyalty; it is not revoked.');
  });

  it('does not load the ASN.1 library for a process that never asks', async () => {
    const loaded = await modulesLoadedBy(new URL('../../../src/adapters/apple/verify-apple.ts', import.meta.url));
    assert.deepEqual(
      loaded.filter((path) => /asn1/.test(path)),
      [],
    );
  });
});
