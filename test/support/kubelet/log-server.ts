import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { makeServerCertificate } from '../control-plane/certificates.ts';
import type { ContainerLog, LogLine } from './container-log.ts';
import { hostAddress } from './downward.ts';

/** Answers the log of a container, or says what stands in the way. */
export type FindLog = (
  namespace: string,
  pod: string,
  container: string,
  previous: boolean,
) => { log: ContainerLog } | { status: number; problem: string };

/** The kubelet's port: `/containerLogs/NAMESPACE/POD/CONTAINER`, as the API server asks it for `kubectl logs`. */
export async function startLogServer(find: FindLog): Promise<{ port: number; stop(): Promise<void> }> {
  const { server: certificate } = await makeServerCertificate({
    commonName: 'kubelet',
    dnsNames: ['localhost'],
    addresses: [hostAddress],
  });
  const server = createServer({ cert: certificate.certificate, key: certificate.privateKey }, (request, response) => {
    const url = new URL(request.url ?? '/', 'https://kubelet');
    const [, kind, namespace = '', pod = '', container = ''] = url.pathname.split('/').map(decodeURIComponent);
    if (kind !== 'containerLogs') return void response.writeHead(404).end(`the test kubelet has no ${url.pathname}\n`);
    const found = find(namespace, pod, container, url.searchParams.get('previous') === 'true');
    if ('problem' in found) return void response.writeHead(found.status).end(found.problem);
    sendLog(found.log, url.searchParams, response);
  });
  server.listen(0, hostAddress);
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function sendLog(log: ContainerLog, query: URLSearchParams, response: ServerResponse): void {
  const timestamps = query.get('timestamps') === 'true';
  let left = Number(query.get('limitBytes') ?? Infinity);
  const send = ({ time, text }: LogLine): void => {
    const line = Buffer.from(`${timestamps ? `${time.toISOString().replace('Z', '000000Z')} ` : ''}${text}\n`);
    if (left > 0) response.write(line.subarray(0, left));
    left -= line.length;
  };
  response.writeHead(200, { 'content-type': 'text/plain' });
  response.flushHeaders();
  chosen(log.lines(), query).forEach(send);
  if (query.get('follow') !== 'true' || log.closed()) return void response.end();
  response.once(
    'close',
    log.follow(send, () => response.end()),
  );
}

function chosen(lines: readonly LogLine[], query: URLSearchParams): readonly LogLine[] {
  const [seconds, time, tail] = ['sinceSeconds', 'sinceTime', 'tailLines'].map((name) => query.get(name));
  const since = seconds ? Date.now() - Number(seconds) * 1_000 : time ? Date.parse(time) : -Infinity;
  const recent = lines.filter((line) => line.time.getTime() >= since);
  return tail ? recent.slice(recent.length - Math.min(recent.length, Number(tail))) : recent;
}
