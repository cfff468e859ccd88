import { isDeepStrictEqual } from 'node:util';
import type { KubeConfig } from '@kubernetes/client-node';
import { Agent, type Dispatcher, ProxyAgent } from 'undici';
import { type Authentication, forgetful, readAuthentication } from './authentication.ts';

/** The one pool of connections of a client, and the credentials that its calls carry. */
export interface Connection {
  /** As read within the last ten seconds, or since the server last refused them. */
  authentication(): Promise<Authentication>;
  /** The server answered 401 to these. */
  refused(authentication: Authentication): void;
  /** The pool whose connections use these certificates. */
  dispatcher(authentication: Authentication): Dispatcher;
  /** What follows gets new connections, unless they are newer than that instant; calls under way keep theirs. */
  renew(before: number): void;
  /** Drops the connections. Those that calls under way have kept go with their calls. */
  close(): Promise<void>;
}

const readAgainAfter = 10_000;
/** A server that answers 401 to everything must not have a plugin run for each call. */
const refusalsCountAfter = 1_000;

export function createConnection(kubeConfig: KubeConfig): Connection {
  let config = kubeConfig;
  let reading: Promise<Authentication> | undefined;
  let readAt = Number.NEGATIVE_INFINITY;
  let known: Authentication | undefined;
  let agent: Dispatcher | undefined;
  let used: Authentication | undefined;
  let madeAt = 0;

  function authentication(): Promise<Authentication> {
    if (reading && performance.now() - readAt < readAgainAfter) return reading;
    readAt = performance.now();
    return (reading = read());
  }

  async function read(): Promise<Authentication> {
    try {
      return (known = await readAuthentication(config));
    } catch (error) {
      // A file that is being replaced, a plugin that fails for once: what was good a moment ago may still be.
      if (known) return known;
      reading = undefined;
      throw error;
    }
  }

  function refused(authentication: Authentication): void {
    if (authentication !== known || performance.now() - readAt < refusalsCountAfter) return;
    config = forgetful(kubeConfig);
    known = undefined;
    reading = undefined;
  }

  function dispatcher(authentication: Authentication): Dispatcher {
    if (agent && (authentication === used || isDeepStrictEqual(authentication.tls, used?.tls))) return agent;
    retire();
    used = authentication;
    madeAt = performance.now();
    return (agent = createAgent(authentication.tls, kubeConfig.getCurrentCluster()?.proxyUrl));
  }

  function renew(before: number): void {
    if (madeAt < before) retire();
  }

  /** What is under way on its connections ends by itself. */
  function retire(): void {
    void agent?.close();
    agent = undefined;
  }

  async function close(): Promise<void> {
    await agent?.destroy();
    agent = undefined;
  }

  return { authentication, refused, dispatcher, renew, close };
}

/** Neither a limit of connections (each watch holds one) nor timeouts of its own: every call has a bound, a watch its idle limit. */
function createAgent(tls: Authentication['tls'], proxy: string | undefined): Dispatcher {
  // Keep-alive probes cost no request and find a peer that is gone within 20 s, long before the idle limit of a watch.
  const connect = { ...tls, timeout: 3_000, keepAlive: true, keepAliveInitialDelay: 10_000 };
  const options = { bodyTimeout: 0, headersTimeout: 0, allowH2: false, keepAliveTimeout: 30_000 };
  return proxy === undefined
    ? new Agent({ ...options, connect })
    : new ProxyAgent({ ...options, uri: proxy, requestTls: connect });
}
