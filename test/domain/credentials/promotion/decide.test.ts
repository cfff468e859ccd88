import assert from 'node:assert/strict';
import { decide, type Plan } from '../../../../src/domain/credentials/promotion/decide.ts';
import type { Observed } from '../../../../src/domain/credentials/promotion/observed.ts';
import { absent, answer, content, type Given, marks, now, observe, rejected, source, unread } from './observations.ts';

function step(given: Given): string | Plan {
  const found = decide(observe(given));
  if ('plan' in found) return found.plan;
  return `look at ${found.look}${found.look === 'revision' ? ` ${found.revision.revision}` : ''}`;
}

function plan(given: Given): Plan {
  const found = step(given);
  return typeof found === 'string' ? assert.fail(`no plan, but ${found}`) : found;
}

/** `POST 2, PUT 2, DELETE 1`: what the plan writes apart from the status. */
function writes(given: Given): string {
  const { createRevision, writeLive, prune } = plan(given);
  const made = createRevision && `POST ${createRevision.revision}`;
  const live = writeLive && `PUT ${writeLive.revision}`;
  const gone = prune.map(({ revision }) => `DELETE ${revision}`);
  return [made, live, ...gone].filter((write) => write !== undefined).join(', ');
}

/** Known from a look of before, without key material. */
function remembered(fingerprint: string): Observed['source'] {
  const { credential: _, ...rest } = source(fingerprint) as { credential: unknown } & Observed['source'];
  return rest as Observed['source'];
}

const changed = { liveMeta: marks('b', '401') };
const online = { verification: { online: true, intervalMinutes: 60 } };
const fromThen = (minutes: number): Date => new Date(now.getTime() + minutes * 60_000);

describe('decide: what it asks for', () => {
  const rows: Record<string, [given: Given, look: string]> = {
    'the source, when it is not known': [{ source: unread, live: 'b', kept: 'ab' }, 'look at source'],
    'the source, when what is to be promoted is known only by its fingerprint': [
      { source: remembered('c'), live: 'b', kept: 'ab' },
      'look at source',
    ],
    'the live Secret, when it is not as the status knows it': [
      { source: remembered('b'), live: 'b', kept: 'ab', ...changed },
      'look at live',
    ],
    'the live Secret, though suspended': [
      { source: unread, live: 'b', kept: 'ab', ...changed, spec: { suspend: true } },
      'look at live',
    ],
    'the revision that is to be put back': [
      { source: rejected, live: 'b', kept: 'ab', liveMeta: undefined },
      'look at revision 2',
    ],
    'the live Secret, when its revision is to be made anew and the source is gone': [
      { source: absent, live: 'b', kept: 'a' },
      'look at live',
    ],
    'the source, when that is what is live': [{ source: remembered('b'), live: 'b', kept: 'a' }, 'look at source'],
    'the revision that is pinned, once more, when it passed before': [
      {
        source: source('b'),
        live: 'b',
        kept: 'ab',
        spec: { rollbackTo: 1 },
        contents: { 1: withoutFiles(content('a')) },
      },
      'look at revision 1',
    ],
  };
  for (const [what, [given, look]] of Object.entries(rows)) it(what, () => assert.equal(step(given), look));
});

function withoutFiles(found: ReturnType<typeof content>): ReturnType<typeof content> {
  const { files: _, ...rest } = found;
  return rest;
}

