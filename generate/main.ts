import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { crdTemplate, valuesPage } from './chart.ts';
import { licencesPage } from './licences.ts';
import { plainManifests } from './manifests.ts';
import { openApiDocument } from '../src/api/openapi.ts';
import { routes } from '../src/api/routes/routes.ts';
import { type ExplainedSetting, explainConfig, settings } from '../src/config.ts';
import { logEventMeanings } from '../src/log.ts';
import { type RetryRule, retryTable } from '../src/domain/wallet/retry.ts';
import { runFailureReasons } from '../src/domain/runs/run-failure-reasons.ts';
import { controllerMetrics, jobMetrics, type MetricDefinition, requestMetrics } from '../src/metrics.ts';
import { onlineReasons, promotionReasons, sourceReasons } from '../src/domain/credentials/reasons.ts';
import { dashboards } from './dashboards.ts';

const dashboardFolder = 'deploy/helm/orion-loyalty/files/dashboards/';

/** What is generated from the code, by the file that it makes. `make generate` writes them, `make verify` compares. */
const generated: Record<string, () => string | Promise<string>> = {
  'docs/metrics.md': metricsPage,
  'docs/log-events.md': logEventsPage,
  'docs/configuration.md': configurationPage,
  'docs/reasons.md': reasonsPage,
  'docs/openapi.json': openApiFile,
  'docs/licences.md': () => licencesPage(note),
  'docs/helm-values.md': () => valuesPage(note, table),
  'deploy/helm/orion-loyalty/templates/crds/walletcredentials.yaml': crdTemplate,
  ...Object.fromEntries(Object.entries(dashboards).map(([file, make]) => [dashboardFolder + file, () => json(make())])),
};

const note = 'This page is generated from the code by `make generate`; do not edit it.';

function table(heading: string[], rows: string[][]): string {
  const line = (cells: string[]): string => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(heading), line(heading.map(() => '---')), ...rows.map(line)].join('\n');
}

function code(text: string): string {
  return `\`${text}\``;
}

function metricsTable(metrics: Record<string, MetricDefinition>): string {
  const rows = Object.entries(metrics).map(([name, { type, labels, help }]) => [
    code(name),
    type,
    labels.map(code).join(' '),
    help,
  ]);
  return table(['metric', 'type', 'labels', 'meaning'], rows);
}

function metricsPage(): string {
  return [
    '# Metrics',
    note,
    'The controller serves them at `/metrics` on `PORT`, the API at `/metrics` on `METRICS_PORT`. Jobs serve none: what they did is in the database, and the API tells it. Both also serve the metrics of Node.js and of the process (`nodejs_…`, `process_…`).',
    '## The controller\n\nComputed at scrape. Series of resources come from the leader only.',
    metricsTable(controllerMetrics),
    '## The API: requests\n\nEach replica tells about itself.',
    metricsTable(requestMetrics),
    '## The API: jobs, passes and the ledger',
    'Every replica tells the same: use `max by (task)` and the like, never `sum`. They are read from the database when there is a scrape, at most every 15 s. While the database is away, /metrics still answers and the last values stay, so that no alert resolves for want of a series; `loyalty_job_metrics_age_seconds` tells how old they are. A replica that has not reached the database since its start has none of these series. The label is `task`, because Prometheus sets `job` itself.',
    metricsTable(jobMetrics),
    '',
  ].join('\n\n');
}

function logEventsPage(): string {
  const rows = Object.entries(logEventMeanings).map(([name, meaning]) => [code(name), meaning]);
  return `# Log events\n\n${note}\n\nOne JSON object a line on standard error; the field \`event\` is one of these. No line holds key material.\n\n${table(['event', 'meaning'], rows)}\n`;
}

function configurationPage(): string {
  const pages = Object.keys(settings).map((command) => {
    const rows = explainConfig(command as keyof typeof settings, {}).map(settingRow);
    return `## ${command}\n\n${table(['variable', 'default', 'meaning'], rows)}`;
  });
  const files = 'A value can also be read from a file: `NAME_FILE` names it.';
  return `# Configuration\n\n${note}\n\n${files} \`loyalty config COMMAND\` prints what a process would use.\n\n${pages.join('\n\n')}\n`;
}

function settingRow({ name, default: fallback, description }: ExplainedSetting): string[] {
  // The default depends on whether the output is a terminal.
  const shown = name === 'LOG_FORMAT' ? 'json; pretty on a terminal' : fallback === undefined ? '' : code(fallback);
  return [code(name), shown, description];
}

function reasonsPage(): string {
  const rows = (reasons: Record<string, string>): string[][] =>
    Object.entries(reasons).map(([reason, meaning]) => [code(reason), meaning]);
  const runFailures = Object.entries(runFailureReasons).map(([reason, { meaning, advice }]) => [
    code(reason),
    meaning,
    advice,
  ]);
  return [
    '# Reasons of the condition SourceAccepted',
    note,
    '## The source fails a check\nThe checks run in this order; the first that fails is the reason. The message says what was found and what to do.',
    table(['reason', 'meaning'], rows(sourceReasons)),
    '## The provider refuses it (online verification)',
    table(['reason', 'meaning'], rows(onlineReasons)),
    '## Otherwise',
    table(['reason', 'meaning'], rows(promotionReasons)),
    '# Reasons of a merchant that failed in a run',
    'They are in the log (`reason`), the termination message, the table of the command and `run_merchants`; the other merchants are not affected.',
    table(['reason', 'meaning', 'what to do'], runFailures),
    '# Outcomes of sending a pass',
    'Of sync-wallets: `failed` is the reason in `failed_card_ids`, `run_failures` and the API; `stopped` ends sending to the platform for the run; after 10 attempts in a row a pass is dead.',
    table(['outcome', 'answer of the wallet', 'counts as', 'attempt', 'what to do'], outcomeRows()),
    '',
  ].join('\n\n');
}

function outcomeRows(): string[][] {
  return Object.entries<RetryRule>(retryTable).map(([outcome, { answers, counts, lasting, attempt, advice }]) => {
    return [code(outcome), answers, lasting ? `${counts}, ${lasting}` : counts, attempt ? 'yes' : 'no', advice];
  });
}

/** What the operations are made with changes what they answer, not what they are. */
function openApiFile(): string {
  const operations = routes({ folders: {}, replica: '' });
  return json(openApiDocument(operations));
}

function json(value: object): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}

const root = fileURLToPath(new URL('..', import.meta.url));
const check = process.argv.includes('--check');
const stale: string[] = [];
// The chart first: the plain manifests are rendered from it.
const manifests = async (): Promise<Record<string, () => string>> =>
  Object.fromEntries(Object.entries(await plainManifests()).map(([path, text]) => [path, () => text]));
for (const [path, page] of [...Object.entries(generated), ...Object.entries(await manifests())]) {
  const wanted = (await page()).replace(/\n+$/, '\n');
  const found = await readFile(root + path, 'utf8').catch(() => '');
  if (found === wanted) continue;
  if (check) stale.push(path);
  else await writeFile(root + path, wanted);
}
if (stale.length > 0) {
  console.error(`Not up to date: ${stale.join(', ')}. Run make generate and commit what it writes.`);
  process.exitCode = 1;
} else console.log(check ? 'What is generated is up to date.' : 'Generated.');
