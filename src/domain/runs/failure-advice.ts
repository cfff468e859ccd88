import { type RetryRule, retryTable, type WalletOutcome } from '../wallet/retry.ts';
import { runFailureReasons, type RunFailureReason } from './run-failure-reasons.ts';

/** What to do about the reason of a merchant or a card that failed in a run; null: it is not a known one. */
export function failureAdvice(reason: string): string | null {
  if (Object.hasOwn(runFailureReasons, reason)) return runFailureReasons[reason as RunFailureReason].advice;
  return retryRule(reason)?.advice ?? null;
}

/** The rule of an outcome of sending a pass; undefined: the reason is not one. */
export function retryRule(reason: string): RetryRule | undefined {
  return Object.hasOwn(retryTable, reason) ? retryTable[reason as WalletOutcome] : undefined;
}
