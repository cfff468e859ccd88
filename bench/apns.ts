import { fork } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:http2';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { openApns } from '../src/adapters/apple/push/client.ts';
import type { PushIdentity } from '../src/adapters/apple/push/identity.ts';
import { createAuthority } from '../src/example-credentials/certificate-authority.ts';
import { createPushIdentity } from '../test/support/fake-apple/push-identity.ts';
import { tokenOf, type ApnsServerOrder, type ApnsServerReady } from './apns-server-order.ts';
import { median, type Row } from './measure.ts';

export interface ApnsSizes {
  pushes: number;
  rounds: number;
}

/** One round's worth of pushes, with so many under way at a time. */
type Send = (deviceTokens: readonly string[]) => Promise<void>;

interface Measured {
  perSecond: number;
  /** CPU microseconds of the client's process a push. */
  cpu: number;
}

const topic = 'pass.com.example.bench';
const atATime = 500;

/** Pushes over one connection by the client, and by nothing but node:http2, in turn, to the same fake in another process. */
export async function benchApns(sizes: ApnsSizes, say: (text: string) => void): Promise<Row[]> {
  const authority = createAuthority({ now: new Date() });
  const identity = createPushIdentity(authority.wwdr('G4'), topic);
  const devices = Array.from({ length: sizes.pushes }, (_, index) => tokenOf(index));
  const server = await startServer({
    clientAuthorities: [authority.root.certificate.pem],
    devices: sizes.pushes,
    topic,
  });
  const raw = openRaw(server.url, identity);
  const apns = openApns({ url: server.url, identity: () => identity });
  const { signal } = new AbortController();
  const byClient: Send = (tokens) =>
    atOnce(tokens, async (token) => {
      const { outcome, message } = await apns.push(token, {}, signal);
      if (outcome !== 'Synced') throw new Error(message);
    });
  const rounds: { ours: Measured; raw: Measured }[] = [];
  await raw.send(devices);
  await byClient(devices);
  for (let round = 0; round < sizes.rounds; round++) {
    rounds.push({ raw: await measure(raw.send, devices), ours: await measure(byClient, devices) });
    const last = rounds.at(-1);
    say(`APNs: ${last?.ours.perSecond.toFixed(0)} pushes/s, raw ${last?.raw.perSecond.toFixed(0)}/s`);
  }
  await apns.close();
  raw.close();
  server.stop();
  return [rowOf(rounds)];
}

function rowOf(rounds: readonly { ours: Measured; raw: Measured }[]): Row {
  const ratio = median(rounds.map(({ ours, raw }) => ours.perSecond / raw.perSecond));
  const ours = median(rounds.map((round) => round.ours.perSecond));
  const cpu = (kind: 'ours' | 'raw'): string => `${median(rounds.map((round) => round[kind].cpu)).toFixed(0)} µs`;
  return {
    what: `APNs pushes on one connection, ${atATime} at a time`,
    measured: `${(ours / 1_000).toFixed(1)}k/s = ${ratio.toFixed(2)} × raw http2; CPU ${cpu('ours')} a push, raw ${cpu('raw')}`,
    goal: '≥ 0.8 × raw',
    met: ratio >= 0.8,
  };
}

async function measure(send: Send, devices: readonly string[]): Promise<Measured> {
  const [begun, before] = [performance.now(), process.cpuUsage()];
  await send(devices);
  const { user, system } = process.cpuUsage(before);
  return {
    perSecond: devices.length / ((performance.now() - begun) / 1_000),
    cpu: (user + system) / devices.length,
  };
}

async function atOnce(tokens: readonly string[], push: (token: string) => Promise<void>): Promise<void> {
  let next = 0;
  const work = async (): Promise<void> => {
    for (let token = tokens[next++]; token !== undefined; token = tokens[next++]) await push(token);
  };
  await Promise.all(Array.from({ length: atATime }, work));
}

/** The least that node:http2 needs for the same requests. */
function openRaw(url: string, { certificate, issuer, key }: PushIdentity): { send: Send; close: () => void } {
  const session = connect(url, { cert: `${certificate}${issuer}`, key: key.reveal() });
  const push = (token: string): Promise<void> => {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const stream = session.request({
      ':method': 'POST',
      ':path': `/3/device/${token}`,
      'apns-topic': topic,
      'apns-push-type': 'background',
      'apns-priority': '5',
      'apns-expiration': '0',
      'content-type': 'application/json',
    });
    let status = 0;
    stream.once('response', (headers) => (status = Number(headers[':status'])));
    stream.once('error', reject);
    stream.once('close', () => (status === 200 ? resolve() : reject(new Error(`answered ${status}`))));
    stream.resume();
    stream.end('{}');
    return promise;
  };
  return { send: (tokens) => atOnce(tokens, push), close: () => session.close() };
}

async function startServer(order: ApnsServerOrder): Promise<ApnsServerReady & { stop: () => void }> {
  const program = fileURLToPath(new URL('./apns-server.ts', import.meta.url));
  const child = fork(program, [JSON.stringify(order)]);
  const [ready] = (await once(child, 'message')) as [ApnsServerReady];
  setDefaultCACertificates([...getCACertificates('default'), ready.authority]);
  return { ...ready, stop: () => child.disconnect() };
}
