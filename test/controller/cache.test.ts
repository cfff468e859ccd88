import assert from 'node:assert/strict';
import type { KubernetesClient } from '../../src/adapters/kubernetes/client.ts';
import { createNamespaceCache, type NamespaceCache } from '../../src/controller/cache.ts';

const label = 'loyalty.orion.dev/credential';
const role = 'loyalty.orion.dev/role';

describe('the cache of a namespace', () => {
  let cache: NamespaceCache;
  let changes: string[];
  let version: number;

  beforeEach(() => {
    [changes, version] = [[], 10];
    const unused = (): never => assert.fail('nothing is asked for');
    const client: KubernetesClient = { request: unused, stream: unused, close: unused };
    const onChange = (key: string): void => void changes.push(key);
    cache = createNamespaceCache({ client, namespace: 'n', onChange, onRestart: unused });
  });

  const metadata = (name: string, more: object = {}): object => ({
    namespace: 'n',
    name,
    uid: `uid-of-${name}`,
    resourceVersion: String(++version),
    creationTimestamp: '2026-06-01T12:00:00Z',
    ...more,
  });
  const putCredential = (name: string, secret: string, more: object = {}): void =>
    cache.credentials.observe({
      metadata: metadata(name, more),
      spec: { secretRef: { name: secret }, google: { issuerId: '3388000000000000000' } },
    });
  const putSecret = (name: string, more: object = {}): void =>
    cache.secrets.observe({ metadata: metadata(name, more) });
  const revision = (credential: string, number: number, owner = `uid-of-${credential}`): object => ({
    labels: { [label]: credential, [role]: 'revision' },
    annotations: { 'loyalty.orion.dev/revision': String(number), 'loyalty.orion.dev/fingerprint': `f${number}` },
    ownerReferences: [{ kind: 'WalletCredential', uid: owner }],
  });
  /** What was told since the last look, each once. */
  const told = (): string[] => [...new Set(changes.splice(0))].sort();
  const numbers = (name: string): number[] => cache.revisionsOf(`n/${name}`).map((each) => each.revision);

  it('tells of a WalletCredential when it, its source or its live Secret changes', () => {
    putCredential('a', 'source');
    putCredential('b', 'source');
    putCredential('c', 'other');
    assert.deepEqual(told(), ['n/a', 'n/b', 'n/c']);
    putSecret('source');
    assert.deepEqual(told(), ['n/a', 'n/b']);
    putSecret('c-live');
    assert.deepEqual(told(), ['n/c']);
    putSecret('unrelated');
    assert.deepEqual(told(), []);
    cache.secrets.forget('n/source', String(version));
    assert.deepEqual(told(), ['n/a', 'n/b']);
  });

  it('follows a WalletCredential to another source', () => {
    putCredential('a', 'one');
    putCredential('a', 'two');
    told();
    putSecret('one');
    assert.deepEqual(told(), []);
    putSecret('two');
    assert.deepEqual(told(), ['n/a']);
    cache.credentials.forget('n/a', String(version));
    assert.deepEqual(told(), ['n/a']);
    putSecret('two');
    assert.deepEqual(told(), []);
  });

  it('knows the revisions of a WalletCredential, ascending, and tells when one comes or goes', () => {
    putCredential('a', 'source');
    told();
    for (const number of [10, 9, 2]) putSecret(`a-rev-${number}`, revision('a', number));
    assert.deepEqual([numbers('a'), told()], [[2, 9, 10], ['n/a']]);
    cache.secrets.forget('n/a-rev-9', String(version));
    assert.deepEqual([numbers('a'), told()], [[2, 10], ['n/a']]);
  });

  it('tells both of a Secret that changes its WalletCredential', () => {
    putCredential('a', 'x');
    putCredential('b', 'y');
    putSecret('b-rev-1', revision('a', 1));
    told();
    putSecret('b-rev-1', revision('b', 1));
    assert.deepEqual([told(), numbers('a'), numbers('b')], [['n/a', 'n/b'], [], [1]]);
    putSecret('b-rev-1');
    assert.deepEqual([told(), numbers('b')], [['n/b'], []]);
  });

  it('does not count the revisions of a WalletCredential of the same name that is gone', () => {
    putCredential('a', 'source', { uid: 'new' });
    putSecret('a-rev-1', revision('a', 1, 'old'));
    putSecret('a-rev-2', revision('a', 2, 'new'));
    putSecret('a-rev-3', revision('a', 3, 'old'));
    assert.deepEqual([numbers('a'), cache.takenRevision('n/a')], [[2], 3]);
    assert.deepEqual([numbers('nobody'), cache.takenRevision('n/nobody')], [[], 0]);
  });
});
