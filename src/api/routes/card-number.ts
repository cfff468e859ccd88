import { randomInt } from 'node:crypto';

/** Digit by which the digits before it satisfy the Luhn formula (ISO/IEC 7812-1, annex B): tills find a mistyped number by it. */
export function luhnDigit(digits: string): string {
  let sum = 0;
  for (const [place, digit] of digits.split('').reverse().entries()) {
    const value = place % 2 === 0 ? Number(digit) * 2 : Number(digit);
    sum += value > 9 ? value - 9 : value;
  }
  return String((10 - (sum % 10)) % 10);
}

/** A card number that cannot be guessed: 15 random digits, the first not 0 (spreadsheets drop it), and their check digit. */
export function newCardNumber(): string {
  const first = randomInt(1, 10);
  const rest = randomInt(0, 1e14).toString().padStart(14, '0');
  return `${first}${rest}${luhnDigit(`${first}${rest}`)}`;
}
