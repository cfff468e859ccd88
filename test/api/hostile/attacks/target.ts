import type { Chance } from '../../../domain/credentials/checks/mutation.ts';
import { mistakesOfText } from '../../validation.ts';
import { longTexts, oddTexts, sqlTexts } from '../hostile-text.ts';
import { type Attack, attack, messageOf, type Outcome, targetOf } from '../message.ts';
import type { ValidRequest } from '../request.ts';

/** As they stand in the path or the query: percent-encoding that is broken, doubled, or hides something. */
// prettier-ignore
const encodings = [
  '%', '%zz', '%u0041', '%00', '%0d%0aX-Injected:%20yes', '%c0%af', '%ff', '%ed%a0%80', '%252e%252e%252f', '%2f',
  '%5c',
  '%2e%2e', '..', '.', ';', ';x=1', '%20', '+', '*', '~', '|', '{', '^', '%E2%80%AE', '%f4%90%80%80', '%25',
];

// prettier-ignore
const traversals = [
  '/../../../../etc/passwd', '/%2e%2e/%2e%2e/%2e%2e/package.json', '/..%2f..%2f..%2fetc%2fpasswd', '/..;/..;/',
  '//', '/.',
  '/docs/../../package.json', '/docs/%2e%2e/%2e%2e/package.json', '/docs/..%2f..%2fpackage.json', '/docs/....//',
  '/docs/%00',
  '/docs/..\\..\\package.json', '/docs/%5c..%5cpackage.json', '/docs//etc/passwd', '/docs/constructor',
  '/docs/__proto__',
  '/api', '/api/v1', '/api/v2/store/loyalty/cards', '/API/V1/STORE/LOYALTY/CARDS', '/api/v1/store/loyalty/cards/',
  '/metrics',
  '*', 'cards', '?', '', '/?', '//evil.example/', 'http://evil.example/', 'http://', 'ftp://x/',
  'evil.example:443', '/#x',
  '/\u00e9', '/%', `/${'a'.repeat(15_000)}`, `/${'a/'.repeat(5_000)}`, `/${'../'.repeat(3_000)}`, '/a b', '/\\',
  '/.git/config',
];

const limits = [
  '0',
  '-1',
  '101',
  '1e2',
  'abc',
  '',
  ' 5',
  '5.0',
  '0x10',
  '١٢',
  '9'.repeat(400),
  'NaN',
  'Infinity',
  '5,6',
  '[]',
];

// prettier-ignore
const cursors = [
  'x', '=', 'eyJ', 'null', 'bnVsbA', 'W10', 'e30', 'WzEsMl0', 'IiI', '{}', '\u0000', "' OR 1=1", '_-_-', '%00',
  ...[
    ['a'.repeat(513)],
    [Number.MAX_VALUE],
    [-1],
    ['\u0000'],
    [null],
    ['9'.repeat(50)],
    { __proto__: 1 },
    [[[[]]]],
  ].map((position) => Buffer.from(JSON.stringify(position)).toString('base64url')),
  'a'.repeat(5_000),
];

/** The path or the query is not what it should be. */
export const target: Record<string, (request: ValidRequest, chance: Chance) => Attack | undefined> = {
  'another value in the path': (request, chance) => {
    const value = chance.pick([...sqlTexts, ...oddTexts, ...longTexts.filter((text) => text.length < 5_000)]);
    return inPath(request, chance, encodeURIComponent(value));
  },
  'broken encoding in the path': (request, chance) => inPath(request, chance, chance.pick(encodings)),
  'another path': (request, chance) => ({ ...sent(request, chance.pick(traversals), 'cut') }),
  'more path': (request, chance) => {
    const [path = ''] = targetOf(request).split('?');
    return sent(
      request,
      `${path}${chance.pick(['/', '//', '/..', '/.', '/x', '%2f', ';', '/%00', '.json'])}`,
      'answered',
    );
  },
  'an unknown parameter': (request, chance) => {
    const name = chance.pick([
      'no_such',
      '__proto__',
      'constructor',
      'limit[]',
      'limit ',
      'LIMIT',
      '',
      '%00',
      'a.b',
      '$where',
    ]);
    return extended(request, `${encodeURIComponent(name)}=${encodeURIComponent(chance.pick(sqlTexts))}`, 'refused');
  },
  'a parameter twice': (request, chance) => {
    const named = request.operation.parameters.filter((parameter) => parameter.in === 'query');
    if (named.length === 0) return undefined;
    const { name } = chance.pick(named);
    const values = request.query.filter(([other]) => other === name).map(([, value]) => value);
    const pair = `${name}=${encodeURIComponent(values[0] ?? '1')}`;
    return extended(request, values.length > 0 ? pair : `${pair}&${pair}`, 'refused');
  },
  'another value in the query': (request, chance) => {
    const named = request.operation.parameters.filter((parameter) => parameter.in === 'query');
    if (named.length === 0) return undefined;
    const { name, pointer } = chance.pick(named);
    const value = chance.pick([
      ...sqlTexts,
      ...oddTexts,
      ...limits,
      ...longTexts.filter((text) => text.length < 2_000),
    ]);
    return inQuery(
      request,
      name,
      encodeURIComponent(value),
      mistakesOfText(pointer, value).length > 0 ? 'refused' : 'answered',
    );
  },
  'a limit that is none': (request, chance) =>
    takes(request, 'limit') ? inQuery(request, 'limit', encodeURIComponent(chance.pick(limits)), 'refused') : undefined,
  'a cursor that is none': (request, chance) =>
    takes(request, 'cursor')
      ? inQuery(request, 'cursor', encodeURIComponent(chance.pick(cursors)), 'refused')
      : undefined,
  'broken encoding in the query': (request, chance) => extended(request, `limit=${chance.pick(encodings)}`, 'answered'),
  'a query that is none': (request, chance) => {
    const queries = [
      '?',
      '?&',
      '?=',
      '?&&&&',
      '??',
      '?a&b',
      `?${'a=b&'.repeat(2_000)}`,
      `?${'x'.repeat(14_000)}`,
      '?#',
      '?;',
    ];
    const [path = ''] = targetOf(request).split('?');
    return sent(request, `${path}${chance.pick(queries)}`, 'answered');
  },
};

function sent(request: ValidRequest, target: string, outcome: Outcome): Attack {
  return attack({ ...messageOf(request), target }, outcome);
}

/** One of the path's parameters, written as given. What can be no id must be refused. */
function inPath(request: ValidRequest, chance: Chance, written: string): Attack | undefined {
  const names = Object.keys(request.path);
  if (names.length === 0) return undefined;
  const mark = 'xxherexx';
  const target = targetOf({ ...request, path: { ...request.path, [chance.pick(names)]: mark } });
  // "." and "" make it another path, of which there may be one.
  return sent(
    request,
    target.replace(mark, () => written),
    /^(|\.+|%2e%2e)$/.test(written) ? 'answered' : 'refused',
  );
}

function inQuery(request: ValidRequest, name: string, written: string, outcome: Outcome): Attack {
  const others = request.query.filter(([other]) => other !== name);
  return extended({ ...request, query: others }, `${name}=${written}`, outcome);
}

function extended(request: ValidRequest, pair: string, outcome: Outcome): Attack {
  const target = targetOf(request);
  return sent(request, `${target}${target.includes('?') ? '&' : '?'}${pair}`, outcome);
}

function takes(request: ValidRequest, name: string): boolean {
  return request.operation.parameters.some((parameter) => parameter.in === 'query' && parameter.name === name);
}
