import assert from 'node:assert/strict';
import { describeDatabase, explainDatabaseError, unsuitable } from '../../../src/adapters/postgres/usable-database.ts';
import { ExitError } from '../../../src/errors.ts';

const url = 'postgres://shop:hush@db.example.org:6432/loyalty?sslmode=require';

function coded(code: string, message: string, more: object = {}): Error {
  return Object.assign(new Error(message), { code, ...more });
}

describe('a database, as messages name it', () => {
  const cases: [string, string][] = [
    [url, 'database "loyalty" on db.example.org:6432'],
    ['postgresql://shop:hush@localhost', 'database "shop" on localhost:5432'],
    ['postgres://s%40p:hush@[::1]/my%20db', 'database "my db" on [::1]:5432'],
    ['postgres:///loyalty?host=/run/postgresql&user=shop', 'database "loyalty" on /run/postgresql:5432'],
  ];
  for (const [from, expected] of cases) it(expected, () => assert.equal(describeDatabase(from), expected));
});

describe('a server', () => {
  const cases: [number, string, string, RegExp[]][] = [
    [180_004, '18.4', 'UTF8', []],
    [150_000, '15.0', 'UTF8', []],
    [140_023, '14.23 (Debian)', 'UTF8', [/^It is PostgreSQL 14\.23 \(Debian\): 15 or newer is needed\.$/]],
    [90_624, '9.6.24', 'SQL_ASCII', [/^It is PostgreSQL 9\.6\.24/, /^Its encoding is SQL_ASCII: UTF8 is needed/]],
  ];
  for (const [number, version, encoding, expected] of cases) {
    it(`${version}, ${encoding}: ${expected.length === 0 ? 'suits' : 'does not suit'}`, () => {
      const problems = unsuitable({ number, version, encoding });
      assert.equal(problems.length, expected.length);
      expected.forEach((pattern, index) => assert.match(problems[index] ?? '', pattern));
    });
  }
});

describe('an error of the database', () => {
  const cases: [string, unknown, number, RegExp][] = [
    [
      'no entry in pg_hba.conf',
      coded('28000', 'no pg_hba.conf entry'),
      78,
      /refuses the user "shop": no pg_hba\.conf entry/,
    ],
    [
      'an unknown authority',
      coded('SELF_SIGNED_CERT_IN_CHAIN', 'x'),
      78,
      /its TLS certificate is not trusted \(SELF_SIGNED/,
    ],
    [
      'a right on a table',
      coded('42501', 'permission denied for table runs', { severity: 'ERROR' }),
      78,
      /the user "shop" lacks a right: permission denied for table runs\. Grant it, or use the owner of the database\.$/,
    ],
    ['too many connections', coded('53300', 'sorry, too many clients', { severity: 'FATAL' }), 75, /too many clients/],
    [
      'several addresses, none of which answers',
      new AggregateError([coded('ECONNREFUSED', 'a'), coded('ECONNREFUSED', 'b')]),
      75,
      /\(a, b\)/,
    ],
    ['cut in a statement of knex', new Error('select 1 - Connection terminated unexpectedly'), 75, /cannot be reached/],
    ['a lock', coded('55P03', 'lock timeout', { severity: 'ERROR' }), 75, /it is busy \(lock timeout\)\. Try again\.$/],
  ];
  for (const [name, error, exit, message] of cases) {
    it(`${name}: ${exit}`, () => {
      const explained = explainDatabaseError(error, url);
      assert.ok(explained instanceof ExitError);
      assert.equal(explained.exitCode, exit);
      assert.match(explained.message, message);
      assert.match(explained.message, /^The database "loyalty" on db\.example\.org:6432 cannot be used: /);
      assert.doesNotMatch(explained.message, /hush/);
    });
  }

  it('that is ours is given back as it is', () => {
    for (const error of [
      coded('42601', 'syntax error', { severity: 'ERROR' }),
      new Error('a - b'),
      new ExitError(70, 'x'),
    ]) {
      assert.equal(explainDatabaseError(error, url), error);
    }
    assert.equal(explainDatabaseError('thrown text', url), 'thrown text');
  });
});
