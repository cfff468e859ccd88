import type { Imbalance } from '../adapters/postgres/ledger/verify.ts';
import type { LedgerVerification, MerchantOutcome } from './verify-ledger.ts';

const grouped = new Intl.NumberFormat('en-US');

/** What a verification found, for people: a line a merchant, the cards that are wrong below it, and a last line with the sums. */
export function describeVerification(result: LedgerVerification, milliseconds: number): string {
  const rows = result.outcomes.map(({ merchant, ...outcome }) => [
    merchant.id,
    ...cellsOf(outcome),
    plain(merchant.name),
  ]);
  const lines = aligned([['merchant', 'cards', 'imbalanced', 'time', 'name'], ...rows]);
  const [heading = '', ...described] = lines;
  const details = result.outcomes.map(detailsOf);
  const body = described.flatMap((line, index) => [line, ...(details[index] ?? [])]);
  return [heading, ...body, '', summary(result, milliseconds), ''].join('\n');
}

type Outcome = MerchantOutcome extends infer One ? (One extends unknown ? Omit<One, 'merchant'> : never) : never;

function cellsOf(outcome: Outcome): string[] {
  if ('failure' in outcome) return ['?', '?', ''];
  const { cards, imbalancedCards } = outcome.verification;
  return [grouped.format(cards), grouped.format(imbalancedCards), `${(outcome.milliseconds / 1_000).toFixed(2)} s`];
}

function detailsOf(outcome: MerchantOutcome): string[] {
  if ('failure' in outcome) return [`  not verified: ${plain(outcome.failure)}`];
  const { examples, imbalancedCards } = outcome.verification;
  const more = imbalancedCards - examples.length;
  return [...examples.map(describeCard), ...(more > 0 ? [`  … and ${grouped.format(more)} more cards`] : [])];
}

function describeCard({ card_id: id, balance, entries, lots }: Imbalance): string {
  const found = balance === null ? 'no such card' : `balance ${grouped.format(balance)}`;
  return `  card ${id}: ${found}, entries ${grouped.format(entries)}, lots ${grouped.format(lots)}`;
}

function summary(
  { outcomes, left, cards, imbalancedCards, failedMerchants }: LedgerVerification,
  time: number,
): string {
  const verified = `${counted(cards, 'card')} of ${counted(outcomes.length - failedMerchants, 'merchant')} verified in ${(time / 1_000).toFixed(2)} s`;
  const found = imbalancedCards === 0 ? 'every balance is right' : `${counted(imbalancedCards, 'card')} imbalanced`;
  const failed = failedMerchants === 0 ? [] : [`${counted(failedMerchants, 'merchant')} could not be verified`];
  const rest = left === 0 ? [] : [`${counted(left, 'merchant')} not come to`];
  return `${[`${verified}: ${found}`, ...failed, ...rest].join('; ')}.`;
}

function counted(count: number, noun: string): string {
  return `${grouped.format(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** Columns as wide as their widest cell, numbers to the right, the last one as it is. */
function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = [0, 1, 2, 3].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map(([id = '', cards = '', imbalanced = '', time = '', name = '']) => {
    const numbers = [cards, imbalanced, time].map((cell, index) => cell.padStart(widths[index + 1] ?? 0));
    return [id.padEnd(widths[0] ?? 0), ...numbers, name].join('  ');
  });
}

/** Without what would move a terminal's cursor. */
function plain(text: string): string {
  return text.replaceAll(/\p{Cc}+/gu, ' ');
}
