import type { Chance } from '../../../domain/credentials/checks/mutation.ts';
import { mistakes } from '../../validation.ts';
import { longTexts, oddTexts, sqlTexts, unstorableLiterals } from '../hostile-text.ts';
import { type Attack, attack, messageOf, withBody } from '../message.ts';
import type { ValidRequest } from '../request.ts';

type Place = readonly (string | number)[];

// prettier-ignore
const numbers = [
  '0', '-0', '-1', '0.5', '1.0000000000000001', '1e2', '1e-7', '9007199254740991', '9007199254740992',
  '9223372036854775807', '9223372036854775808', '-9223372036854775809', '1e308', '1e309', '-1e309', '2147483648',
  `1${'0'.repeat(400)}`,
  `0.${'1'.repeat(10_000)}`,
];

// prettier-ignore
const others = [
  'null', 'true', 'false', '""', '[]', '{}', '[[]]', '[null]', '{"":""}', '{"__proto__":{"points":1}}',
  '{"constructor":{"prototype":{"points":1}}}', '{"toString":1}', '{"length":1e9}', '{"toJSON":1}', '"1"', '["1"]',
];

/** One value of the body is another. What the document does not allow must be refused. */
export const bodyValues: Record<string, (request: ValidRequest, chance: Chance) => Attack | undefined> = {
  'a number': (request, chance) => replaced(request, chance, chance.pick(numbers)),
  'a value of another type': (request, chance) => replaced(request, chance, chance.pick(others)),
  'SQL in the body': (request, chance) => replaced(request, chance, JSON.stringify(chance.pick(sqlTexts))),
  'odd text': (request, chance) => replaced(request, chance, JSON.stringify(chance.pick(oddTexts))),
  'long text': (request, chance) => replaced(request, chance, JSON.stringify(chance.pick(longTexts))),
  'text that cannot be stored': (request, chance) => replaced(request, chance, chance.pick(unstorableLiterals), true),
  'deep JSON in a member': (request, chance) => {
    const depth = chance.pick([20, 1_000, 10_000, 20_000]);
    const [open, close] = chance.pick([
      ['[', ']'],
      ['{"a":', '}'],
    ] as const);
    return replaced(request, chance, `${open.repeat(depth)}1${close.repeat(depth)}`);
  },
  'a member missing': (request, chance) => {
    const [first, ...rest] = chance.pick(
      placesIn(request.body)
        .filter((place) => place.length > 0)
        .concat([[]]),
    );
    if (first === undefined) return undefined;
    return sending(request, JSON.stringify(without(request.body, [first, ...rest])));
  },
  'a member too many': (request, chance) => {
    if (!isRecord(request.body)) return undefined;
    const name = chance.pick([
      '__proto__',
      'constructor',
      'hasOwnProperty',
      '',
      'id',
      'merchant_id ',
      'Points',
      'é',
      '$ref',
    ]);
    const value = chance.pick(['1', '{}', '{"points":1}', 'null', '"x"']);
    const members = JSON.stringify(request.body).slice(1, -1);
    const text = `{${members}${members === '' ? '' : ','}${JSON.stringify(name)}:${value}}`;
    return sending(request, text);
  },
};

/** The values of a body, the body itself among them. */
function placesIn(value: unknown, place: Place = []): Place[] {
  const children = isRecord(value) ? Object.entries(value) : Array.isArray(value) ? [...value.entries()] : [];
  return [place, ...children.flatMap(([name, child]) => placesIn(child, [...place, name]))];
}

const mark = '@@here@@';

/** The body with JSON text in the place of one of its values. */
function replaced(request: ValidRequest, chance: Chance, literal: string, always = false): Attack | undefined {
  if (request.body === undefined) return undefined;
  const places = placesIn(request.body).filter((place) => place.length > 0 || chance.below(4) === 0);
  if (places.length === 0) return undefined;
  const marked = JSON.stringify(changed(request.body, chance.pick(places), mark));
  return sending(
    request,
    marked.replace(JSON.stringify(mark), () => literal),
    always,
  );
}

function sending(request: ValidRequest, text: string, refused = false): Attack {
  return attack(withBody(messageOf(request), text), refused || !fits(request, text) ? 'refused' : 'answered');
}

/** Whether the document allows this body. */
function fits({ operation }: ValidRequest, text: string): boolean {
  if (operation.body === undefined) return false;
  return text.length < 64 * 1024 && mistakes(operation.body.pointer, JSON.parse(text)).length === 0;
}

function changed(value: unknown, [first, ...rest]: Place, replacement: unknown): unknown {
  if (first === undefined) return replacement;
  if (Array.isArray(value))
    return value.map((item, index) => (index === first ? changed(item, rest, replacement) : item));
  const record = value as Record<string, unknown>;
  return { ...record, [first]: changed(record[first], rest, replacement) };
}

function without(value: unknown, [first, ...rest]: Place): unknown {
  if (first === undefined) return null;
  if (Array.isArray(value)) return value.filter((_, index) => index !== first);
  const { [first]: member, ...others } = value as Record<string | number, unknown>;
  return rest.length === 0 ? others : { ...others, [first]: without(member, rest) };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
