import assert from 'node:assert/strict';
import { luhnDigit, newCardNumber } from '../../../src/api/routes/card-number.ts';

/** The formula from the other end: every second digit from the right doubled, the digits of all added, is a multiple of 10. */
function satisfiesLuhn(number: string): boolean {
  const digits = Array.from(number, Number).toReversed();
  const sum = digits.reduce((total, digit, place) => {
    const value = place % 2 === 1 ? digit * 2 : digit;
    return total + Math.trunc(value / 10) + (value % 10);
  }, 0);
  return sum % 10 === 0;
}

describe('card numbers', () => {
  // The first is the textbook example; the others are the test numbers of payment networks.
  for (const number of ['49927398716', '4111111111111111', '5555555555554444', '378282246310005', '0']) {
    it(`end in the check digit: ${number}`, () => {
      assert.equal(luhnDigit(number.slice(0, -1)), number.at(-1));
    });
  }

  it('have 16 digits, the first not 0, satisfy the formula, and do not repeat', () => {
    const numbers = Array.from({ length: 5000 }, newCardNumber);
    for (const number of numbers) {
      assert.match(number, /^[1-9]\d{15}$/);
      assert.ok(satisfiesLuhn(number), number);
    }
    assert.equal(new Set(numbers).size, numbers.length);
  });
});
