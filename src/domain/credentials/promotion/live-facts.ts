import { factsOfFiles } from '../reading/facts-of-files.ts';
import { addDays, kubernetesTime } from '../instants.ts';
import type { Observed } from './observed.ts';
import type { Look } from './target.ts';
import type { Credential, Warning } from '../verdict.ts';
import {
  type CertificateSummary,
  type KeySummary,
  providerOf,
  type WalletCredentialStatus,
} from '../wallet-credential.ts';

/** What the status says of the credential that is live or becomes so. */
export interface LiveFacts {
  certificates: CertificateSummary[];
  key: KeySummary & { firstSeen: string };
  expiresAt?: string;
  rotateBy?: string;
  /** Why iPhones would not take its passes. */
  unknownRoot?: string;
}

type CredentialFacts = Pick<Credential, 'certificates' | 'key' | 'expiresAt'> & { warnings: Warning[] };

/** From the status where it is about this credential, else from what was read; asks for a look where neither is there. */
export function liveFactsOf(observed: Observed, target: { revision: number; fingerprint: string }): LiveFacts | Look {
  const facts = fromStatus(observed, target.fingerprint) ?? fromReading(observed, target);
  if (facts && 'look' in facts) return facts;
  return withDates(observed, target, facts ?? fromFiles(observed, target));
}

function fromStatus({ resource, source }: Observed, fingerprint: string): CredentialFacts | undefined {
  const { status } = resource;
  if (status?.live?.fingerprint !== fingerprint || !status.certificates || !status.key) return undefined;
  // The roots may be others than they were: what was read last counts.
  const read = source.state === 'accepted' && source.fingerprint === fingerprint ? source.warnings : undefined;
  const { certificates, key, expiresAt } = status;
  return { certificates, key, warnings: read ?? warningsIn(status), ...(expiresAt !== undefined && { expiresAt }) };
}

function warningsIn({ conditions }: WalletCredentialStatus): Warning[] {
  const verified = conditions?.find((condition) => condition.type === 'Verified');
  return verified?.reason === 'UnknownRoot' ? [{ reason: 'UnknownRoot', message: verified.message }] : [];
}

function fromReading(
  observed: Observed,
  target: { revision: number; fingerprint: string },
): CredentialFacts | Look | undefined {
  const { source, revisionContents, revisions } = observed;
  if (source.state === 'accepted' && source.fingerprint === target.fingerprint) {
    return source.credential ? { ...source.credential, warnings: source.warnings } : { look: 'source' };
  }
  const verdict = revisionContents.get(target.revision)?.verdictWhenMade;
  if (verdict) return verdict.accepted ? { ...verdict.credential, warnings: verdict.warnings } : undefined;
  const revision = revisions.find((kept) => kept.revision === target.revision);
  return revision ? { look: 'revision', revision } : undefined;
}

/**
 * Live, but no verdict tells what is in it: the status and the revision were lost (a restored backup) and it has expired, or
 * the spec is another now. An end that is not known would be taken for none.
 */
function fromFiles(
  { liveContent, revisionContents }: Observed,
  target: { revision: number; fingerprint: string },
): CredentialFacts {
  const held = [liveContent, revisionContents.get(target.revision)];
  const files = held.find((content) => content?.fingerprint === target.fingerprint)?.files;
  return { ...factsOfFiles(files?.reveal() ?? {}), warnings: [] };
}

function withDates(
  observed: Observed,
  target: { revision: number; fingerprint: string },
  facts: CredentialFacts,
): LiveFacts {
  const { resource, verifications } = observed;
  const online = verifications.get(target.fingerprint)?.key;
  const firstSeen = firstSeenOf(observed, target, facts.key?.id);
  const signer = facts.certificates.find((certificate) => certificate.role === 'signer');
  const known = resource.status?.live?.fingerprint === target.fingerprint ? resource.status.key?.createdAt : undefined;
  const createdAt = online?.createdAt ?? known ?? signer?.notBefore;
  const interval = resource.spec.rotation?.intervalDays ?? (providerOf(resource.spec) === 'google' ? 90 : undefined);
  const expiresAt = facts.expiresAt ?? online?.expiresAt;
  const unknownRoot = facts.warnings.find((warning) => warning.reason === 'UnknownRoot')?.message;
  return {
    certificates: facts.certificates,
    key: { ...facts.key, firstSeen, ...(createdAt !== undefined && { createdAt }) },
    ...(expiresAt !== undefined && { expiresAt }),
    ...(interval !== undefined && { rotateBy: kubernetesTime(addDays(createdAt ?? firstSeen, interval)) }),
    ...(unknownRoot !== undefined && { unknownRoot }),
  };
}

/** Kept on the revision Secrets, so that losing the status does not make an old key young; the same key id keeps its instant. */
function firstSeenOf(
  observed: Observed,
  target: { revision: number; fingerprint: string },
  keyId: string | undefined,
): string {
  const { status } = observed.resource;
  const kept = observed.revisions.find((revision) => revision.revision === target.revision)?.keyFirstSeen;
  const sameKey = observed.revisions.find((revision) => keyId !== undefined && revision.keyId === keyId)?.keyFirstSeen;
  const same = status?.live?.fingerprint === target.fingerprint || (keyId !== undefined && status?.key?.id === keyId);
  const fromLive =
    observed.liveContent?.metadata?.fingerprint === target.fingerprint
      ? observed.liveContent.metadata.keyFirstSeen
      : undefined;
  return kept ?? sameKey ?? (same ? status?.key?.firstSeen : undefined) ?? fromLive ?? kubernetesTime(observed.now);
}
