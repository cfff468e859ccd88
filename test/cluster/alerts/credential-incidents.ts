import { addDays, kubernetesTime } from '../../../src/domain/credentials/instants.ts';
import { keyFirstSeenAnnotation } from '../../../src/domain/credentials/wallet-credential.ts';
import { createGoogleSource } from '../../../src/example-credentials/google-source.ts';
import { generateRsaKey } from '../../../src/example-credentials/key-pair.ts';
import { type SourceData, toBytes } from '../../../src/example-credentials/source-data.ts';
import { appleSpec, googleSpec } from '../../support/sources.ts';
import type { Incident } from './incident.ts';
import type { OperatedCluster } from './operated-cluster.ts';

const secondsInDays = (seconds: number): number => seconds / 86_400;

function filesOf(data: SourceData): Record<string, string> {
  return Object.fromEntries(Object.entries(data).map(([name, content]) => [name, toBytes(content).toString('utf8')]));
}

/** Everything that an alert about a WalletCredential tells, each of one of its own. */
export function credentialIncidents(cluster: OperatedCluster): Incident[] {
  const { apply, secret, credential, sources, run, namespace } = cluster;
  const { privateKey } = generateRsaKey();
  const google = (): SourceData => createGoogleSource({ privateKey }).data;

  /** An Apple credential with that name is live. */
  async function promote(name: string, validDays?: number): Promise<void> {
    const source = sources.apple({ now: new Date(), ...(validDays !== undefined && { validDays }) });
    await apply(secret(`${name}-source`, source), credential(name, appleSpec(`${name}-source`)));
    await run('wait', '--for=condition=SourceAccepted', '--timeout=20s', `wcred/${name}`);
  }

  function ofApple(
    name: string,
    incident: Pick<Incident, 'alert' | 'severity' | 'begin'> & { reason?: string },
  ): Incident {
    const { reason, ...rest } = incident;
    return {
      ...rest,
      labels: { namespace, name, provider: 'apple', ...(reason && { reason }) },
      reader: () => ({ calls: { [name]: 'apple' }, files: filesOf(sources.apple()) }),
    };
  }

  async function beginRotation(): Promise<void> {
    const source = 'wallet-old-source';
    await apply(secret(source, google()), credential('wallet-old', googleSpec(source)));
    await run('wait', '--for=condition=SourceAccepted', '--timeout=20s', 'wcred/wallet-old');
    const longAgo = kubernetesTime(addDays(new Date(), -100));
    await run('annotate', 'secret', 'wallet-old-rev-1', `${keyFirstSeenAnnotation}=${longAgo}`, '--overwrite');
  }

  return [
    ofApple('wallet-expired', {
      alert: 'WalletCredentialExpired',
      severity: 'P0',
      begin: () => promote('wallet-expired', secondsInDays(15)),
    }),
    ofApple('wallet-missing', {
      alert: 'WalletCredentialNotReady',
      severity: 'P0',
      reason: 'NoLiveCredential',
      begin: () => apply(credential('wallet-missing', appleSpec('wallet-missing-source'))),
    }),
    ofApple('wallet-week', {
      alert: 'WalletCredentialExpiresWithin7Days',
      severity: 'P1',
      begin: () => promote('wallet-week', 3.5),
    }),
    ofApple('wallet-month', {
      alert: 'WalletCredentialExpiresWithin30Days',
      severity: 'P2',
      begin: () => promote('wallet-month', 20.5),
    }),
    ofApple('wallet-refused', {
      alert: 'WalletSourceRejected',
      severity: 'P1',
      reason: 'KeyMismatch',
      begin: async () => {
        await promote('wallet-refused');
        await apply(secret('wallet-refused-source', sources.apple({ flaw: 'wrong-key' })));
      },
    }),
    {
      alert: 'RotationDue',
      severity: 'P2',
      labels: { namespace, name: 'wallet-old', provider: 'google' },
      begin: beginRotation,
      reader: () => ({ calls: { 'wallet-old': 'google' }, files: filesOf(google()) }),
    },
  ];
}
