import 'zod-openapi';
import { z } from 'zod';

/**
 * The schemas that operations share. A request's schema says what is taken, and its `override` what the OpenAPI document
 * shows where zod's own rendering would say less or something else.
 */

/** What PostgreSQL can hold as text: no NUL, and no half of a surrogate pair. */
function isStorable(text: string): boolean {
  return !text.includes('\0') && text.isWellFormed();
}

function codePoints(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}

/** Text of 1 to `max` characters (code points, as PostgreSQL and JSON Schema count). */
export function text(max: number) {
  return z
    .string()
    .refine(isStorable, 'must not contain NUL or half of a surrogate pair')
    .refine((value) => value.length > 0 && (value.length <= max || codePoints(value) <= max), {
      error: `must be of 1 to ${max} characters`,
    })
    .meta({ override: { minLength: 1, maxLength: max, pattern: '^[^\\u0000]*$' } });
}

/** What is said of a number that is no integer, or one that JavaScript, JSON readers and the database do not agree on. */
export function notAnInteger({ code }: { code: string }): string {
  const isLarge = code === 'too_big' || code === 'too_small';
  return isLarge ? `must be within ±${Number.MAX_SAFE_INTEGER}` : 'must be an integer';
}

/** A positive number of points. */
export const points = z.int({ error: notAnInteger }).min(1, 'must be at least 1').meta({
  description: 'Whole points.',
  example: 250,
});

/** A number of points in an answer, signed or zero. */
export const pointsAnswered = z.int().meta({ example: 250 });

/** An id in a request. One in the path that is not of this form is answered with 404, elsewhere with 400. */
export const id = z
  .uuid('must be an id (UUID)')
  .toLowerCase()
  .meta({ example: '01943f6e-7c00-7abc-8def-0123456789ab' });

/** An instant in an answer: a Date, which JSON writes as RFC 3339 UTC with milliseconds. */
export const instant = z.date().meta({
  example: '2026-03-01T09:30:00.000Z',
  override: { type: 'string', format: 'date-time' },
});

/** An instant in a request: RFC 3339 with any offset, read to the millisecond. In UTC it must have four digits for the year, too. */
export const instantGiven = z.iso
  .datetime({ offset: true, error: 'must be an instant as of RFC 3339, such as 2026-03-01T09:30:00.000Z' })
  .transform((value) => new Date(value))
  .refine((value) => value.getUTCFullYear() <= 9999, 'must be before the year 10000')
  .meta({
    example: '2026-03-01T09:30:00.000Z',
    override: { type: 'string', format: 'date-time' },
  });

/** An integer in the query, where everything is text. */
export function integerInQuery(minimum: number, maximum: number) {
  return z
    .string()
    .regex(/^-?(0|[1-9]\d{0,15})$/, 'must be an integer')
    .transform(Number)
    .refine((value) => value >= minimum && value <= maximum, `must be from ${minimum} to ${maximum}`)
    .meta({ override: ({ jsonSchema }) => replaceBy(jsonSchema, { type: 'integer', minimum, maximum }) });
}

/** zod-openapi lets an override only change the object that it was given. */
function replaceBy(jsonSchema: object, replacement: Record<string, unknown>): void {
  for (const name of ['type', 'pattern', 'enum', 'format']) Reflect.deleteProperty(jsonSchema, name);
  Object.assign(jsonSchema, replacement);
}

/**
 * A cursor: the position behind which the next page begins, opaque to clients. Read into what `position` is;
 * {@link cursorAt} writes it.
 */
export function cursor<Position extends z.ZodType>(position: Position) {
  return z
    .string()
    .max(512)
    .transform((value, context): z.output<Position> => {
      const read = position.safeParse(parsed(value));
      if (read.success) return read.data;
      context.addIssue({ code: 'custom', message: 'must be the next_cursor of an earlier page' });
      return z.NEVER;
    })
    .meta({ override: { type: 'string', maxLength: 512 } });
}

function parsed(value: string): unknown {
  try {
    return JSON.parse(Buffer.from(value, 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
}

/** The cursor of a position (plain JSON). */
export function cursorAt(position: unknown): string {
  return Buffer.from(JSON.stringify(position)).toString('base64url');
}

/** `?limit=` (1 to 100, default 20) and `?cursor=`; spread it into the query's object. */
export function pageQuery<Position extends z.ZodType>(position: Position) {
  return {
    limit: integerInQuery(1, 100)
      .optional()
      .transform((value) => value ?? 20)
      .meta({
        description: 'How many items a page has at most.',
        override: ({ jsonSchema }) => replaceBy(jsonSchema, { type: 'integer', minimum: 1, maximum: 100, default: 20 }),
      }),
    cursor: cursor(position)
      .optional()
      .meta({ description: '`next_cursor` of the page before; absent: the first page.' }),
  };
}

/** A page of items in an answer. */
export function page<Item extends z.ZodType>(item: Item) {
  return z.object({
    items: z.array(item),
    next_cursor: z.string().nullable().meta({ description: 'Cursor of the next page; null: this is the last one.' }),
  });
}
