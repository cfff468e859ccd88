import { z } from 'zod';
import type { CredentialFolder } from '../../adapters/credential-folder/credential-folder.ts';
import type { CredentialFolders } from '../../adapters/credential-folder/open-folders.ts';
import { type LastSync, readLastSync } from '../../adapters/postgres/runs/report.ts';
import { type PlatformState, readPlatforms } from '../../adapters/postgres/wallet/platforms.ts';
import type { Provider } from '../../domain/credentials/wallet-credential.ts';
import { operation, type Operation } from '../operation.ts';
import { instant } from '../schemas.ts';

const rejection = z
  .object({
    since: instant,
    problems: z.array(z.string()).meta({ description: 'Each with its path and what to do; never key material.' }),
  })
  .meta({
    description: 'The credential folder holds something else by now, which is not used: the credential from before is.',
  });

const lastSync = z
  .object({ run: z.string(), finished_at: instant, failed: z.int() })
  .meta({ description: 'The last run of sync-wallets that ended, and how many passes of the platform failed in it.' });

const platformStatus = z.object({
  fingerprint: z.string().nullable().meta({
    description:
      'SHA-256 of the credential that this replica uses; an old key may be deleted when every replica shows the new one. null: not configured.',
  }),
  revision: z
    .int()
    .nullable()
    .meta({ description: 'Of the WalletCredential; null: not known, as in a folder without metadata.json.' }),
  expires_at: instant
    .nullable()
    .meta({ description: 'The earliest end of its certificates; null: it has none, as the keys of Google.' }),
  days_left: z.int().nullable().meta({
    description: 'Whole days until `expires_at`, downwards; negative after it.',
    example: 211,
  }),
  rotate_by: instant
    .nullable()
    .meta({ description: 'When the key is to be replaced; null: not known, or no interval.' }),
  rejected: rejection.nullable(),
  warnings: z.array(z.string()).meta({
    description:
      'What is to be known of the credential although it is used, and which settings are missing for passes.',
  }),
  last_sync: lastSync.nullable().meta({ description: 'null: no run is known.' }),
  stale_passes: z
    .int()
    .meta({ description: 'Passes that customers have and whose latest content has not reached the platform.' }),
  stopped: z.boolean().nullable().meta({
    description:
      'Whether sync-wallets was stopped because the platform refuses us as a whole, and nothing was taken since; null: not known.',
  }),
  stopped_reason: z.string().nullable().meta({ description: 'Why; see docs/reasons.md. null: it is not stopped.' }),
  stopped_message: z.string().nullable().meta({ description: 'What the platform answered. null: it is not stopped.' }),
});

const walletStatus = z.object({
  replica: z
    .string()
    .meta({ description: 'Host name of the process that answered: the credentials are what it uses.' }),
  google_configured: z.boolean(),
  apple_configured: z.boolean(),
  google: platformStatus,
  apple: platformStatus,
});

type PlatformStatus = z.input<typeof platformStatus>;

export interface WalletStatusDeps {
  /** A wallet that is not configured has none. */
  folders: CredentialFolders;
  /** Host name of this process. */
  replica: string;
  /** Why passes of Apple Wallet cannot be made although its credential is there; absent: they can. */
  appleLacks?: readonly string[];
}

/** GET /wallet-status: what is known of each wallet's credential and passes, for people and probes. */
export function walletStatusOperation({ folders, replica, appleLacks = [] }: WalletStatusDeps): Operation {
  return operation({
    operationId: 'getWalletStatus',
    method: 'GET',
    path: '/api/v1/admin/loyalty/wallet-status',
    tag: 'Loyalty - Admin',
    summary: 'Show the state of the wallets',
    description:
      'Which wallets are configured, which credential the answering replica uses for each and until when, and how many passes wait to be sent. `last_sync` is null until wallets are synchronized, and `stopped` until a wallet was sent something.',
    scopes: ['admin', 'admin:read'],
    responses: { 200: { description: 'The state of both wallets.', schema: walletStatus } },
    handler: async (_input, { database, now = new Date() }) => {
      const { stale, states } = await readPlatforms(database);
      const synced = await readLastSync(database);
      const known = (platform: Provider): Known => ({
        stale: stale.find((each) => each.platform === platform)?.passes ?? 0,
        state: states.find((each) => each.platform === platform),
        lastSync: synced.find((last) => last.platform === platform),
      });
      const { google, apple } = folders;
      return {
        status: 200,
        body: {
          replica,
          google_configured: google !== undefined,
          apple_configured: apple !== undefined,
          google: statusOf(google, known('google'), now),
          apple: withWarnings(statusOf(apple, known('apple'), now), appleLacks),
        },
      };
    },
  });
}

function withWarnings(status: PlatformStatus, more: readonly string[]): PlatformStatus {
  return { ...status, warnings: [...status.warnings, ...more] };
}

function instantOf(text: string | undefined): Date | null {
  return text === undefined ? null : new Date(text);
}

/** What the database knows of a platform. */
interface Known {
  /** Passes. */
  stale: number;
  lastSync: LastSync | undefined;
  /** undefined: nothing was ever sent. */
  state: PlatformState | undefined;
}

function statusOf(
  folder: CredentialFolder | undefined,
  { stale, lastSync: last, state }: Known,
  now: Date,
): PlatformStatus {
  const credential = folder?.current();
  const rejected = folder?.rejected();
  const expiresAt = instantOf(credential?.expiresAt);
  return {
    fingerprint: credential?.fingerprint ?? null,
    revision: credential?.metadata?.revision ?? null,
    expires_at: expiresAt,
    days_left: expiresAt && Math.floor((expiresAt.getTime() - now.getTime()) / 86_400_000),
    rotate_by: instantOf(credential?.metadata?.rotateBy),
    rejected: rejected ? { since: rejected.since, problems: [...rejected.problems] } : null,
    warnings: credential?.warnings ?? [],
    last_sync: last ? { run: last.run, finished_at: last.finishedAt, failed: last.failed } : null,
    stale_passes: stale,
    stopped: state === undefined ? null : state.stoppedAt !== null,
    stopped_reason: state?.reason ?? null,
    stopped_message: state?.message ?? null,
  };
}
