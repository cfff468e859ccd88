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
import { CallbackSigner } from './callback-signer.ts';
import { type Caller, issuerRefusal, readIssuer, type Issuers } from './issuer-endpoint.ts';
import { Quota } from './quota.ts';
import { WalletStore, type WalletKind } from './wallet-store.ts';
import { isObject } from './wallet-rules.ts';
import { sendReply, type Reply } from '../reply.ts';
import { exchangeAssertion, type Tokens } from './token-endpoint.ts';

export type GoogleEndpoint = 'token' | 'issuer' | 'certificates' | WalletKind | 'callback keys';

/** A request for a class or an object. */
export interface WalletCall {
  kind: WalletKind;
  method: 'POST' | 'PATCH' | 'GET';
  /** Of POST the one in the body. */
  id: string;
  clientEmail: string | undefined;
}

/** A fault, or one that comes when the request has taken effect: then its answer is lost. */
export type WalletFault = Fault | { afterwards: Fault };

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
  /** Classes and objects. */
  wallet: WalletStore;
  /** Asked for each call for a class or an object, after the quota; undefined: none goes wrong. */
  interfere: (call: WalletCall) => WalletFault | undefined;
  /** Of the Wallet API. */
  quota: Quota;
  /** For GOOGLE_CALLBACK_KEYS_URL. */
  callbackKeysUrl: string;
  /** Makes callbacks, and the keys with which they are verified. */
  callbacks: CallbackSigner;
  /** The endpoints that were called, in their order. */
  requests: GoogleEndpoint[];
  connections: OpenSockets;
  close(): Promise<void>;
}

interface State extends Pick<
  FakeGoogle,
  'accounts' | 'issuers' | 'requests' | 'wallet' | 'interfere' | 'quota' | 'callbacks'
> {
  tokens: Tokens;
  faults: Map<GoogleEndpoint, { fault: Fault; left: number }>;
  quotaAnswer: () => Reply;
  now: () => Date;
}

const certificatesPath = '/service_accounts/v1/metadata/x509/';
const issuerPath = '/walletobjects/v1/issuer/';
const walletPath = /^\/walletobjects\/v1\/(loyaltyClass|loyaltyObject)(?:\/(.+))?$/;
const callbackKeysPath = '/gp/m/issuer/keys';

function endpointOf(method: string | undefined, path: string): GoogleEndpoint | undefined {
  if (method === 'POST' && path === '/token') return 'token';
  if (method === 'GET' && path.startsWith(issuerPath)) return 'issuer';
  if (method === 'GET' && path.startsWith(certificatesPath)) return 'certificates';
  if (method === 'GET' && path === callbackKeysPath) return 'callback keys';
  const [, kind, id] = walletPath.exec(path) ?? [];
  const known = id === undefined ? method === 'POST' : method === 'PATCH' || method === 'GET';
  return known ? (kind as WalletKind | undefined) : undefined;
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
      return state.quota.take() ? readIssuer(rest(issuerPath), callerOf(request, state)) : state.quotaAnswer();
    case 'certificates':
      return certificates(rest(certificatesPath), state);
    case 'callback keys':
      return state.callbacks.keys();
    case 'loyaltyClass':
    case 'loyaltyObject':
      throw new Error(`${endpoint} is answered by answerWallet`);
  }
}

function callerOf(request: IncomingMessage, { tokens, issuers, now }: State): Caller {
  return { authorization: request.headers.authorization, tokens, issuers, now: now() };
}

/** A call for a class or an object, and the fault that it meets. */
async function answerWallet(
  kind: WalletKind,
  request: IncomingMessage,
  path: string,
  state: State,
): Promise<{ fault?: WalletFault; reply: () => Reply }> {
  const { quota, quotaAnswer, wallet, now } = state;
  const body = request.method === 'GET' ? undefined : parse(await text(request));
  if (!quota.take()) return { reply: quotaAnswer };
  const inPath = walletPath.exec(path)?.[2];
  const id = inPath === undefined ? String(isObject(body) ? body['id'] : '') : decodeURIComponent(inPath);
  const caller = callerOf(request, state);
  const token = caller.tokens.get(/^Bearer (.+)$/.exec(caller.authorization ?? '')?.[1] ?? '');
  const method = request.method as WalletCall['method'];
  const fault = state.interfere({ kind, method, id, clientEmail: token?.clientEmail });
  const reply = (): Reply => {
    const refusal = issuerRefusal(id.split('.')[0] ?? '', caller);
    if (refusal) return refusal;
    if (method === 'POST') return wallet.insert(kind, body);
    return method === 'PATCH' ? wallet.patch(kind, id, body, now()) : wallet.read(kind, id);
  };
  return fault === undefined ? { reply } : { fault, reply };
}

function parse(content: string): unknown {
  try {
    return JSON.parse(content);
  } catch {
    return undefined;
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
  if (endpoint !== 'loyaltyClass' && endpoint !== 'loyaltyObject') {
    return sendReply(response, await answer(endpoint, request, path, state));
  }
  const asked = await answerWallet(endpoint, request, path, state);
  const own = asked.fault;
  const lost = typeof own === 'object' && 'afterwards' in own;
  const early = lost ? asked.reply() : undefined;
  const met = lost ? own.afterwards : own;
  if (met !== undefined && !(await carryOut(met, response, transport))) return;
  sendReply(response, early ?? asked.reply());
}

export interface FakeGoogleOptions {
  /** Whose certificate it shows; default: one that this process trusts. */
  authority?: Identity;
  /** Names and addresses in its certificate. */
  hosts?: string[];
  /** The clock of Google; default: the machine's. */
  now?: () => Date;
  /** Requests to the Wallet API in any second; default: as many as come. */
  requestsPerSecond?: number;
  /** What is answered to more; default: 429. */
  quotaAnswer?: () => Reply;
}

/**
 * A Google on the wire: token endpoint, Wallet API, the public certificates of service accounts and the keys of callbacks,
 * as strict as the real ones, over TLS on a port of 127.0.0.1.
 */
export async function startFakeGoogle(options: FakeGoogleOptions = {}): Promise<FakeGoogle> {
  const { authority = testAuthority(), hosts = ['localhost', '127.0.0.1'], now = () => new Date() } = options;
  const { requestsPerSecond = Infinity, quotaAnswer = () => googleError('tooManyRequests') } = options;
  const state: State = {
    accounts: new Accounts(),
    issuers: new Map(),
    requests: [],
    tokens: new Map(),
    faults: new Map(),
    wallet: new WalletStore(),
    interfere: () => undefined,
    quota: new Quota(requestsPerSecond),
    quotaAnswer,
    callbacks: new CallbackSigner(now),
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
    callbackKeysUrl: `${origin}${callbackKeysPath}`,
    wallet: state.wallet,
    quota: state.quota,
    callbacks: state.callbacks,
    get interfere() {
      return state.interfere;
    },
    set interfere(value) {
      state.interfere = value;
    },
    accounts: state.accounts,
    issuers: state.issuers,
    requests: state.requests,
    connections,
    inject: (endpoint, fault, times = Infinity) => void state.faults.set(endpoint, { fault, left: times }),
    close: () => close(server, connections),
  };
}
