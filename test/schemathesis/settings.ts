/** What schemathesis is told about the API that it runs against. */
export interface Settings {
  /** Values that exist, by the parameter that takes them, such as `path.card_id`. */
  known: Record<string, string[]>;
  /** By operationId, a cursor for every request. */
  cursors: Record<string, string>;
}

/*
 * All checks are on (by default; to name them on the command line would override this). What they take beside their defaults, and what they are spared:
 * - A valid request may be refused for the state that it meets: 404 (ids that were made up), 409, and 422 (an
 *   Idempotency-Key that was made up a second time).
 * - A cursor is opaque, so that hardly any text that fits its schema is one: a real one is always sent. Texts that
 *   are none are sent by test/api/hostile.
 * - What is valid must be taken, but where the body has a timezone or is an image: no schema says which names the IANA database has, or what a PNG is.
 */
const checks = `
[checks.positive_data_acceptance]
expected-statuses = ["2xx", "304", "404", "409", "422"]

[checks.negative_data_rejection]
expected-statuses = ["400", "401", "404", "405", "413", "415", "422", "431"]
`;

const beyondSchema = ['createMerchant', 'changeMerchant', 'putProgramImage'].map(
  (operationId) =>
    `[[operations]]\ninclude-operation-id = "${operationId}"\nchecks = { positive_data_acceptance = { enabled = false } }\n`,
);

/** The text of schemathesis.toml. */
export function settingsText({ known, cursors }: Settings): string {
  const dictionaries = Object.entries(known).map(
    ([name, values]) => `[dictionaries."${name}"]\nvalues = ${JSON.stringify(values)}\n`,
  );
  const parameters = Object.keys(known).map((name) => `"${name}" = { dictionary = "${name}", probability = 0.8 }`);
  const operations = Object.entries(cursors).map(
    ([operationId, cursor]) =>
      `[[operations]]\ninclude-operation-id = "${operationId}"\nparameters = { "query.cursor" = "${cursor}" }\n`,
  );
  return [...dictionaries, '[parameters]', ...parameters, checks, ...operations, ...beyondSchema].join('\n');
}
