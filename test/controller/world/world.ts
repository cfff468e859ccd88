import assert from 'node:assert/strict';
import { isConflict } from '../../../src/adapters/kubernetes/api-error.ts';
import { secretsPath } from '../../../src/adapters/kubernetes/secrets.ts';
import { walletCredentialsPath, withDefaults } from '../../../src/adapters/kubernetes/wallet-credentials.ts';
import type { CheckThread } from '../../../src/adapters/thread/check-thread.ts';
import { createNamespaceCache, type NamespaceCache } from '../../../src/controller/cache.ts';
import { createGatherer } from '../../../src/controller/gather.ts';
import { createReconcile } from '../../../src/controller/reconcile.ts';
import { createWriter } from '../../../src/controller/write.ts';
import { fingerprintOf } from '../../../src/domain/credentials/checks/fingerprint.ts';
import { kubernetesTime } from '../../../src/domain/credentials/instants.ts';
import type { Note } from '../../../src/domain/credentials/promotion/notes.ts';
import type { Verification } from '../../../src/domain/credentials/promotion/observed.ts';
import type { OnlineVerdict, Verdict } from '../../../src/domain/credentials/verdict.ts';
import { verificationOf } from '../../../src/domain/credentials/promotion/verification.ts';
import type {
  Condition,
  ConditionType,
  WalletCredentialSpec,
  WalletCredentialStatus,
} from '../../../src/domain/credentials/wallet-credential.ts';
import { Redacted } from '../../../src/domain/redacted.ts';
import { Crash, createInMemoryCluster, type InMemoryCluster, type StoredObject } from './in-memory-cluster.ts';

/** What a source holds, in the place of certificates: the checks of this world read it as JSON. */
export interface Content {
  name: string;
  keyId?: string;
  notBefore?: string;
  notAfter?: string;
  unknownRoot?: boolean;
}

const namespace = 'loyalty';
const key = 'loyalty/apple';
const secret = (name: string): string => `${secretsPath(namespace)}/${name}`;
const resourcePath = `${walletCredentialsPath(namespace)}/apple`;

export const start = new Date('2026-01-01T00:00:00Z');
export const day = 24 * 60 * 60 * 1_000;

const baseSpec: Partial<WalletCredentialSpec> = {
  secretRef: { name: 'source' },
  google: { issuerId: '3388000000012345678', key: 'credential' },
};

/** The files that a live Secret of this content has. */
export function filesFor(content: Content, issuerId = '3388000000012345678'): Record<string, string> {
  return { credential: JSON.stringify(content), 'issuer-id': issuerId };
}

export function fingerprintFor(content: Content): string {
  return fingerprintOf(filesFor(content));
}

/** The checks of this world: JSON or MalformedJson, then the dates. */
export function judge(data: Readonly<Record<string, Uint8Array>>, spec: WalletCredentialSpec, now: Date): Verdict {
  const bytes = data['credential'];
  if (!bytes) return { accepted: false, reason: 'DataKeyMissing', message: 'Data key credential is missing.' };
  const text = Buffer.from(bytes).toString('utf8');
  if (!text.startsWith('{')) return { accepted: false, reason: 'MalformedJson', message: 'It is not JSON.' };
  const content = JSON.parse(text) as Content;
  if (content.notBefore !== undefined && now < new Date(content.notBefore))
    return {
      accepted: false,
      reason: 'NotYetValid',
      message: `Valid from ${content.notBefore}.`,
      retryAt: content.notBefore,
    };
  if (content.notAfter !== undefined && now >= new Date(content.notAfter))
    return { accepted: false, reason: 'Expired', message: `Expired at ${content.notAfter}.` };
  return accepted(content, spec.google?.issuerId);
}

function accepted(content: Content, issuerId: string | undefined): Verdict {
  const files = filesFor(content, issuerId);
  const warnings = content.unknownRoot ? [{ reason: 'UnknownRoot' as const, message: 'The root is unknown.' }] : [];
  const credential = {
    provider: 'google' as const,
    files: new Redacted(files),
    fingerprint: fingerprintOf(files),
    certificates: [],
    ...(content.keyId !== undefined && { key: { id: content.keyId, clientEmail: 'wallet@example.iam' } }),
    ...(content.notAfter !== undefined && { expiresAt: content.notAfter }),
  };
  return { accepted: true, credential, warnings };
}

