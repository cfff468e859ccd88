import assert from 'node:assert/strict';
import fc from 'fast-check';
import { barPlot, linePlot, ticksUpTo } from '../../../src/api/console/plot.ts';

const hour = 3_600_000;
const from = new Date('2026-03-01T00:00:00Z');
const options = { title: 'Passes', from, to: new Date(from.getTime() + 24 * hour), step: hour };
const at = (hours: number): Date => new Date(from.getTime() + hours * hour);

describe('ticks of a plot', () => {
  it('are few whole numbers that rise from 0 to at least the highest value by the same step', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }), (highest) => {
        const ticks = ticksUpTo(highest);
        const [, step = 0] = ticks;
        assert.ok(ticks.length >= 2 && ticks.length <= 6, ticks.join());
        assert.ok((ticks.at(-1) ?? 0) >= highest);
        assert.ok(ticks.every((tick, index) => Number.isInteger(tick) && tick === index * step));
      }),
    );
  });
});

describe('plots', () => {
  it('join what follows each other, and show what stands alone', async () => {
    const points = [0, 1, 2, 7, 12, 13].map((hours) => ({ at: at(hours), value: hours }));
    const [, path = ''] = / d="([^"]*)"/.exec((await linePlot([{ name: 'Google', points }], options)).toString()) ?? [];
    assert.deepEqual(path.match(/[MLh]/g), ['M', 'h', 'L', 'L', 'M', 'h', 'M', 'h', 'L']);
  });

  it('keep what they draw within their frame', async () => {
    const values = fc.array(fc.record({ hours: fc.integer({ min: 0, max: 23 }), value: fc.nat() }), { minLength: 1 });
    await fc.assert(
      fc.asyncProperty(values, async (list) => {
        const points = list.map(({ hours, value }) => ({ at: at(hours), value }));
        const text = (await barPlot({ name: 'Points', points }, options)).toString();
        for (const [, x, y, width, height] of text.matchAll(
          / x="([^"]+)"\s+y="([^"]+)"\s+width="([^"]+)"\s+height="([^"]+)"/g,
        )) {
          assert.ok(Number(x) >= 46 && Number(x) + Number(width) <= 640, `${x} ${width}`);
          assert.ok(Number(y) >= 9.9 && Number(y) + Number(height) <= 190, `${y} ${height}`);
        }
        assert.equal(text.match(/class="bar"/g)?.length, points.length);
      }),
    );
  });

  it('escape their titles', async () => {
    const plot = await linePlot([], { ...options, title: '"><script>' });
    assert.match(plot.toString(), /aria-label="&quot;&gt;&lt;script&gt;"/);
  });
});
