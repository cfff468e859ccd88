import { html } from 'hono/html';
import { readExpiredByDay } from '../../adapters/postgres/runs/expired-by-day.ts';
import { listRuns, readLastSync, type RunReport } from '../../adapters/postgres/runs/report.ts';
import { readFigures } from '../../adapters/postgres/runs/report-metrics.ts';
import { listStoppedPlatforms, sumFailedPasses } from '../../adapters/postgres/wallet/failed-passes.ts';
import { readSamples, sampling } from '../../adapters/postgres/wallet/stale-samples.ts';
import { type Attention, attentionsOf, type Findings, platformNames } from './attention.ts';
import { attentionList } from './attention-list.ts';
import { type FolderState, folderStates } from './folder-state.ts';
import { count, counted, day, type Markup, time } from './markup.ts';
import type { Page, PageRequest } from './page.ts';
import { barPlot, linePlot, plotTable, type Series } from './plot.ts';

const dayMilliseconds = 86_400_000;
/** Days that the plot of expired points shows, and minutes that one value of stale passes stands for. */
const shown = { expiredDays: 30, staleMinutes: 60 };

/** Everything that is wrong, and how things stand. */
export const overviewPage: Page = async (request) => {
  const { now, reach, database } = request;
  const findings = await find(request);
  const attentions = attentionsOf(findings, reach, now);
  const expired = await readExpiredByDay(database, midnight(now, shown.expiredDays - 1));
  const days: Series = { name: 'Points', points: expired.map(({ at, points }) => ({ at, value: points })) };
  const content = html`<h1>Overview</h1>
    <p class="lead">${leadOf(attentions)}</p>
    ${tiles(findings, days)}
    <h2>Needs attention</h2>
    ${attentions.length === 0 ? html`<p class="card none">Nothing. Credentials, jobs, ledger and passes are as they should be.</p>` : attentionList(attentions, request)}
    <h2>Over time</h2>
    <div class="pair">${await stalePlot(request)}${expiredPlot(days, now)}</div>`;
  return { title: 'Overview', section: '', content };
};

async function find({ database, sources, now }: PageRequest): Promise<Findings> {
  const { folders, replica, expectedTasks, credentials } = sources;
  const [figures, failedPasses, stopped, synced, known, failedRuns] = await Promise.all([
    readFigures(database),
    sumFailedPasses(database),
    listStoppedPlatforms(database),
    readLastSync(database),
    credentials?.(now),
    newestFailed(database),
  ]);
  return {
    figures,
    failedPasses,
    stopped,
    failedRuns,
    folders: folderStates(folders, replica, now),
    credentials: known?.summaries ?? null,
    lastSync: synced[0]?.finishedAt ?? null,
    expected: expectedTasks,
  };
}

/** Of expire-points and restore the newest run in which something failed. */
async function newestFailed(database: PageRequest['database']): Promise<RunReport[]> {
  const wanted = (['expire-points', 'restore'] as const).flatMap((task) =>
    (['partial', 'failed'] as const).map((state) => ({ task, state })),
  );
  const more = { merchantId: undefined, before: undefined, limit: 1 };
  const lists = await Promise.all(wanted.map((each) => listRuns(database, { ...each, ...more })));
  // Ids grow with time.
  return lists.flat().toSorted((left, right) => (left.id < right.id ? 1 : -1));
}

function leadOf(attentions: readonly Attention[]): string {
  const of = (tone: string): number => attentions.filter((each) => each.tone === tone).length;
  const parts = [
    of('critical') > 0 ? `${count(of('critical'))} critical` : '',
    of('warning') > 0 ? counted(of('warning'), 'warning') : '',
    of('quiet') > 0 ? counted(of('quiet'), 'notice') : '',
  ].filter((part) => part !== '');
  return parts.length === 0 ? 'All is well.' : `${parts.join(', ')}. Beside each stands the command that repairs it.`;
}

