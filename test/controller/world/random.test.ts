import assert from 'node:assert/strict';
import fc from 'fast-check';
import { at, type Content, day, fingerprintFor, World } from './world.ts';

const contents: Content[] = [
  { name: 'a', keyId: 'k1' },
  { name: 'b', keyId: 'k2' },
  { name: 'c', keyId: 'k2', notAfter: at(40 * day) },
  { name: 'd', keyId: 'k4', notAfter: at(90 * day) },
  { name: 'e', keyId: 'k5', notBefore: at(20 * day), notAfter: at(400 * day) },
  { name: 'f', unknownRoot: true },
];

/** By fingerprint prefix, so that it depends on nothing but the credential. */
const refusedByProvider = fingerprintFor(contents[1] as Content);

type Step =
  | { do: 'source'; content: number }
  | { do: 'bad source' | 'no source' | 'same source' | 'lose status' | 'restart' | 'recreate' | 'unpin' }
  | { do: 'pin' | 'limit' | 'pass' | 'crash'; value: number }
  | { do: 'suspend' | 'online' | 'own'; on: boolean }
  | { do: 'edit live' | 'delete live' }
  | { do: 'delete revision'; value: number };

const calm = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('source' as const), content: fc.nat(contents.length - 1) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom(
        'bad source' as const,
        'no source' as const,
        'same source' as const,
        'unpin' as const,
        'restart' as const,
      ),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('pin' as const), value: fc.integer({ min: 1, max: 6 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('limit' as const), value: fc.integer({ min: 1, max: 4 }) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('pass' as const), value: fc.integer({ min: 1, max: 40 }) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('crash' as const), value: fc.integer({ min: 1, max: 5 }) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom('suspend' as const, 'online' as const, 'own' as const),
      on: fc.boolean(),
    }),
  },
);

const rough = fc.oneof(
  { weight: 8, arbitrary: calm },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('edit live' as const, 'delete live' as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('delete revision' as const), value: fc.integer({ min: 1, max: 6 }) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('lose status' as const, 'recreate' as const) }) },
);

type Of<Do extends Step['do']> = Extract<Step, { do: Do }>;

const acts: { [Do in Exclude<Step['do'], 'pass' | 'crash'>]: (world: World, step: Of<Do>) => void } = {
  source: (world, { content }) => world.putSource(contents[content]),
  'bad source': (world) => world.putSource('damaged'),
  'no source': (world) => world.putSource(undefined),
  'same source': (world) => world.edit('source', () => {}),
  'lose status'(world) {
    world.loseStatus();
    world.restart();
  },
  restart: (world) => world.restart(),
  recreate: (world) => world.recreate(),
  pin: (world, { value }) => world.setSpec({ rollbackTo: value }),
  unpin: (world) => world.setSpec({ rollbackTo: undefined as never }),
  limit: (world, { value }) => world.setSpec({ revisionHistoryLimit: value }),
  suspend: (world, { on }) => world.setSpec({ suspend: on }),
  online: (world, { on }) => world.setSpec({ verification: { online: on, intervalMinutes: 720 } }),
  own: (world, { on }) => world.setSpec({ live: { deletionPolicy: on ? 'Delete' : 'Retain' } }),
  'edit live': (world) => world.edit('apple-live', (live) => (live.data = { ...live.data, extra: 'eA==' })),
  'delete live': (world) => world.delete('apple-live'),
  'delete revision': (world, { value }) => world.delete(`apple-rev-${value}`),
};

/** Carries a step out and lets the controller come to rest. */
async function take(world: World, step: Step): Promise<void> {
  if (step.do === 'crash') {
    // A crash needs something to crash in: the next source.
    world.putSource(contents[step.value % contents.length]);
    await world.settleWithCrash(step.value);
    return;
  }
  if (step.do !== 'pass') (acts[step.do] as (world: World, step: Step) => void)(world, step);
  await world.settle();
  if (step.do === 'pass') await world.pass(step.value * day);
}

