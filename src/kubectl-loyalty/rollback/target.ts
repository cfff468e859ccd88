import type { WalletCredential } from '../../domain/credentials/wallet-credential.ts';
import { ExitError, exitCodes } from '../../errors.ts';

/**
 * The revision to go back to: the one that is asked for, else the highest kept one below what is live.
 * @throws ExitError (64) when it is not kept, listing what is.
 */
export function targetOf(credential: WalletCredential, wanted: number | undefined): number {
  const { status, spec, metadata } = credential;
  const kept = (status?.revisions ?? []).map(({ revision }) => revision);
  const live = status?.live?.revision;
  const listing = `Kept revisions: ${kept.join(', ') || 'none'}; live: ${live ?? 'none'}.`;
  const refuse = (what: string): ExitError => new ExitError(exitCodes.usage, `${what} ${listing}`);
  if (wanted !== undefined) {
    if (kept.includes(wanted) || wanted === live) return wanted;
    throw refuse(`Revision ${wanted} of ${metadata.name} is not kept.`);
  }
  if (live === undefined)
    throw refuse(`Nothing of ${metadata.name} is live, so there is no previous revision; name one with --to.`);
  const earlier = kept.filter((revision) => revision < live);
  if (earlier.length > 0) return Math.max(...earlier);
  const limit = spec.revisionHistoryLimit === 1 ? ' spec.revisionHistoryLimit is 1, which keeps none.' : '';
  throw refuse(
    `There is no revision of ${metadata.name} before the one that is live.${limit} A later one can be named with --to.`,
  );
}