function tiles({ figures, failedPasses, folders, credentials }: Findings, days: Series): Markup {
  const failed = failedPasses.reduce((sum, { passes }) => sum + passes, 0);
  const dead = failedPasses.reduce((sum, { dead: some }) => sum + some, 0);
  const stale = figures.stale.reduce((sum, { passes }) => sum + passes, 0);
  const expired = days.points.reduce((sum, { value }) => sum + value, 0);
  const left = credentials
    ? credentials.map(({ name, daysLeft, expiresAt }) => ({
        name,
        daysLeft,
        expiresAt: expiresAt === null ? null : new Date(expiresAt),
      }))
    : folders.map(({ provider, daysLeft, expiresAt }: FolderState) => ({
        name: platformNames[provider],
        daysLeft,
        expiresAt,
      }));
  const soonest = left
    .flatMap((each) => (each.daysLeft === null ? [] : [{ ...each, daysLeft: each.daysLeft }]))
    .toSorted((one, other) => one.daysLeft - other.daysLeft)[0];
  return html`<ul class="tiles">
    ${soonest ? tile('Next credential to expire', counted(soonest.daysLeft, 'day'), html`${soonest.name}${soonest.expiresAt ? html`, ${day(soonest.expiresAt)}` : ''}`, soonest.daysLeft < 7 ? 'critical' : soonest.daysLeft < 30 ? 'warning' : '') : tile('Next credential to expire', '–', left.length === 0 ? 'No wallet is configured' : 'None expires')}
    ${tile('Stale passes', count(stale), figures.stale.map(({ platform, passes }) => `${platformNames[platform]} ${count(passes)}`).join(', '))}
    ${tile('Failed cards', count(failed), dead === 0 ? 'None given up' : `${count(dead)} given up`, failed > 0 ? 'warning' : '')}
    ${tile(`Points expired in ${shown.expiredDays} days`, count(expired), 'What was restored is not subtracted')}
  </ul>`;
}

function tile(label: string, figure: string, note: Markup | string, tone = ''): Markup {
  return html`<li class="card">
    <span class="label">${label}</span> <strong class="figure ${tone}">${figure}</strong>
    <span class="note">${note}</span>
  </li>`;
}

async function stalePlot({ database, now }: PageRequest): Promise<Markup> {
  const step = shown.staleMinutes * 60_000;
  const from = new Date(Math.floor((now.getTime() - sampling.days * dayMilliseconds) / step) * step);
  const samples = await readSamples(database, from, shown.staleMinutes);
  const series = (['google', 'apple'] as const).map((platform) => ({
    name: platformNames[platform],
    points: samples.filter((sample) => sample.platform === platform).map(({ at, passes }) => ({ at, value: passes })),
  }));
  const title = `Stale passes of the last ${sampling.days} days, the most of each hour`;
  const plot = html`${linePlot(series, { title, from, to: now, step })}${plotTable(series, title, time)}`;
  return panel(
    'Stale passes',
    `The most of each hour, ${sampling.days} days, UTC. Counted every ${sampling.minutes} minutes while the API runs; a gap means that nobody counted.`,
    samples.length === 0 ? nothingYet('The first count is made within five minutes.') : plot,
  );
}

function expiredPlot(days: Series, now: Date): Markup {
  const from = midnight(now, shown.expiredDays - 1);
  const to = new Date(midnight(now, 0).getTime() + dayMilliseconds);
  const title = `Points expired on each of the last ${shown.expiredDays} days`;
  const plot = html`${barPlot(days, { title, from, to, step: dayMilliseconds })}${plotTable([days], title, day)}`;
  return panel(
    'Expired points',
    `By the day on which their run began, ${shown.expiredDays} days, UTC.`,
    days.points.length === 0 ? nothingYet('No run of expire-points is known.') : plot,
  );
}

function panel(title: string, note: string, content: Markup): Markup {
  return html`<section class="card">
    <h3>${title}</h3>
    <p class="none">${note}</p>
    ${content}
  </section>`;
}

function nothingYet(text: string): Markup {
  return html`<p class="none">${text}</p>`;
}

function midnight(now: Date, daysAgo: number): Date {
  return new Date(Math.floor(now.getTime() / dayMilliseconds) * dayMilliseconds - daysAgo * dayMilliseconds);
}
