import type { Model, QueryBuilder } from 'objection';

interface Wanted {
  limit: number;
  /** Id, or what orders the rows instead, behind which the page begins. */
  cursor?: string | number | undefined;
}

/** The rows of a page and one more, newest first: ids of version 7 grow with time. */
export function newestFirst<Row extends Model>(
  query: QueryBuilder<Row>,
  { limit, cursor }: Wanted,
  column = 'id',
): QueryBuilder<Row> {
  const ordered = query.orderBy(column, 'desc').limit(limit + 1);
  return cursor === undefined ? ordered : ordered.where(column, '<', cursor);
}

/** The filters of a query that are given. */
export function given<Filters extends object>(filters: Filters): Filters {
  return Object.fromEntries(Object.entries(filters).filter(([, value]) => value !== undefined)) as Filters;
}
