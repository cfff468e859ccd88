/** Why a merchant of a run failed: what it means, and what to do. Reasons are CamelCase and stable. */
export const runFailureReasons = {
  SuspiciousVolume: {
    meaning: 'More of the points of a merchant of 100 cards or more would expire than MAX_EXPIRE_SHARE allows.',
    advice:
      'See whether that is right (an import with wrong dates is not). If it is, run it with --force-merchant, as the message says.',
  },
  LockTimeout: {
    meaning: 'Somebody else held a row of the merchant for longer than lock_timeout (5 s).',
    advice: 'Run the merchant again. If it fails again, find the holder in pg_stat_activity and pg_locks.',
  },
  Deadlock: {
    meaning: 'The merchant was tried three times, and each time PostgreSQL ended a circle of waiting.',
    advice: 'Run the merchant again. The log of PostgreSQL names both sides.',
  },
  StatementTimeout: {
    meaning: 'A statement was canceled: it took longer than statement_timeout, or somebody canceled it.',
    advice: 'Run the merchant with a smaller --batch-size, or raise statement_timeout for the user of the job.',
  },
  ConstraintViolation: {
    meaning: 'What was to be written contradicts a constraint of the schema: rows were changed by another hand.',
    advice:
      'The message names the constraint. Verify the ledger (loyalty verify-ledger), correct the rows, run it again.',
  },
  BadData: {
    meaning: 'A value that is stored cannot be computed with, such as a sum that is too large.',
    advice: 'Find and correct the row that the message speaks of, then run the merchant again.',
  },
  RaisedException: {
    meaning: 'A trigger or a function of the database refused the change.',
    advice: 'The message is its own. Correct what it asks for, or the trigger, then run the merchant again.',
  },
  LedgerImbalanced: {
    meaning: 'The balance of a card is not the sum of its entries or of what remains in its lots.',
    advice: 'Change nothing by hand. The runbook of LedgerImbalanced says how to find and correct the difference.',
  },
  CardClosed: {
    meaning: 'Points of the card were not restored: its customer was erased, so that it belongs to nobody.',
    advice: 'Nothing: the ledger keeps what expired.',
  },
  BalanceLimit: {
    meaning: 'Points of the card were not restored: its balance would exceed 9007199254740991 points.',
    advice: 'Adjust the card down, then restore the run again: what came back is passed over.',
  },
  ExpiryInPast: {
    meaning: 'Points were not restored: the `expires_at` of the restore had passed when it was worked off.',
    advice: 'Restore the run again with a later expires_at, or without: what came back is passed over.',
  },
  DatabaseError: {
    meaning: 'PostgreSQL refused a statement for another reason, such as a right that was taken away.',
    advice: 'The message and the log of PostgreSQL say which. Mend it, then run the merchant again.',
  },
  InternalError: {
    meaning: 'A defect of this program.',
    advice: 'Please report it with the log line. The other merchants are not affected.',
  },
} as const satisfies Record<string, { meaning: string; advice: string }>;
export type RunFailureReason = keyof typeof runFailureReasons;
