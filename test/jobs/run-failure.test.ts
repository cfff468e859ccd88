import assert from 'node:assert/strict';
import pg from 'pg';
import { runFailureReasons } from '../../src/domain/runs/run-failure-reasons.ts';
import { runFailureOf } from '../../src/jobs/run-failure.ts';

function databaseError(code: string, message: string, more: Partial<pg.DatabaseError> = {}): Error {
  return Object.assign(new pg.DatabaseError(message, 1, 'error'), { code, severity: 'ERROR', ...more });
}

describe('the reason of a merchant that failed', () => {
  const rows: [code: string, reason: keyof typeof runFailureReasons][] = [
    ['55P03', 'LockTimeout'],
    ['40P01', 'Deadlock'],
    ['40001', 'Deadlock'],
    ['57014', 'StatementTimeout'],
    ['23514', 'ConstraintViolation'],
    ['23505', 'ConstraintViolation'],
    ['22003', 'BadData'],
    ['22P02', 'BadData'],
    ['P0001', 'RaisedException'],
    ['42501', 'DatabaseError'],
    ['XX000', 'DatabaseError'],
  ];
  for (const [code, reason] of rows) {
    it(`is ${reason} for SQLSTATE ${code}`, () => {
      assert.deepEqual(runFailureOf(databaseError(code, 'it says so')), {
        reason,
        message: `it says so [SQLSTATE ${code}]`,
      });
    });
  }

  it('names the constraint and the table where the message does not, and no value', () => {
    const more = { constraint: 'sane', table: 'lots', detail: 'Failing row contains (Ada Lovelace).' };
    const { message } = runFailureOf(databaseError('23514', 'a check\nfailed', more));
    assert.equal(message, 'a check failed (constraint sane) (table lots) [SQLSTATE 23514]');
  });

  it('is InternalError for what no database says', () => {
    assert.deepEqual(runFailureOf(new RangeError('too large')), { reason: 'InternalError', message: 'too large' });
  });

  it('has a message that is not too long', () => {
    assert.ok(runFailureOf(new Error('x'.repeat(10_000))).message.length < 1_100);
  });

  it('has a meaning and an advice', () => {
    for (const { meaning, advice } of Object.values(runFailureReasons))
      assert.ok(meaning.endsWith('.') && advice.endsWith('.'));
  });
});
