import assert from 'node:assert/strict';
import type { CardState, LotChange, Lot, PostedEntry, Posting } from '../../../src/domain/ledger/posting.ts';
import { isRefusal } from '../../../src/domain/ledger/refusal.ts';
import type { Decision } from '../../../src/domain/ledger/refusal.ts';

/** A card with its ledger, in memory. Postings are applied as the database applies them, and held to what the schema would hold them to. */
export class LedgerModel {
  card: CardState;
  lots: Lot[] = [];
  entries: PostedEntry[] = [];

  constructor(card: CardState) {
    this.card = card;
  }

  /** What the database hands to a decision: the lots that are not empty. */
  get open(): Lot[] {
    return this.lots.filter(({ remaining }) => remaining > 0);
  }

  /** Those which an entry made or moved. */
  lotsOf(entry: PostedEntry): Lot[] {
    return this.lots.filter((lot) => lot.entryId === entry.id || entry.moves.some(({ lotId }) => lotId === lot.id));
  }

  /** @returns the code of a refusal, else the kind that was written. */
  take(decision: Decision | undefined): string {
    if (decision === undefined) return 'nothing';
    if (isRefusal(decision)) return decision.code;
    this.#write(decision);
    this.#assertSound();
    return decision.entry.kind;
  }

  #write({ entry, lotChanges, newLots, balance, lastActivityAt, occurredAt }: Posting): void {
    const id = `entry-${String(this.entries.length).padStart(4, '0')}`;
    for (const change of lotChanges) this.#change(change, occurredAt);
    for (const lot of newLots) {
      this.lots.push({
        ...lot,
        id: `lot-${String(this.lots.length).padStart(4, '0')}`,
        remaining: lot.points,
        entryId: id,
      });
    }
    const moves = lotChanges.filter(({ points }) => points !== 0).map(({ lotId, points }) => ({ lotId, points }));
    this.#reverse(entry.reverses, id);
    this.entries.push({ id, kind: entry.kind, points: entry.points, reversedBy: null, moves });
    this.card = { ...this.card, balance, lastActivityAt, version: this.card.version + 1 };
    const moved = [...lotChanges, ...newLots].reduce((sum, { points }) => sum + points, 0);
    assert.equal(moved, entry.points, `entry ${id} moves as many points as it says`);
    assert.equal(
      new Set(lotChanges.map(({ lotId }) => lotId)).size,
      lotChanges.length,
      'a lot is changed at most once',
    );
  }

  #change({ lotId, points, expiresAt }: LotChange, now: Date): void {
    const lot = this.lots.find(({ id }) => id === lotId);
    assert.ok(lot, `lot ${lotId} exists`);
    const moved = expiresAt?.getTime() !== lot.expiresAt?.getTime();
    assert.ok(points !== 0 || moved, `lot ${lotId} is not named for nothing`);
    if (moved)
      assert.ok(
        lot.expiresAt && expiresAt && expiresAt > lot.expiresAt && lot.expiresAt > now && lot.restoredFrom === null,
      );
    Object.assign(lot, { remaining: lot.remaining + points, expiresAt });
  }

  #reverse(reverses: string | null, by: string): void {
    if (reverses === null) return;
    const reversed = this.entries.find(({ id }) => id === reverses);
    assert.ok(reversed?.reversedBy === null, `entry ${reverses} is reversed once`);
    reversed.reversedBy = by;
  }

  #assertSound(): void {
    assert.equal(this.card.balance, sum(this.entries.map(({ points }) => points)), 'balance = Σ entries');
    assert.equal(this.card.balance, sum(this.lots.map(({ remaining }) => remaining)), 'balance = Σ remaining');
    for (const { id, points, remaining } of this.lots) {
      const moves = this.entries.flatMap((entry) => entry.moves).filter(({ lotId }) => lotId === id);
      assert.equal(
        remaining,
        points + sum(moves.map((move) => move.points)),
        `lot ${id}: remaining = points + Σ moves`,
      );
      assert.ok(remaining >= 0 && remaining <= points, `lot ${id}: ${remaining} within 0 and ${points}`);
    }
  }
}

function sum(numbers: number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
