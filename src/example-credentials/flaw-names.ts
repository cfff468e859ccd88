import type { Provider } from '../domain/credentials/wallet-credential.ts';
import { appleFlaws, type AppleFlaw } from './apple-flaws.ts';
import type { Flaw } from './flaw.ts';
import { googleFlaws, type GoogleFlaw } from './google-flaws.ts';

/** Some flaws, such as a weak key, happen to both providers. */
export type FlawName = AppleFlaw | GoogleFlaw;

export const flawNames: readonly FlawName[] = [
  ...new Set([...namesOf(appleFlaws), ...namesOf(googleFlaws)]),
].toSorted();

function namesOf<Name extends string>(flaws: Readonly<Record<Name, Flaw>>): Name[] {
  return Object.keys(flaws) as Name[];
}

export function isFlawName(name: string): name is FlawName {
  return isAppleFlaw(name) || isGoogleFlaw(name);
}

export function isAppleFlaw(name: string): name is AppleFlaw {
  return Object.hasOwn(appleFlaws, name);
}

export function isGoogleFlaw(name: string): name is GoogleFlaw {
  return Object.hasOwn(googleFlaws, name);
}

/** What the flaw is for a provider; undefined where it cannot happen to it. */
export function flawOf(provider: Provider, name: FlawName): Flaw | undefined {
  if (provider === 'apple') return isAppleFlaw(name) ? appleFlaws[name] : undefined;
  return isGoogleFlaw(name) ? googleFlaws[name] : undefined;
}
