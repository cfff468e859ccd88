import { html } from 'hono/html';
import type { CredentialSummary } from '../../domain/credentials/summary/credential-summary.ts';
import { type Attention, ofCredential, ofFolder, platformNames } from './attention.ts';
import { attentionList } from './attention-list.ts';
import { type FolderState, folderStates } from './folder-state.ts';
import { badge, counted, day, type Markup, time, type Tone } from './markup.ts';
import type { Page, PageRequest } from './page.ts';

/** What is live, until when, what was rejected and why. */
export const credentialsPage: Page = async (request) => {
  const { sources, now } = request;
  const known = await sources.credentials?.(now);
  const content = html`<h1>Credentials</h1>
    <p class="lead">What is live and until when; what was rejected, and why.</p>
    <h2>In the cluster</h2>
    ${known === undefined ? notShown : known.summaries === null ? html`<p class="alert" role="status">${known.problem}</p>` : inCluster(known.summaries, request)}
    <h2>In use by this replica</h2>
    ${inUse(folderStates(sources.folders, sources.replica, now), request, known !== undefined && known.summaries !== null)}`;
  return { title: 'Credentials', section: '/credentials', content };
};

const notShown = html`<p class="card none">
  WalletCredentials are not shown: this API was not given the right to read them. The setting
  <code>CONSOLE_CREDENTIAL_NAMESPACES</code> (in the chart <code>api.console.walletCredentials</code>) turns it on.
  <code>kubectl loyalty status</code> shows them as well.
</p>`;

function inCluster(summaries: readonly CredentialSummary[], request: PageRequest): Markup {
  if (summaries.length === 0) return html`<p class="card none">There are no WalletCredentials.</p>`;
  return html`${summaries.map((summary) => inClusterOne(summary, request))}`;
}

const readiness: Record<CredentialSummary['ready'], Tone> = { True: 'good', False: 'critical', Unknown: 'quiet' };

function inClusterOne(summary: CredentialSummary, request: PageRequest): Markup {
  const { namespace, name, provider, ready, live, source, revisions, pinnedTo, suspended } = summary;
  const expiresAt = summary.expiresAt === null ? null : new Date(summary.expiresAt);
  const rotateBy = summary.rotateBy === null ? null : new Date(summary.rotateBy);
  return html`<section class="card">
      <div class="head">
        <div class="title">
          <h3>${namespace}/${name}</h3>
          ${badge(platformNames[provider], 'quiet')} ${suspended ? badge('Suspended', 'warning') : ''}
          ${pinnedTo === null ? '' : badge(`Pinned to ${pinnedTo}`, 'warning')}
        </div>
        ${badge(`Ready: ${ready}`, readiness[ready])}
      </div>
      <dl class="facts">
        ${fact('Expires', expiry(expiresAt, summary.daysLeft))}
        ${fact('Live', live ? html`revision ${live.revision} in Secret ${live.secretName}` : badge('Nothing is live', 'critical'))}
        ${live ? fact('Live since', time(new Date(live.since))) : ''} ${fact('Source', sourceState(source))}
        ${fact('Rotate by', rotateBy === null ? '–' : day(rotateBy))}
        ${fact('Kept revisions', revisions.length === 0 ? 'none' : revisions.map(({ revision }) => revision).join(', '))}
        ${live ? fact('Fingerprint', html`<code>${live.fingerprint.slice(0, 12)}</code>`) : ''}
      </dl>
    </section>
    ${attentionList(ofCredential(summary).map(withoutMore), request)}`;
}

function sourceState({ accepted, reason, secretName }: CredentialSummary['source']): Markup {
  const state =
    accepted === true
      ? badge('accepted', 'good')
      : badge(reason ?? 'not looked at', accepted === null ? 'quiet' : 'warning');
  return html`Secret ${secretName} ${state}`;
}

function inUse(states: readonly FolderState[], request: PageRequest, told: boolean): Markup {
  if (states.length === 0)
    return html`<p class="card none">
      No wallet is configured (<code>GOOGLE_CREDENTIAL_DIR</code>, <code>APPLE_CREDENTIAL_DIR</code>).
    </p>`;
  return html`${states.map((state) => inUseOne(state, request, told))}
    <p class="none">
      Each replica reads its own mounted Secret; this one is ${states[0]?.replica}. Delete an old key when every replica
      shows the new fingerprint.
    </p>`;
}

function inUseOne(state: FolderState, request: PageRequest, told: boolean): Markup {
  const { provider, directory, revision, rejected, fingerprint, expiresAt, daysLeft, rotateBy } = state;
  return html`<section class="card">
      <div class="head">
        <h3>${platformNames[provider]}</h3>
        ${rejected ? badge('New content rejected', 'warning') : badge('In use', 'good')}
      </div>
      <dl class="facts">
        ${fact('Expires', expiry(expiresAt, daysLeft))}
        ${fact('Revision', revision === null ? 'not known' : String(revision))}
        ${fact('Rotate by', rotateBy === null ? '–' : day(rotateBy))} ${fact('Folder', html`<code>${directory}</code>`)}
        ${fact('Fingerprint', html`<code>${fingerprint.slice(0, 12)}</code>`)}
        ${rejected ? fact('Rejected since', time(rejected.since)) : ''}
      </dl>
    </section>
    ${attentionList(ofFolder(state, told, request.reach).map(withoutMore), request)}`;
}

function expiry(at: Date | null, left: number | null): Markup {
  if (at === null || left === null) return html`never`;
  const tone: Tone = left < 7 ? 'critical' : left < 30 ? 'warning' : 'good';
  return html`${day(at)} ${badge(left < 0 ? 'expired' : `${counted(left, 'day')} left`, tone)}`;
}

export function fact(name: string, value: Markup | string): Markup {
  return html`<div>
    <dt>${name}</dt>
    <dd>${value}</dd>
  </div>`;
}

/** On the very page to which the link would lead. */
function withoutMore(attention: Attention): Attention {
  const { tone, title, message, advice, command, runbook } = attention;
  return { tone, title, message, advice, command, runbook };
}
