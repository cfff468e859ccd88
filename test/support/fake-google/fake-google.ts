import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import type { Identity } from '../../../src/example-credentials/certificate.ts';
import { close, listen, trackSockets, type OpenSockets } from '../sockets.ts';
import { issueServerCertificate, testAuthority } from '../test-authority.ts';
import { Accounts } from './accounts.ts';
import { carryOut, type Fault } from '../fault.ts';
import { googleError } from './google-error.ts';
import { readIssuer, type Issuers } from './issuer-endpoint.ts';
import { sendReply, type Reply } from '../reply.ts';
import { exchangeAssertion, type Tokens } from './token-endpoint.ts';

export type GoogleEndpoint = 'token' | 'issuer' | 'certificates';

export interface FakeGoogle {
  /** For GOOGLE_TOKEN_URL, GOOGLE_WALLET_URL, GOOGLE_CERTS_URL. */
  tokenUrl: string;
  walletUrl: string;
  certsUrl: string;
  accounts: Accounts;
  /** Add issuer ids with the e-mail addresses that may use them. */
  issuers: Issuers;
  /** Each endpoint's fault, for the first `times` requests from now on (default: all). */
  inject(endpoint: GoogleEndpoint, fault: Fault, times?: number): void;
  /** The endpoints that were called, in their order. */
  requests: GoogleEndpoint[];
  connections: OpenSockets;
  close(): Promise<void>;
}

interface State extends Pick<FakeGoogle, 'accounts' | 'issuers' | 'requests'> {
  tokens: Tokens;
  faults: Map<GoogleEndpoint, { fault: Fault; left: number }>;
  now: () => Date;
}

const certificatesPath = '/service_accounts/v1/metadata/x509/';
const issuerPath = '/walletobjects/v1/issuer/';

function endpointOf(method: string | undefined, path: string): GoogleEndpoint | undefined {
  if (method === 'POST' && path === '/token') return 'token';
  if (method === 'GET' && path.startsWith(issuerPath)) return 'issuer';
  if (method === 'GET' && path.startsWith(certificatesPath)) return 'certificates';
  return undefined;
}

function certificates(clientEmail: string, { accounts }: State): Reply {
  const account = accounts.find(clientEmail);
  if (!account) return googleError('issuerNotFound', 'Not found; Gaia id not found for email');
  const keys = account.disabled ? [] : [...account.keys].map(([id, { certificate }]) => [id, certificate]);
  return { status: 200, json: Object.fromEntries(keys) };
}

async function answer(endpoint: GoogleEndpoint, request: IncomingMessage, path: string, state: State): Promise<Reply> {
  const rest = (prefix: string): string => decodeURIComponent(path.slice(prefix.length));
  switch (endpoint) {
    case 'token': {
      const form = request.headers['content-type']?.startsWith('application/x-www-form-urlencoded');
      const body = form ? await text(request) : '';
      return exchangeAssertion(new URLSearchParams(body), state.accounts, state.tokens, state.now());
    }
    case 'issuer':
      return readIssuer(rest(issuerPath), request.headers.authorization, state.tokens, state.issuers, state.now());
    case 'certificates':
      return certificates(rest(certificatesPath), state);
  }
}

function nextFault(endpoint: GoogleEndpoint, { faults }: State): Fault | undefined {
  const injected = faults.get(endpoint);
  if (!injected || injected.left === 0) return undefined;
  injected.left -= 1;
  return injected.fault;
}

async function handle(
  request: IncomingMessage,
  response: ServerResponse,
  transport: Socket | undefined,
  state: State,
): Promise<void> {
  const path = new URL(request.url ?? '/', 'https://fake').pathname;
  const endpoint = endpointOf(request.method, path);
  // Google's answer to an unknown path is a page.
  if (!endpoint) return sendReply(response, { status: 404, text: '<title>Error 404 (Not Found)!!1</title>' });
  state.requests.push(endpoint);
  const fault = nextFault(endpoint, state);
  if (fault !== undefined && !(await carryOut(fault, response, transport))) return;
  sendReply(response, await answer(endpoint, request, path, state));
}

export interface FakeGoogleOptions {
  /** Whose certificate it shows; default: one that this process trusts. */
  authority?: Identity;
  /** Names and addresses in its certificate. */
  hosts?: string[];
  /** The clock of Google; default: the machine's. */
  now?: () => Date;
}

/**
 * A Google on the wire: token endpoint, one call of the Wallet API, and the public certificates of service accounts, as
 * strict as the real ones, over TLS on a port of 127.0.0.1.
 */
export async function startFakeGoogle(options: FakeGoogleOptions = {}): Promise<FakeGoogle> {
  const { authority = testAuthority(), hosts = ['localhost', '127.0.0.1'], now = () => new Date() } = options;
  const state: State = {
    accounts: new Accounts(),
    issuers: new Map(),
    requests: [],
    tokens: new Map(),
    faults: new Map(),
    now,
  };
  const transports = new Map<number, Socket>();
  const server = createServer(issueServerCertificate(authority, ...hosts), (request, response) => {
    handle(request, response, transports.get(request.socket.remotePort ?? 0), state).catch(() => response.destroy());
  });
  server.on('connection', (socket: Socket) => transports.set(socket.remotePort ?? 0, socket));
  const connections = trackSockets(server);
  const origin = `https://localhost:${await listen(server)}`;
  return {
    tokenUrl: `${origin}/token`,
    walletUrl: origin,
    certsUrl: `${origin}${certificatesPath.slice(0, -1)}`,
    accounts: state.accounts,
    issuers: state.issuers,
    requests: state.requests,
    connections,
    inject: (endpoint, fault, times = Infinity) => void state.faults.set(endpoint, { fault, left: times }),
    close: () => close(server, connections),
  };
}