describe('decide: what it writes', () => {
  const rows: Record<string, [given: Given, expected: string]> = {
    'nothing, when all is as it should be': [{ source: remembered('b'), live: 'b', kept: 'ab' }, ''],
    'revision and live Secret': [{ source: source('a') }, 'POST 1, PUT 1'],
    'revision, live Secret, and what is beyond the limit': [
      { source: source('d'), live: 'c', kept: 'abc' },
      'POST 4, PUT 4, DELETE 1',
    ],
    'the live Secret alone, of a kept revision': [{ source: source('a'), live: 'b', kept: 'ab' }, 'PUT 1'],
    'the live Secret alone, of a broken-off promotion': [{ source: source('c'), live: 'b', kept: 'abc' }, 'PUT 3'],
    'the revision alone, when a hand has deleted it': [{ source: source('b'), live: 'b', kept: 'a' }, 'POST 2'],
    'the live Secret alone, when a hand has deleted it': [
      { source: source('b'), live: 'b', kept: 'ab', liveMeta: undefined },
      'PUT 2',
    ],
    'what is beyond a lowered limit': [
      { source: remembered('c'), live: 'c', kept: 'abc', spec: { revisionHistoryLimit: 1 } },
      'DELETE 1, DELETE 2',
    ],
    'the live Secret, for another interval': [
      { source: source('b'), live: 'b', kept: 'ab', spec: { rotation: { intervalDays: 9 } } },
      'PUT 2',
    ],
    'the live Secret, for another deletionPolicy': [
      { source: source('b'), live: 'b', kept: 'ab', spec: { live: { deletionPolicy: 'Delete' } } },
      'PUT 2',
    ],
    'the live Secret, to remember a number that only a broken-off promotion had': [
      { source: source('b'), live: 'b', kept: 'abc' },
      'PUT 2',
    ],
    'nothing beside a rejected source': [{ source: rejected, live: 'b', kept: 'ab' }, ''],
    'nothing while suspended, not even what the limit says': [
      { source: source('d'), live: 'c', kept: 'abc', spec: { suspend: true, revisionHistoryLimit: 1 } },
      '',
    ],
    'nothing while the provider is asked': [{ source: source('c'), live: 'b', kept: 'ab', spec: online }, ''],
  };
  for (const [what, [given, expected]] of Object.entries(rows)) it(what, () => assert.equal(writes(given), expected));

  it('the content, its metadata and the highest number', () => {
    const { createRevision, writeLive } = plan({ source: source('c'), live: 'b', kept: 'ab' });
    assert.deepEqual(
      [
        createRevision?.files.reveal(),
        createRevision?.keyFirstSeen,
        writeLive?.files.reveal(),
        writeLive?.highestRevision,
      ],
      [{ it: 'c' }, '2026-06-01T00:00:00Z', { it: 'c' }, 3],
    );
    assert.deepEqual(writeLive?.metadata, {
      revision: 3,
      fingerprint: 'c',
      keyFirstSeen: '2026-06-01T00:00:00Z',
      rotateBy: '2026-08-30T00:00:00Z',
    });
  });
});

describe('decide: when it wakes, and whom it asks', () => {
  const wake = (given: Given): Date | undefined => plan(given).wakeAt;

  it('at the rotation of what is live', () => {
    assert.deepEqual(wake({ source: remembered('b'), live: 'b', kept: 'ab' }), new Date('2026-07-30T00:00:00Z'));
  });

  it('at the instant at which a rejected source may pass, when that is earlier', () => {
    const later = { ...rejected, reason: 'NotYetValid', retryAt: '2026-06-03T00:00:00Z' } as Observed['source'];
    assert.deepEqual(wake({ source: later, live: 'b', kept: 'ab' }), new Date('2026-06-03T00:00:00Z'));
  });

  it('beside a pin that is not found, too', () => {
    const later = { ...rejected, reason: 'NotYetValid', retryAt: '2026-06-03T00:00:00Z' } as Observed['source'];
    assert.deepEqual(
      wake({ source: later, live: 'b', kept: 'ab', spec: { rollbackTo: 9 } }),
      new Date('2026-06-03T00:00:00Z'),
    );
  });

  it('at the next verification of what is live', () => {
    const given = {
      source: remembered('b'),
      live: 'b',
      kept: 'ab',
      spec: online,
      verifications: [answer('b', 'verified', 'Verified')],
    };
    assert.deepEqual([wake(given), plan(given).verify], [fromThen(60), undefined]);
  });

  it('at the next verification of what was refused, and of what is live: the earlier', () => {
    const verifications = [
      answer('c', 'refused', 'InvalidGrant'),
      { ...answer('b', 'verified', 'Verified'), checkedAt: '2026-05-31T23:30:00Z' },
    ];
    const status = {
      ...observe({ source: absent, live: 'b' }).resource.status,
      source: { resourceVersion: '500', accepted: false, reason: '', message: '' },
    };
    const given = { source: source('c'), live: 'b', kept: 'ab', spec: online, verifications, status };
    assert.deepEqual([wake(given), plan(given).verify], [fromThen(30), undefined]);
  });

  it('never, when nothing is ahead', () => {
    assert.equal(wake({ source: absent }), undefined);
  });

  it('asks about what is new before what is live', () => {
    assert.deepEqual(plan({ source: source('c'), live: 'b', kept: 'ab', spec: online }).verify, { fingerprint: 'c' });
  });

  it('asks about what is live when it is due', () => {
    const verifications = [{ ...answer('b', 'verified', 'Verified'), checkedAt: '2026-05-31T23:00:00Z' }];
    const given = { source: remembered('b'), live: 'b', kept: 'ab', spec: online, verifications };
    assert.deepEqual(plan(given).verify, { fingerprint: 'b' });
  });

  it('asks nobody while suspended or offline', () => {
    for (const spec of [{ ...online, suspend: true }, {}])
      assert.equal(plan({ source: remembered('b'), live: 'b', kept: 'ab', spec }).verify, undefined);
  });
});

describe('decide: the same observation', () => {
  it('gives the same plan', () => {
    const given = { source: source('c'), live: 'b', kept: 'ab' };
    assert.deepEqual(plan(given), plan(given));
  });
});