/** One WalletCredential `apple`, its Secrets and a controller, whose parts are the real ones but for the API server, the checks and the provider. */
export class World {
  now = start;
  /** The API server's clock runs ahead of the controller's by so many milliseconds. */
  skew = 0;
  /** Whether the watch tells of changes only after the next look: the controller then decides on what was. */
  lag = false;
  #late: (() => void)[] = [];
  readonly cluster: InMemoryCluster;
  /** Everything told so far, of every process. */
  readonly notes: Note[] = [];
  /** What the provider answers. */
  provider: (fingerprint: string) => OnlineVerdict = () => ({ outcome: 'verified', message: 'Taken.' });
  /** How often it was asked. */
  asked = 0;
  wakeAt: Date | undefined;
  #cache!: NamespaceCache;
  #answers = new Map<string, Verification>();
  #toAsk = new Set<string>();
  #reconcile!: (key: string, signal: AbortSignal) => Promise<{ wakeAt?: Date }>;

  constructor(spec: Partial<WalletCredentialSpec> = {}) {
    this.cluster = createInMemoryCluster({
      now: () => new Date(this.now.getTime() + this.skew),
      onChange: (object) => this.#tell(() => this.#deliver(object)),
      onDelete: ({ kind, metadata }) => {
        const { name, resourceVersion } = metadata;
        if (kind === 'Secret') this.#tell(() => this.#cache?.secrets.forget(`${namespace}/${name}`, resourceVersion));
        else this.restart();
      },
    });
    this.setSpec(spec);
    this.restart();
  }

