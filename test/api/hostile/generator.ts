import { chanceOf, randomNumbers } from '../../domain/credentials/checks/mutation.ts';
import type { DocumentedOperation } from '../document.ts';
import { bodyBytes } from './attacks/body-bytes.ts';
import { bodyValues } from './attacks/body-values.ts';
import { bytes } from './attacks/bytes.ts';
import { framing } from './attacks/framing.ts';
import { head } from './attacks/head.ts';
import { target } from './attacks/target.ts';
import type { Attack } from './message.ts';
import { type KnownValues, validRequest } from './request.ts';

/** Every way to be hostile, by name. */
export const attacks = { ...bodyValues, ...bodyBytes, ...framing, ...target, ...head, ...bytes };

export interface HostileRequest extends Attack {
  /** Of the attack, and of the operation it was done to. */
  name: string;
  operation: DocumentedOperation;
}

export interface GeneratorOptions {
  seed: number;
  operations: readonly DocumentedOperation[];
  /** An API key that the operation takes. */
  keyFor: (operation: DocumentedOperation) => string;
  known: KnownValues;
}

/** The hostile request of this number: the same for the same seed, whatever came before. */
export function hostileRequest(number: number, { seed, operations, keyFor, known }: GeneratorOptions): HostileRequest {
  const chance = chanceOf(randomNumbers(seed + number * 7_919));
  for (;;) {
    const operation = chance.pick(operations);
    const name = chance.pick(Object.keys(attacks));
    const made = attacks[name]?.(validRequest(operation, keyFor(operation), known, chance), chance);
    if (made !== undefined) return { ...made, name, operation };
  }
}
