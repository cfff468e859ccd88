import { cursorAt } from '../schemas.ts';

interface Page<Item> {
  items: Item[];
  next_cursor: string | null;
}

/**
 * A page of rows that were read by key (`… WHERE id < cursor ORDER BY id DESC LIMIT limit + 1`): the one too many tells
 * that there is a next page, which begins behind the position of the last row shown. Rows that are added meanwhile move
 * nothing.
 */
export function pageOf<Row, Item>(
  rows: readonly Row[],
  limit: number,
  { item, position }: { item: (row: Row) => Item; position: (row: Row) => unknown },
): Page<Item> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return {
    items: shown.map(item),
    next_cursor: rows.length > limit && last !== undefined ? cursorAt(position(last)) : null,
  };
}
