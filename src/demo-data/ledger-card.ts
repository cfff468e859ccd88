import type { CardState, EntryKind, Lot, PostedEntry, Posting } from '../domain/ledger/posting.ts';
import { identifier } from './identifier.ts';
import type { Intent } from './intent.ts';
import type { Random } from './random.ts';

export interface MadeLot extends Lot {
  /** From when its period runs, in milliseconds from now. */
  base: number;
  fate: Intent['fate'];
  /** A nightly job has found it expired. */
  zeroed: boolean;
}

export interface MadeEntry extends PostedEntry {
  kind: EntryKind;
  cardVersion: number;
  balanceAfter: number;
  occurredAt: Date;
  actor: string;
  reason: string | null;
  reference: string | null;
  reverses: string | null;
}

/** A card in memory, with all that the tables are to have of it. */
export interface LedgerCard {
  card: CardState;
  lots: MadeLot[];
  entries: MadeEntry[];
  /** Writes what the rules have decided. `at` and `fate` as in {@link Intent}. */
  post(posting: Posting, made: Pick<Intent, 'at' | 'fate'>, random: Random): void;
}

/** `history`: milliseconds, more than anything on the card is old. */
export function createLedgerCard(card: CardState, history: number): LedgerCard {
  const [lots, entries]: [MadeLot[], MadeEntry[]] = [[], []];
  return {
    card,
    lots,
    entries,
    post(posting, { at, fate }, random) {
      const { entry, occurredAt, balance } = posting;
      const id = identifier(random, history + at);
      const moves = posting.lotChanges
        .filter(({ points }) => points !== 0)
        .map(({ lotId, points }) => ({ lotId, points }));
      card.version += 1;
      card.balance = balance;
      entries.push({
        ...entry,
        id,
        cardVersion: card.version,
        balanceAfter: balance,
        occurredAt,
        moves,
        reversedBy: null,
      });
      const reversed = entries.find((earlier) => earlier.id === entry.reverses);
      if (reversed) reversed.reversedBy = id;
      change(lots, posting, entry.kind === 'expire');
      if (posting.lastActivityAt !== card.lastActivityAt) touch(card, lots, posting.lastActivityAt, at);
      for (const lot of posting.newLots)
        lots.push({
          ...lot,
          id: identifier(random, history + at),
          entryId: id,
          remaining: lot.points,
          base: at,
          fate,
          zeroed: false,
        });
    },
  };
}

function change(lots: MadeLot[], { lotChanges }: Posting, zeroed: boolean): void {
  for (const { lotId, points, expiresAt } of lotChanges) {
    const lot = lots.find(({ id }) => id === lotId);
    if (lot === undefined) throw new Error(`The posting changes lot ${lotId}, which the card does not have`);
    lot.remaining += points;
    lot.expiresAt = expiresAt;
    lot.zeroed ||= zeroed;
  }
}

/** An activity: with inactivity the period of all lots runs anew, but of restored ones. */
function touch(card: CardState, lots: MadeLot[], instant: Date | null, at: number): void {
  card.lastActivityAt = instant;
  if (card.program.expiry.mode !== 'inactivity') return;
  for (const lot of lots) if (lot.restoredFrom === null) lot.base = at;
}
