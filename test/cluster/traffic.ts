import { isNotFound } from '../../src/adapters/kubernetes/api-error.ts';
import type { ApiRequest } from '../../src/adapters/kubernetes/client.ts';
import { appleFlaws } from '../../src/example-credentials/apple-flaws.ts';
import { toSecretData } from '../../src/example-credentials/source-data.ts';
import type { Cluster, Namespace } from '../support/cluster.ts';
import { appleSpec, type Sources } from '../support/sources.ts';

/** What the checks must say of a source: `accepted`, or the reason. It is written in the same call as the content. */
export const verdictLabel = 'test.orion.dev/verdict';

export function sourceName(credential: string): string {
  return `${credential}-source`;
}

/** People, programs and pipelines that change WalletCredentials, their Secrets and many Secrets beside. */
export interface Traffic {
  /** Creates every WalletCredential with a good source. */
  begin(): Promise<void>;
  /** Makes so many changes, several at a time; resolves when the API server has taken the last. */
  make(changes: number): Promise<void>;
  /** How many of each kind were made. */
  made: ReadonlyMap<string, number>;
}

const lanes = 8;
const flaws = ['wrong-key', 'wrong-wwdr', 'expired'] as const;

export function createTraffic(deps: {
  cluster: Cluster;
  namespace: Namespace;
  sources: Sources;
  credentials: number;
  bystanders: number;
  /** Of the pseudo-random sequence. */
  seed: number;
}): Traffic {
  const { cluster, namespace, sources } = deps;
  const random = generator(deps.seed);
  const secrets = `/api/v1/namespaces/${namespace.name}/secrets`;
  const credentials = `/apis/loyalty.orion.dev/v1alpha1/namespaces/${namespace.name}/walletcredentials`;
  const made = new Map<string, number>();
  let count = 0;

  const pick = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)] as T;
  const lane = (index: number, size: number): number[] =>
    Array.from({ length: size }, (_, at) => at).filter((at) => at % lanes === index);

  /** Whatever is not there (deleted by a change before) is left alone. */
  async function send(request: ApiRequest): Promise<boolean> {
    try {
      await cluster.client.request(request);
      return true;
    } catch (error) {
      if (!isNotFound(error)) throw error;
      return false;
    }
  }

  const touch = (path: string): Promise<boolean> =>
    send({ method: 'PATCH', path, body: { metadata: { annotations: { 'test.orion.dev/touched': String(++count) } } } });

  async function put(collection: string, body: { metadata: { name: string } }): Promise<void> {
    const { name } = body.metadata;
    if (!(await send({ method: 'PUT', path: `${collection}/${name}`, body })))
      await send({ method: 'POST', path: collection, body });
  }

  async function putSource(credential: string): Promise<void> {
    const flaw = random() < 0.3 ? pick(flaws) : undefined;
    const verdict = flaw === undefined ? 'accepted' : appleFlaws[flaw].reason;
    const metadata = { name: sourceName(credential), labels: { [verdictLabel]: verdict } };
    const data = toSecretData(sources.apple(flaw === undefined ? {} : { flaw }));
    await put(secrets, { metadata, data } as never);
  }

  async function createCredential(name: string): Promise<void> {
    const body = {
      apiVersion: 'loyalty.orion.dev/v1alpha1',
      kind: 'WalletCredential',
      metadata: { name },
      spec: appleSpec(sourceName(name)),
    };
    await cluster.client.request({ method: 'POST', path: credentials, body }).catch((error: unknown) => {
      if ((error as { reason?: string }).reason !== 'AlreadyExists') throw error;
    });
  }

  /** A change of a credential, and how often it is made in a thousand. */
  const changes: Record<string, { weight: number; make: (name: string) => Promise<unknown> }> = {
    'annotation of a WalletCredential': { weight: 180, make: (name) => touch(`${credentials}/${name}`) },
    'annotation of a source': { weight: 40, make: (name) => touch(`${secrets}/${sourceName(name)}`) },
    rotation: { weight: 35, make: putSource },
    'spec of a WalletCredential': {
      weight: 10,
      make: (name) => {
        const spec = { expiry: { warningDays: 20 + Math.floor(random() * 20) } };
        return send({ method: 'PATCH', path: `${credentials}/${name}`, body: { spec } });
      },
    },
    'deleted source': {
      weight: 10,
      make: (name) => send({ method: 'DELETE', path: `${secrets}/${sourceName(name)}` }),
    },
    'deleted live Secret': { weight: 5, make: (name) => send({ method: 'DELETE', path: `${secrets}/${name}-live` }) },
    'deleted WalletCredential': {
      weight: 5,
      make: (name) => send({ method: 'DELETE', path: `${credentials}/${name}` }),
    },
    'created WalletCredential': { weight: 15, make: createCredential },
  };

  async function changeCredential(name: string): Promise<void> {
    let left = random() * 300;
    for (const [kind, { weight, make }] of Object.entries(changes)) {
      left -= weight;
      if (left > 0) continue;
      made.set(kind, (made.get(kind) ?? 0) + 1);
      await make(name);
      return;
    }
  }

  async function changeBystander(index: number): Promise<void> {
    made.set('unrelated Secret', (made.get('unrelated Secret') ?? 0) + 1);
    const path = `${secrets}/bystander-${index}`;
    if (random() < 0.05 && (await send({ method: 'DELETE', path }))) return;
    if (await touch(path)) return;
    await send({ method: 'POST', path: secrets, body: { metadata: { name: `bystander-${index}` } } });
  }

  async function work(index: number, changes: number): Promise<void> {
    const names = lane(index, deps.credentials).map((at) => `c${at}`);
    const bystanders = lane(index, deps.bystanders);
    for (let change = 0; change < changes; change++) {
      if (random() < 0.3) await changeCredential(pick(names));
      else await changeBystander(pick(bystanders));
    }
  }

  return {
    async begin() {
      for (let at = 0; at < deps.credentials; at++) {
        const metadata = { name: sourceName(`c${at}`), labels: { [verdictLabel]: 'accepted' } };
        await put(secrets, { metadata, data: toSecretData(sources.apple()) } as never);
        await createCredential(`c${at}`);
      }
    },
    async make(changes) {
      const share = Math.ceil(changes / lanes);
      await Promise.all(Array.from({ length: lanes }, (_, index) => work(index, share)));
    },
    made,
  };
}

/** mulberry32: the same sequence for the same seed. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
