import assert from 'node:assert/strict';
import fc from 'fast-check';
import { createReflectedItems, type Reflected } from '../../../src/adapters/kubernetes/reflected-items.ts';

const item = (name: string, version: number): Reflected => ({
  metadata: { namespace: 'n', name, resourceVersion: String(version) },
});

describe('the reflected items', () => {
  const make = (...known: Reflected[]) => {
    const changes: string[] = [];
    const items = createReflectedItems<Reflected>((key) => changes.push(key));
    for (const each of known) items.put(each);
    changes.length = 0;
    return { items, changes, version: (key: string) => items.get(key)?.metadata.resourceVersion };
  };

  it('take what is new and say so once', () => {
    const { items, changes, version } = make();
    items.put(item('a', 9));
    items.put(item('a', 9));
    items.put(item('a', 10));
    items.put(item('a', 9));
    assert.equal(version('n/a'), '10');
    assert.deepEqual(changes, ['n/a', 'n/a']);
    assert.deepEqual([...items.values()], [item('a', 10)]);
  });

  it('lose what was deleted, once', () => {
    const { items, changes, version } = make(item('a', 10));
    items.remove('n/a', '11');
    items.remove('n/a', '11');
    items.remove('n/b', '12');
    assert.equal(version('n/a'), undefined);
    assert.deepEqual(changes, ['n/a']);
  });

  it('keep what was written again after a delete that the watch tells later', () => {
    const { items, version } = make(item('a', 10));
    items.put(item('a', 12));
    items.remove('n/a', '11');
    assert.equal(version('n/a'), '12');
  });

  it('do not bring back what the watch has told the end of, when the answer to our write is late', () => {
    const { items, version } = make();
    items.put(item('a', 10));
    items.passed('10');
    items.remove('n/a', '11');
    items.passed('11');
    items.observe(item('a', 10));
    assert.equal(version('n/a'), undefined);
    items.observe(item('a', 12));
    assert.equal(version('n/a'), '12');
    assert.equal(items.position(), '11');
  });

  it('do not bring back what we deleted, until the watch has passed it', () => {
    const { items, changes, version } = make(item('a', 10));
    items.forget('n/a', '10');
    items.put(item('a', 9));
    items.put(item('a', 10));
    items.passed('9');
    items.put(item('a', 10));
    assert.equal(version('n/a'), undefined);
    assert.deepEqual(changes, ['n/a']);
    items.passed('10');
    items.put(item('a', 13));
    assert.equal(version('n/a'), '13');
  });

  it('keep what was made again when the answer to our delete is late', () => {
    const { items, changes, version } = make(item('a', 10));
    items.remove('n/a', '11');
    items.put(item('a', 12));
    items.forget('n/a', '10');
    assert.equal(version('n/a'), '12');
    assert.deepEqual(changes, ['n/a', 'n/a']);
  });

  it('are what a list says, but for what we wrote since it was taken', () => {
    const { items, changes } = make(item('a', 10), item('b', 11), item('c', 25));
    items.put(item('a', 10));
    items.retain(new Set(['n/a']), '20');
    assert.deepEqual([...items.values()], [item('a', 10), item('c', 25)]);
    assert.deepEqual(changes, ['n/b']);
  });

  it('believe a server whose versions begin anew, for one list', () => {
    const { items, version } = make(item('a', 1_000), item('b', 1_001));
    items.forget('n/c', '1002');
    items.distrust();
    items.put(item('a', 5));
    items.put(item('c', 6));
    items.retain(new Set(['n/a', 'n/c']), '7');
    assert.deepEqual([version('n/a'), version('n/b'), version('n/c')], ['5', undefined, '6']);
    items.put(item('a', 4));
    assert.equal(version('n/a'), '5');
  });

  /** What can happen, in any order: others and we write and delete, answers and events arrive, the watch is lost. */
  const step = fc.record({
    do: fc.constantFrom('write', 'delete', 'we write', 'we delete', 'answer', 'event', 'bookmark', 'list'),
    name: fc.constantFrom('a', 'b', 'c'),
  });

  it('end as the server has it, in whatever order events, answers and lists arrive', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const server = new Map<string, number>();
        const history: { name: string; version: number; deleted: boolean }[] = [];
        const answers: (() => void)[] = [];
        const { items } = make();
        let version = 9;
        let seen = 0;
        const change = (name: string, deleted: boolean): number => {
          version += 1;
          history.push({ name, version, deleted });
          if (deleted) server.delete(name);
          else server.set(name, version);
          return version;
        };
        const event = (): void => {
          const next = history[seen];
          if (!next) return;
          seen += 1;
          if (next.deleted) items.remove(`n/${next.name}`, String(next.version));
          else items.put(item(next.name, next.version));
          items.passed(String(next.version));
        };
        const bookmark = (): void => items.passed(String(history[seen - 1]?.version ?? 9));
        for (const { do: what, name } of steps) {
          const known = server.get(name);
          if (what === 'write') change(name, false);
          if (what === 'delete' && known !== undefined) change(name, true);
          if (what === 'we write') {
            const written = change(name, false);
            answers.push(() => items.observe(item(name, written)));
          }
          if (what === 'we delete' && known !== undefined) {
            change(name, true);
            answers.push(() => items.forget(`n/${name}`, String(known)));
          }
          if (what === 'answer') answers.shift()?.();
          if (what === 'event') event();
          if (what === 'bookmark') bookmark();
          if (what === 'list') {
            for (const [listed, at] of server) items.put(item(listed, at));
            items.retain(new Set([...server.keys()].map((each) => `n/${each}`)), String(version));
            seen = history.length;
          }
        }
        for (const answer of answers) answer();
        while (seen < history.length) event();
        const found = [...items.values()].map(({ metadata }): [string, number] => [
          metadata.name,
          Number(metadata.resourceVersion),
        ]);
        assert.deepEqual(new Map(found), server);
      }),
      { numRuns: 2_000 },
    );
  });
});
