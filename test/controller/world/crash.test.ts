import assert from 'node:assert/strict';
import { at, type Content, day, World } from './world.ts';

const one: Content = { name: 'one', keyId: 'k1' };
const two: Content = { name: 'two', keyId: 'k2' };
const three: Content = { name: 'three', keyId: 'k3', notAfter: at(50 * day) };

interface Scenario {
  sources: Content[];
  change: (world: World) => void;
}

const scenarios: Record<string, Scenario> = {
  'the first promotion': { sources: [], change: (world) => world.putSource(one) },
  'a rotation': { sources: [one], change: (world) => world.putSource(two) },
  'a rotation that prunes two revisions': {
    sources: [one, two],
    change(world) {
      world.putSource(three);
      world.setSpec({ revisionHistoryLimit: 1 });
    },
  },
  'a git revert': { sources: [one, two], change: (world) => world.putSource(one) },
  'a rollback': { sources: [one, two, three], change: (world) => world.setSpec({ rollbackTo: 1 }) },
  'a lowered limit': { sources: [one, two, three], change: (world) => world.setSpec({ revisionHistoryLimit: 1 }) },
  'another interval': { sources: [one], change: (world) => world.setSpec({ rotation: { intervalDays: 7 } }) },
  'a switched deletionPolicy': {
    sources: [one],
    change: (world) => world.setSpec({ live: { deletionPolicy: 'Delete' } }),
  },
  'a bad source': { sources: [one], change: (world) => world.putSource('damaged') },
  'a live Secret deleted beside a bad source': {
    sources: [one, two],
    change(world) {
      world.putSource('damaged');
      world.delete('apple-live');
    },
  },
  'every Secret of ours deleted': {
    sources: [one, two],
    change(world) {
      for (const name of ['apple-live', 'apple-rev-1', 'apple-rev-2']) world.delete(name);
    },
  },
  'the live revision and the status lost': {
    sources: [one, two],
    change(world) {
      world.delete('apple-rev-2');
      world.loseStatus();
    },
  },
  'online verification': {
    sources: [one],
    change(world) {
      world.setSpec({ verification: { online: true, intervalMinutes: 60 } });
      world.putSource(two);
    },
  },
};

async function prepared({ sources, change }: Scenario): Promise<World> {
  const world = new World();
  for (const source of sources) {
    world.putSource(source);
    await world.settle();
  }
  change(world);
  return world;
}

/** Everything but what counts the writes. */
function stateOf(world: World): unknown {
  const text = JSON.stringify(
    { objects: world.cluster.list().toSorted((left, right) => (left.metadata.name < right.metadata.name ? -1 : 1)) },
    (name, value: unknown) => (name === 'resourceVersion' || name === 'uid' ? undefined : value),
  );
  return JSON.parse(text);
}

describe('decision: a crash between any two writes', () => {
  for (const [what, scenario] of Object.entries(scenarios)) {
    it(`ends in the same state: ${what}`, async () => {
      const undisturbed = await prepared(scenario);
      await undisturbed.settle();
      let crashes = 0;
      for (let writes = 1; ; writes++) {
        const world = await prepared(scenario);
        if (!(await world.settleWithCrash(writes))) break;
        crashes += 1;
        assert.deepEqual(stateOf(world), stateOf(undisturbed), `after write ${writes}`);
      }
      assert.ok(crashes > 0, 'no write to crash after');
    });

    it(`is told of once at most: ${what}`, async () => {
      for (let writes = 1; ; writes++) {
        const world = await prepared(scenario);
        const before = world.notes.length;
        if (!(await world.settleWithCrash(writes))) break;
        assert.ok(world.notes.length - before <= 1, JSON.stringify(world.notes.slice(before)));
      }
    });
  }

  it('goes on with another source that came in between, and gives no number twice', async () => {
    for (let writes = 1; writes <= 3; writes++) {
      const world = await prepared({ sources: [one], change: (fresh) => fresh.putSource(two) });
      world.cluster.crashAfter(writes);
      await world.settle().catch(() => {});
      world.cluster.crashAfter(Number.POSITIVE_INFINITY);
      world.putSource(three);
      world.restart();
      await world.settle();
      assert.deepEqual(world.live, { name: 'three', revision: 3 });
      assert.deepEqual(world.revisions, [1, 2, 3]);
    }
  });

  it('does not forget a number that only a pruned revision had', async () => {
    const world = await prepared({ sources: [one], change: (fresh) => fresh.putSource(two) });
    world.cluster.crashAfter(1);
    await world.settle().catch(() => {});
    world.cluster.crashAfter(Number.POSITIVE_INFINITY);
    world.putSource(one);
    world.setSpec({ revisionHistoryLimit: 1 });
    world.restart();
    await world.settle();
    assert.deepEqual(world.revisions, [1]);
    world.putSource(three);
    await world.settle();
    assert.deepEqual(world.live, { name: 'three', revision: 3 });
  });
});
