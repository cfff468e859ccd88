import { html } from 'hono/html';
import { count, type Markup } from './markup.ts';

export interface Point {
  at: Date;
  value: number;
}

export interface Series {
  name: string;
  points: readonly Point[];
}

export interface PlotOptions {
  title: string;
  from: Date;
  to: Date;
  /** Milliseconds between values: what is further apart is not joined, since nothing is known of the time between. */
  step: number;
}

const size = { width: 640, height: 210, left: 46, right: 8, top: 10, bottom: 24 };
const inner = { width: size.width - size.left - size.right, height: size.height - size.top - size.bottom };
const classes = ['first', 'second'];

/** Lines over time. */
export function linePlot(series: readonly Series[], options: PlotOptions): Markup {
  const scale = scaleOf(series, options);
  const lines = series.map(
    ({ points }, index) => html`<path class="line ${classes[index]}" d="${pathOf(points, options.step, scale)}" />`,
  );
  const legend = series.map(({ name }, index) => html`<li class="${classes[index]}"><i></i>${name}</li>`);
  return html`<ul class="legend">
      ${legend}
    </ul>
    ${frame(scale, options, html`${lines}`)}`;
}

/** A bar for every value. */
export function barPlot(series: Series, options: PlotOptions): Markup {
  const scale = scaleOf([series], options);
  const width = Math.max(1, (inner.width * options.step) / (options.to.getTime() - options.from.getTime()) - 2);
  const bars = series.points.map(({ at, value }) => {
    const top = scale.y(value);
    const height = size.top + inner.height - top;
    return html`<rect
      class="bar"
      x="${fixed(scale.x(at) + 1)}"
      y="${fixed(top)}"
      width="${fixed(width)}"
      height="${fixed(height)}"
      rx="1.5"
    />`;
  });
  return frame(scale, options, html`${bars}`);
}

interface Scale {
  x: (at: Date) => number;
  y: (value: number) => number;
  ticks: number[];
}

function scaleOf(series: readonly Series[], { from, to }: PlotOptions): Scale {
  const ticks = ticksUpTo(Math.max(1, ...series.flatMap(({ points }) => points.map(({ value }) => value))));
  const highest = ticks.at(-1) ?? 1;
  const span = to.getTime() - from.getTime();
  return {
    x: (at) => size.left + (inner.width * (at.getTime() - from.getTime())) / span,
    y: (value) => size.top + inner.height * (1 - value / highest),
    ticks,
  };
}

/** Round whole numbers from 0 to at least the highest value, at most six. */
export function ticksUpTo(highest: number): number[] {
  const rough = highest / 4;
  const magnitude = 10 ** Math.floor(Math.log10(rough));
  const step = Math.max(1, ([1, 2, 5, 10].find((factor) => factor * magnitude >= rough) ?? 10) * magnitude);
  const steps = Math.ceil(highest / step);
  return Array.from({ length: steps + 1 }, (_, index) => index * step);
}

function pathOf(points: readonly Point[], step: number, { x, y }: Scale): string {
  return points
    .map(({ at, value }, index) => {
      const before = points[index - 1];
      const joined = before !== undefined && at.getTime() - before.at.getTime() <= step * 1.5;
      // A value that stands alone is a dot: round line ends make one of a line without length.
      const move = `${joined ? 'L' : 'M'}${fixed(x(at))} ${fixed(y(value))}`;
      return joined ? move : `${move}h.01`;
    })
    .join('');
}

function frame({ x, y, ticks }: Scale, { title, from, to }: PlotOptions, content: Markup): Markup {
  const grid = ticks.map(
    (tick) =>
      html`<line
          class="grid"
          x1="${size.left}"
          x2="${size.width - size.right}"
          y1="${fixed(y(tick))}"
          y2="${fixed(y(tick))}"
        />
        <text x="${size.left - 6}" y="${fixed(y(tick) + 4)}" text-anchor="end">${compact.format(tick)}</text>`,
  );
  const labels = timesBetween(from, to).map(
    ([at, text]) => html`<text x="${fixed(x(at))}" y="${size.height - 6}" text-anchor="middle">${text}</text>`,
  );
  return html`<svg class="plot" viewBox="0 0 ${size.width} ${size.height}" role="img" aria-label="${title}">
    ${grid}${content}${labels}
  </svg>`;
}

const compact = new Intl.NumberFormat('en-US', { notation: 'compact', maximumFractionDigits: 1 });

/** Four instants that are worth a label: whole hours within two days, else days. */
function timesBetween(from: Date, to: Date): [Date, string][] {
  const span = to.getTime() - from.getTime();
  const unit = span <= 172_800_000 ? 3_600_000 : 86_400_000;
  const every = Math.max(1, Math.round(span / unit / 4)) * unit;
  const first = Math.ceil((from.getTime() + every / 4) / unit) * unit;
  return [0, 1, 2, 3].flatMap((index): [Date, string][] => {
    const at = new Date(first + index * every);
    if (at.getTime() > to.getTime() - every / 8) return [];
    const iso = at.toISOString();
    return [[at, unit === 3_600_000 ? iso.slice(11, 16) : iso.slice(5, 10)]];
  });
}

/** The values as a table, for those who read rather than see, newest first. */
export function plotTable(series: readonly Series[], head: string, shown: (at: Date) => Markup): Markup {
  const instants = [...new Set(series.flatMap(({ points }) => points.map(({ at }) => at.getTime())))].toSorted(
    (left, right) => right - left,
  );
  const values = series.map(({ points }) => new Map(points.map(({ at, value }) => [at.getTime(), value])));
  const cell = (value: number | undefined): string => (value === undefined ? '–' : count(value));
  const rows = instants.map(
    (at) =>
      html`<tr>
        <th scope="row">${shown(new Date(at))}</th>
        ${values.map((of) => html`<td class="number">${cell(of.get(at))}</td>`)}
      </tr>`,
  );
  return html`<details>
    <summary>As a table</summary>
    <div class="scroll" tabindex="0" role="region" aria-label="${head}">
      <table>
        <thead>
          <tr>
            <th scope="col">Time</th>
            ${series.map(({ name }) => html`<th scope="col" class="number">${name}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${rows}
        </tbody>
      </table>
    </div>
  </details>`;
}

function fixed(number: number): string {
  return number.toFixed(1);
}
