import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import type { Identity } from '../../../src/example-credentials/certificate.ts';
import { carryOut, type Fault } from '../fault.ts';
import { sendReply } from '../reply.ts';
import { close, listen, trackSockets, type OpenSockets } from '../sockets.ts';
import { decodeOcspRequest, encodeOcspError, encodeOcspResponse, OcspError, type FakeStatus } from './ocsp-messages.ts';
import { createResponder, type ResponderKind } from './ocsp-responder.ts';

/** How the responder answers. Each field has a default; together they make an honest "good". */
export interface OcspBehaviour {
  status?: FakeStatus;
  signer?: ResponderKind;
  /** Digest of the signature. */
  hash?: 'sha256' | 'sha1';
  /** Hours from now. Default: an hour ago, and in eleven; null leaves nextUpdate out. */
  thisUpdateHours?: number;
  nextUpdateHours?: number | null;
  /** Answers about the next serial number. */
  aboutAnother?: boolean;
  /** Changes the finished response. */
  tamper?: (response: Buffer) => Buffer;
  /** An OCSP error instead. */
  error?: number;
  fault?: Fault;
}

export interface FakeOcsp {
  /** For OCSP_URL. */
  url: string;
  behave(behaviour: OcspBehaviour): void;
  /** How many requests came. */
  readonly requests: number;
  connections: OpenSockets;
  close(): Promise<void>;
}

const hour = 3_600_000;

function respond(request: Buffer, issuer: Identity, behaviour: OcspBehaviour): Buffer {
  const { status = 'good', signer = 'issuer', hash, thisUpdateHours = -1, nextUpdateHours = 11 } = behaviour;
  const now = new Date();
  const after = (hours: number): Date => new Date(now.getTime() + hours * hour);
  const serialNumber = decodeOcspRequest(request, issuer) + (behaviour.aboutAnother ? 1n : 0n);
  const nextUpdate = nextUpdateHours === null ? undefined : after(nextUpdateHours);
  const content = { serialNumber, status, thisUpdate: after(thisUpdateHours), nextUpdate };
  return encodeOcspResponse(issuer, createResponder(issuer, signer, now), content, hash);
}

function bodyFor(request: Buffer, issuer: Identity, behaviour: OcspBehaviour): Buffer {
  if (behaviour.error !== undefined) return encodeOcspError(behaviour.error);
  try {
    return respond(request, issuer, behaviour);
  } catch (error) {
    return encodeOcspError(error instanceof OcspError ? error.status : 1);
  }
}

async function handle(
  request: IncomingMessage,
  response: ServerResponse,
  issuer: Identity,
  behaviour: OcspBehaviour,
): Promise<void> {
  const { fault, tamper = (body) => body } = behaviour;
  const type = request.headers['content-type'];
  if (request.method !== 'POST' || type !== 'application/ocsp-request') return sendReply(response, { status: 400 });
  const body = await buffer(request);
  if (fault !== undefined && !(await carryOut(fault, response, request.socket as Socket))) return;
  const headers = { 'content-type': 'application/ocsp-response' };
  sendReply(response, { status: 200, text: tamper(bodyFor(body, issuer, behaviour)), headers });
}

/** An OCSP responder on the wire (plain HTTP, as Apple's), for the certificates of one issuer. */
export async function startFakeOcsp(issuer: Identity): Promise<FakeOcsp> {
  let current: OcspBehaviour = {};
  let requests = 0;
  const server = createServer((request, response) => {
    requests += 1;
    handle(request, response, issuer, current).catch(() => response.destroy());
  });
  const connections = trackSockets(server);
  const port = await listen(server);
  return {
    url: `http://127.0.0.1:${port}/ocsp03-wwdrg4`,
    behave: (behaviour) => void (current = behaviour),
    get requests() {
      return requests;
    },
    connections,
    close: () => close(server, connections),
  };
}
