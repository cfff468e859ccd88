import { toBytes } from '../../../src/example-credentials/source-data.ts';
import { runBlocks } from '../../support/runbook/run-blocks.ts';
import type { OperatedCluster } from './operated-cluster.ts';
import { acceptAll, refuseOne } from './wallet-incidents.ts';

/** The procedure of wallet certificates, for the credential that the API uses. */
export async function manageCertificates({ reader, sources }: OperatedCluster): Promise<void> {
  const files = Object.entries(sources.apple()).map(([name, content]) => [name, toBytes(content).toString('utf8')]);
  await runBlocks('wallet-certificates', {
    ...reader,
    environment: { ...reader.environment, NAME: 'apple' },
    files: Object.fromEntries(files) as Record<string, string>,
  });
}

/** The procedure of points: those of a merchant are due again before they are expired alone, and brought back. */
export async function expirePoints({ reader, database }: OperatedCluster): Promise<void> {
  const open = database('lots').where('remaining', '>', 0).orderBy('id');
  const { merchant_id: MERCHANT } = await open.first<{ merchant_id: string }>('merchant_id');
  const situation = { ...reader, environment: { ...reader.environment, MERCHANT } };
  await runBlocks('point-expiration', situation, ({ section }) => section === 'By hand');
  const past = database.raw("now() - interval '1 hour'");
  await database('lots').where({ merchant_id: MERCHANT }).where('remaining', '>', 0).update({ expires_at: past });
  await runBlocks('point-expiration', situation, ({ section }) => section !== 'By hand');
}

/** The procedure of the wallet sync: a card failed, and is sent again when Google takes it. */
export async function syncWallets(cluster: OperatedCluster): Promise<void> {
  await refuseOne(cluster, 4);
  await runBlocks('wallet-sync', { ...cluster.reader, before: { 'Send again': () => acceptAll(cluster) } });
}