  #tell(news: () => void): void {
    if (this.lag) this.#late.push(news);
    else news();
  }

  #deliver(object: StoredObject): void {
    const reflector = object.kind === 'Secret' ? this.#cache?.secrets : this.#cache?.credentials;
    reflector?.observe(object);
  }

  /** A new process: it knows what the API server has, and nothing else. */
  restart(): void {
    const { client } = this.cluster;
    this.#answers = new Map();
    this.#toAsk = new Set();
    this.#late = [];
    const cache = createNamespaceCache({ client, namespace, onChange() {}, onRestart() {} });
    this.#cache = cache;
    for (const object of this.cluster.list()) this.#deliver(object);
    const checks = {
      warm() {},
      close: async () => {},
      check: async (input: { data: Record<string, Uint8Array>; spec: WalletCredentialSpec; now: Date }) =>
        judge(input.data, input.spec, input.now),
    } as unknown as CheckThread;
    const now = (): Date => this.now;
    this.#reconcile = createReconcile({
      cacheOf: () => cache,
      gatherer: createGatherer({ client, checks, verifications: () => this.#answers }),
      writer: createWriter({ client, remaining: () => 10_000 }),
      verifier: {
        of: () => this.#answers,
        begin: (_, fingerprint) => void this.#toAsk.add(fingerprint),
        forget() {},
        stop() {},
      },
      events: { record: async () => {} },
      onNote: (_, note) => void this.notes.push(note),
      onGone() {},
      now,
    });
  }

  setSpec(changes: Partial<WalletCredentialSpec>): void {
    const known = this.cluster.get(resourcePath);
    const spec: Partial<WalletCredentialSpec> = { ...baseSpec, ...(known?.spec as object | undefined), ...changes };
    for (const name of Object.keys(spec) as (keyof WalletCredentialSpec)[])
      if (spec[name] === undefined) delete spec[name];
    this.cluster.put(resourcePath, { kind: 'WalletCredential', spec: withDefaults(spec) });
  }

  get spec(): WalletCredentialSpec {
    return this.cluster.get(resourcePath)?.spec as WalletCredentialSpec;
  }

  /** Deletes the resource as `kubectl delete` does, garbage collection included, and makes it anew. */
  recreate(options: { cascade: boolean } = { cascade: true }): void {
    const { spec } = this;
    const uid = this.cluster.get(resourcePath)?.metadata.uid;
    this.cluster.delete(resourcePath);
    for (const object of this.cluster.list()) {
      if (!object.metadata.ownerReferences?.some((owner) => owner.uid === uid)) continue;
      const { ownerReferences: _, ...metadata } = object.metadata;
      if (options.cascade) this.cluster.delete(secret(object.metadata.name));
      else this.cluster.put(secret(object.metadata.name), { ...object, metadata });
    }
    this.cluster.put(resourcePath, { kind: 'WalletCredential', spec });
    this.restart();
  }

  putSource(content: Content | string | undefined): void {
    if (content === undefined) return this.cluster.delete(secret('source'));
    const text = typeof content === 'string' ? content : JSON.stringify(content);
    this.cluster.put(secret('source'), { data: { credential: Buffer.from(text).toString('base64') } });
  }

  secret(name: string): StoredObject | undefined {
    return this.cluster.get(secret(name));
  }

  /** Changes a Secret as a hand would. */
  edit(name: string, change: (object: StoredObject) => void): void {
    const object = structuredClone(this.secret(name));
    if (!object) return;
    change(object);
    this.cluster.put(secret(name), object);
  }

  delete(name: string): void {
    this.cluster.delete(secret(name));
  }

  loseStatus(): void {
    const resource = this.cluster.get(resourcePath);
    if (resource) this.cluster.put(resourcePath, { kind: resource.kind, spec: resource.spec, status: undefined });
  }

  get status(): WalletCredentialStatus {
    return (this.cluster.get(resourcePath)?.status ?? {}) as WalletCredentialStatus;
  }

  condition(type: ConditionType): Condition {
    const found = this.status.conditions?.find((condition) => condition.type === type);
    return found ?? assert.fail(`no condition ${type}`);
  }

  /** `Ready=True/Live` of each condition. */
  get conditions(): string[] {
    return (this.status.conditions ?? []).map(({ type, status, reason }) => `${type}=${status}/${reason}`);
  }

  /** Data of a Secret as text; undefined: there is none. */
  data(name: string): Record<string, string> | undefined {
    const object = this.secret(name);
    if (!object) return undefined;
    const entries = Object.entries(object.data ?? {});
    return Object.fromEntries(entries.map(([name, value]) => [name, Buffer.from(value, 'base64').toString('utf8')]));
  }

  /** The `name` of what is live, and whether its parts fit each other. */
  get live(): { name: string; revision: number } | undefined {
    const data = this.data('apple-live');
    if (!data) return undefined;
    const { name } = JSON.parse(data['credential'] ?? '{}') as Content;
    const { revision } = JSON.parse(data['metadata.json'] ?? '{}') as { revision: number };
    return { name, revision };
  }

  get revisions(): number[] {
    return this.cluster
      .list()
      .map((object) => /^apple-rev-(\d+)$/.exec(object.metadata.name)?.[1])
      .filter((number) => number !== undefined)
      .map(Number)
      .sort((left, right) => left - right);
  }

  /** One reconcile, and the provider's answer if one is asked for. Answers whether anything came of it. */
  async look(): Promise<boolean> {
    const before = this.cluster.writes.length;
    try {
      this.wakeAt = (await this.#reconcile(key, new AbortController().signal)).wakeAt;
    } catch (error) {
      if (!isConflict(error)) throw error;
      this.#catchUp();
      return true;
    }
    return [this.#catchUp(), this.#answer(), this.cluster.writes.length > before].includes(true);
  }

  #catchUp(): boolean {
    const late = this.#late.splice(0);
    for (const news of late) news();
    return late.length > 0;
  }

  #answer(): boolean {
    const asked = [...this.#toAsk];
    this.#toAsk.clear();
    for (const fingerprint of asked) {
      this.asked += 1;
      const verdict = this.provider(fingerprint);
      this.#answers.set(fingerprint, verificationOf(fingerprint, verdict, this.now, this.#answers.get(fingerprint)));
    }
    return asked.length > 0;
  }

  /** Looks until nothing comes of it. */
  async settle(): Promise<void> {
    for (let looks = 0; looks < 12; looks++) if (!(await this.look())) return;
    assert.fail(`it does not come to rest: ${this.cluster.writes.slice(-12).join('\n')}`);
  }

  /** The process ends after so many writes, and another one takes over. Answers whether it came so far. */
  async settleWithCrash(writes: number): Promise<boolean> {
    this.cluster.crashAfter(writes);
    let crashed = false;
    try {
      await this.settle();
    } catch (error) {
      if (!(error instanceof Crash)) throw error;
      crashed = true;
    }
    this.cluster.crashAfter(Number.POSITIVE_INFINITY);
    if (crashed) this.restart();
    await this.settle();
    return crashed;
  }

  /** Lets time pass; the controller looks at the instants that it asked for, and at no other. */
  async pass(milliseconds: number): Promise<void> {
    const end = new Date(this.now.getTime() + milliseconds);
    for (let wakes = 0; this.wakeAt && this.wakeAt <= end; wakes++) {
      assert.ok(wakes < 5_000, 'it wakes too often');
      assert.ok(this.wakeAt > this.now, 'it wakes in the past');
      this.now = this.wakeAt;
      await this.settle();
    }
    this.now = end;
  }
}

export function at(offset: number): string {
  return kubernetesTime(new Date(start.getTime() + offset));
}
