import { verificationSettings } from '../src/adapters/postgres/ledger/verify.ts';
import { verifyLedger } from '../src/jobs/verify-ledger.ts';
import { createLog } from '../src/log.ts';
import { fillPostgres } from './demo-world.ts';
import { median, type Row, seconds } from './measure.ts';

export interface VerifySizes {
  cards: number;
  rounds: number;
}

const grouped = new Intl.NumberFormat('en-US');

/** The job, without the start of its process, over a world whose lots are four a card. */
export async function benchVerifyLedger({ cards, rounds }: VerifySizes, say: (text: string) => void): Promise<Row[]> {
  say(`filling a database with ${grouped.format(cards)} cards and four times as many lots`);
  const options = { merchants: 20, cards, lotsPerCard: 4, dueShare: 0.05, years: 2, seed: 'bench' };
  const { database, world, milliseconds, stop } = await fillPostgres(options, verificationSettings);
  say(
    `filled with ${grouped.format(world.lots)} lots and ${grouped.format(world.entries)} entries in ${seconds(milliseconds)}`,
  );
  const log = createLog({ level: 'warn', format: 'json' });
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const begun = performance.now();
    const { cards: verified, imbalancedCards } = await verifyLedger(
      { database, log, stopping: new AbortController().signal },
      world.merchants,
    );
    times.push(performance.now() - begun);
    if (verified !== cards || imbalancedCards > 0)
      throw new Error(`${verified} cards verified, ${imbalancedCards} wrong`);
  }
  await stop();
  return [
    {
      what: `verify-ledger: ${grouped.format(cards)} cards, ${grouped.format(world.lots)} lots, 20 merchants`,
      measured: `${seconds(median(times))} (of ${times.map(seconds).join(', ')})`,
      goal: '≤ 3 s',
      met: median(times) <= 3_000,
    },
  ];
}
