import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { certIdOf } from '../../../src/adapters/apple/ocsp-certificate.ts';
import { readOcspResponse } from '../../../src/adapters/apple/ocsp-response.ts';
import { checkRevocation, type RevocationStatus } from '../../../src/adapters/apple/ocsp.ts';
import { createAuthority } from '../../../src/example-credentials/certificate-authority.ts';
import { daysAfter } from '../../../src/example-credentials/days.ts';
import { generateEcKey, generateRsaKey } from '../../../src/example-credentials/key-pair.ts';
import { issuePassCertificate } from '../../../src/example-credentials/pass-certificate.ts';
import { issueWwdr } from '../../../src/example-credentials/wwdr-certificate.ts';
import { startFakeOcsp, type FakeOcsp, type OcspBehaviour } from '../../support/fake-apple/fake-ocsp.ts';
import { encodeOcspResponse } from '../../support/fake-apple/ocsp-messages.ts';
import { createResponder, responderKinds } from '../../support/fake-apple/ocsp-responder.ts';
import { eventually } from '../../support/wait.ts';

const now = new Date();
const validity = { notBefore: daysAfter(now, -30), notAfter: daysAfter(now, 364) };
const keys = generateRsaKey();
const authority = createAuthority({ now, wwdrKey: generateRsaKey() });
const issuer = authority.wwdr('G4');

function passCertificate(ocspUri?: string, serialNumber?: bigint): string {
  const request = { passTypeIdentifier: 'pass.com.example', teamIdentifier: 'ABCDE12345', key: keys, ...validity };
  return issuePassCertificate(issuer, {
    ...request,
    ...(ocspUri !== undefined && { ocspUri }),
    ...(serialNumber !== undefined && { serialNumber }),
  }).certificate.pem;
}
const certificate = passCertificate();