/** What must hold whenever the controller has come to rest. */
function check(world: World, given: Map<number, string>): void {
  const { status, spec } = world;
  const data = world.data('apple-live');
  const annotations = world.secret('apple-live')?.metadata.annotations ?? {};
  for (const number of world.revisions) {
    const { name } = JSON.parse(world.data(`apple-rev-${number}`)?.['credential'] ?? '{}') as Content;
    assert.equal(given.get(number) ?? name, name, `revision ${number} is used for two credentials`);
    given.set(number, name);
  }
  assert.deepEqual(new Set(status.conditions?.map((condition) => condition.type)).size, 5);
  assert.deepEqual(
    status.revisions?.map((kept) => kept.revision),
    world.revisions,
  );
  if (spec.suspend || !status.live) return;
  // Never empty, never mixed: content, metadata.json, annotations and status are of one revision.
  assert.ok(data, 'the live Secret is absent');
  assert.deepEqual(Object.keys(data).sort(), ['credential', 'issuer-id', 'metadata.json']);
  const content = JSON.parse(data['credential'] ?? '') as Content;
  const metadata = JSON.parse(data['metadata.json'] ?? '') as {
    revision: number;
    fingerprint: string;
    rotateBy?: string;
  };
  assert.deepEqual(
    [metadata.revision, metadata.fingerprint, metadata.rotateBy],
    [status.live.revision, fingerprintFor(content), status.rotateBy],
  );
  assert.equal(status.live.fingerprint, metadata.fingerprint);
  assert.equal(annotations['loyalty.orion.dev/revision'], String(metadata.revision));
  assert.equal(annotations['loyalty.orion.dev/fingerprint'], metadata.fingerprint);
  assert.equal(status.live.resourceVersion, world.secret('apple-live')?.metadata.resourceVersion);
  assert.ok(world.revisions.includes(metadata.revision), 'the live revision was pruned');
  assert.ok(
    world.revisions.length <= Math.max(spec.revisionHistoryLimit, spec.rollbackTo === undefined ? 1 : 2),
    'too many revisions',
  );
  // What has expired when the status and the revision are lost is read from its certificates, which these contents have not.
  if (status.expiresAt !== undefined) assert.equal(status.expiresAt, content.notAfter);
  const expired = status.expiresAt !== undefined && world.now >= new Date(status.expiresAt);
  assert.equal(world.condition('Ready').status, expired ? 'False' : 'True');
  if (spec.rollbackTo !== undefined && world.condition('SourceAccepted').reason === 'Pinned')
    assert.equal(metadata.revision, spec.rollbackTo, 'the pin does not hold');
}

/** Whether a step has changed nothing but the source, and to one that is not accepted. */
function mustStay(world: World, step: Step): boolean {
  const { reason } = world.condition('SourceAccepted');
  return ['source', 'bad source', 'no source', 'same source', 'crash'].includes(step.do) && reason !== 'Promoted';
}

/** While suspended nothing is put back. With deletionPolicy Delete the live Secret goes with the resource, and what is pinned then does not come back. */
function mayNotVanish(world: World, step: Step): boolean {
  if (step.do === 'delete live') return world.spec.suspend !== true;
  return step.do !== 'recreate' || world.spec.live?.deletionPolicy !== 'Delete';
}

/** A source that waits behind a pin and expires is looked at again when it changes, when the pin goes, or by the next process. */
function expiredWaiting(world: World): boolean {
  const text = world.data('source')?.['credential'] ?? '';
  if (!text.startsWith('{')) return false;
  const { notAfter } = JSON.parse(text) as Content;
  return (
    notAfter !== undefined && world.now >= new Date(notAfter) && world.condition('SourceAccepted').reason !== 'Promoted'
  );
}

/** A source change makes one; a pin may be refused beside it. Without its status everything is news, and time brings what it brings. */
function mostNotes(step: Step): number {
  if (step.do === 'pass') return 8;
  return step.do === 'lose status' || step.do === 'recreate' ? 4 : 2;
}

async function run(steps: readonly Step[], lag: boolean): Promise<void> {
  const world = new World();
  world.lag = lag;
  world.provider = (fingerprint) =>
    fingerprint === refusedByProvider
      ? { outcome: 'refused', reason: 'InvalidGrant', message: 'Deleted.' }
      : { outcome: 'verified', message: 'Taken.' };
  const given = new Map<number, string>();
  for (const step of steps) {
    const before = { live: world.live, notes: world.notes.length };
    await take(world, step);
    if (step.do === 'recreate') given.clear();
    check(world, given);
    if (before.live && mayNotVanish(world, step)) {
      assert.ok(world.live, 'what was live is gone');
      if (mustStay(world, step))
        assert.deepEqual(world.live, before.live, 'a source that is not accepted changed what is live');
    }
    assert.ok(world.notes.length - before.notes <= mostNotes(step), JSON.stringify(world.notes.slice(before.notes)));
    // Its own result is no news to it, nor to the process after it.
    const rest = { writes: world.cluster.writes.length, notes: world.notes.length, status: world.status };
    await world.look();
    if (!expiredWaiting(world)) world.restart();
    await world.settle();
    assert.deepEqual({ writes: world.cluster.writes.length, notes: world.notes.length, status: world.status }, rest);
  }
}

describe('decision: whatever happens', () => {
  it('what is live is whole, of one revision, and never lost to a bad source or a crash', async () => {
    await fc.assert(fc.asyncProperty(fc.array(calm, { minLength: 1, maxLength: 25 }), fc.boolean(), run), {
      numRuns: 300,
    });
  });

  it('and is put right after other hands', async () => {
    await fc.assert(fc.asyncProperty(fc.array(rough, { minLength: 1, maxLength: 25 }), fc.boolean(), run), {
      numRuns: 300,
    });
  });
});