describe('checkRevocation', () => {
  let ocsp: FakeOcsp;

  before(async () => {
    ocsp = await startFakeOcsp(issuer);
  });
  afterEach(() => eventually(() => ocsp.connections.size === 0, { describe: 'every connection to be closed' }));
  after(() => ocsp.close());

  interface Question {
    certificate?: string;
    issuer?: string;
    ocspUrl?: string | undefined;
    now?: Date;
    signal?: AbortSignal;
  }

  function check(behaviour: OcspBehaviour, question: Question = {}): Promise<RevocationStatus> {
    ocsp.behave(behaviour);
    const { signal = AbortSignal.timeout(10_000) } = question;
    const url = 'ocspUrl' in question ? question.ocspUrl : ocsp.url;
    return checkRevocation(
      { certificate: question.certificate ?? certificate, issuer: question.issuer ?? issuer.certificate.pem },
      { ocspUrl: url, now: () => question.now ?? new Date(), signal },
    );
  }

  async function unreachable(behaviour: OcspBehaviour, message: RegExp, question: Question = {}): Promise<void> {
    const status = await check(behaviour, question);
    assert.equal(status.status, 'unreachable');
    assert.match(status.status === 'unreachable' ? status.message : '', message);
  }

  const revokedAt = new Date('2026-05-06T07:08:09Z');
  const believed: [string, OcspBehaviour, RevocationStatus][] = [
    ['good', {}, { status: 'good' }],
    ['unknown', { status: 'unknown' }, { status: 'unknown' }],
    ['revoked', { status: { revokedAt } }, { status: 'revoked', at: revokedAt, reason: 'unspecified' }],
    [
      'revoked with a reason',
      { status: { revokedAt, reason: 1 } },
      { status: 'revoked', at: revokedAt, reason: 'keyCompromise' },
    ],
    [
      'revoked with an unknown reason',
      { status: { revokedAt, reason: 99 } },
      { status: 'revoked', at: revokedAt, reason: 'unspecified' },
    ],
    ['good without nextUpdate', { nextUpdateHours: null }, { status: 'good' }],
    ['good of a clock that is four minutes ahead', { thisUpdateHours: 4 / 60 }, { status: 'good' }],
    ['good that ended four minutes ago', { nextUpdateHours: -4 / 60 }, { status: 'good' }],
  ];
  for (const [what, behaviour, expected] of believed) {
    it(`believes: ${what}`, async () => {
      assert.deepEqual(await check(behaviour), expected);
    });
  }

  const trusted = responderKinds.slice(0, 3);
  for (const signer of responderKinds) {
    const believes = trusted.includes(signer);
    it(`${believes ? 'believes' : 'does not believe'} an answer signed by: ${signer}`, async () => {
      if (believes) return assert.deepEqual(await check({ signer }), { status: 'good' });
      await unreachable({ signer }, /its answer cannot be used, its sign/);
      await unreachable({ signer, status: { revokedAt } }, /its answer cannot be used, its sign/);
    });
  }

  const flipLastBit = (response: Buffer): Buffer => {
    const copy = Buffer.from(response);
    copy[copy.length - 1] = (copy.at(-1) ?? 0) ^ 1;
    return copy;
  };
  const useless: [string, OcspBehaviour, RegExp][] = [
    [
      'an answer that is out of date',
      { thisUpdateHours: -48, nextUpdateHours: -24 },
      /it is out of date; is the clock right\?/,
    ],
    ['an answer of two days ago without an end', { thisUpdateHours: -48, nextUpdateHours: null }, /out of date/],
    ['an answer of the future', { thisUpdateHours: 2 }, /it is of the future; is the clock right\?/],
    ['an answer about another certificate', { aboutAnother: true }, /about another certificate/],
    ['a SHA-1 signature', { hash: 'sha1' }, /an algorithm that is not accepted/],
    ['a changed signature', { tamper: flipLastBit }, /its signature is not of the issuer/],
    ['half an answer', { tamper: (response) => response.subarray(0, 100) }, /not an OCSP response/],
    ['nothing', { tamper: () => Buffer.alloc(0) }, /not an OCSP response/],
    [
      'bytes without meaning',
      { tamper: (response) => response.map((byte) => byte ^ 0x55) as Buffer },
      /not an OCSP response/,
    ],
    ['a page', { fault: { reply: { status: 200, text: '<html>secret</html>' } } }, /not an OCSP response/],
    ['tryLater', { error: 3 }, /it is the error tryLater/],
    ['unauthorized', { error: 6 }, /it is the error unauthorized/],
    ['an error that does not exist', { error: 77 }, /it is the error of an unknown number/],
    ['success without an answer', { error: 0 }, /unknown type/],
    ['an error of the server', { fault: { reply: { status: 500, text: 'secret' } } }, /answered with HTTP status 500/],
    [
      'a redirect',
      { fault: { reply: { status: 302, headers: { location: 'http://127.0.0.1:1/' } } } },
      /HTTP status 302/,
    ],
    ['a reset', { fault: 'reset' }, /the connection was reset/],
    ['a reset in mid-answer', { fault: 'truncate' }, /the connection was reset/],
    ['an answer without end', { fault: 'flood' }, /longer than any OCSP response/],
  ];
  for (const [what, behaviour, message] of useless) {
    it(`does not know after ${what}`, () => unreachable(behaviour, message));
  }

  it('does not know when the responder does not answer in time', () =>
    unreachable({ fault: 'hang' }, /did not answer in time/, { signal: AbortSignal.timeout(300) }));

  it('does not know when nothing listens', () =>
    unreachable({}, /127\.0\.0\.1:1: it refuses connections/, { ocspUrl: 'http://127.0.0.1:1/' }));

  it('believes nothing about the certificate of another issuer', async () => {
    const other = issueWwdr(authority.root, { generation: 'G3', ...validity });
    await unreachable({}, /it is the error unauthorized/, { issuer: other.certificate.pem });
  });

  it('asks about serial numbers of any length', async () => {
    for (const serialNumber of [1n, 0x80n, 2n ** 159n - 1n]) {
      assert.deepEqual(await check({}, { certificate: passCertificate(undefined, serialNumber) }), { status: 'good' });
    }
  });

  it('asks an ECDSA issuer', async () => {
    const ecdsa = issueWwdr(authority.root, { generation: 'G6', ...validity, key: generateEcKey('P-384') });
    const responder = await startFakeOcsp(ecdsa);
    const request = { passTypeIdentifier: 'pass.com.example', teamIdentifier: 'ABCDE12345', key: keys, ...validity };
    const pem = issuePassCertificate(ecdsa, request).certificate.pem;
    const status = await check({}, { certificate: pem, issuer: ecdsa.certificate.pem, ocspUrl: responder.url });
    await responder.close();
    assert.deepEqual(status, { status: 'good' });
  });

  const foreign = [
    'http://ocsp.example.com/',
    'http://apple.com.example.com/',
    'http://notapple.com/',
    'http://ocsp.apple.com:8080/',
    'http://somebody@ocsp.apple.com/',
    'ldap://ocsp.apple.com/',
    'file:///etc/passwd',
    'no address',
  ];
  for (const ocspUri of foreign) {
    it(`does not call ${ocspUri}, which the certificate names`, () =>
      unreachable({}, /names no OCSP responder under apple\.com/, {
        certificate: passCertificate(ocspUri),
        ocspUrl: undefined,
      }));
  }

  it('calls the address that the certificate names, under apple.com', async () => {
    // Aborted, so that the test stays off the network: the host in the message is where it would have gone.
    const signal = AbortSignal.abort();
    await unreachable({}, /^ocsp\.apple\.com: /, { certificate, ocspUrl: undefined, signal });
    await unreachable({}, /^127\.0\.0\.1:\d+: /, { certificate, signal });
  });

  for (const [signer, step] of [
    ['issuer', 1],
    ['delegate', 13],
  ] as const) {
    it(`never takes a changed answer of the ${signer} for another one, and never fails on it`, () => {
      const certId = certIdOf(new X509Certificate(certificate).raw, issuer.certificate.der);
      const question = { certId, issuer: new X509Certificate(issuer.certificate.pem), now };
      const times = { thisUpdate: daysAfter(now, 0), nextUpdate: daysAfter(now, 1) };
      const serialNumber = BigInt(`0x${new X509Certificate(certificate).serialNumber}`);
      const responder = createResponder(issuer, signer, now);
      const honest = encodeOcspResponse(issuer, responder, { serialNumber, status: 'unknown', ...times });
      assert.deepEqual(readOcspResponse(honest, question), { status: 'unknown' });
      for (let at = 0; at < honest.length; at += step) {
        const changed = Buffer.from(honest);
        changed[at] = (changed[at] ?? 0) ^ (1 << (at % 8));
        assert.match(readOcspResponse(changed, question).status, /^(unknown|unusable)$/, `byte ${at}`);
      }
    });
  }
});
