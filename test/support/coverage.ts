/**
 * Processes of each command, in each test run, whose coverage counts. To write down what it ran takes a process half a second, and c8 as
 * long again to read it: the first ones say nearly all that the hundreds after them would.
 */
const counted = 5;

const { NODE_V8_COVERAGE: directory } = process.env;
// Node hands it on to every child, whatever environment that is given; for this process it has read it already.
delete process.env['NODE_V8_COVERAGE'];

const started = new Map<string, number>();

/** What a child process that runs this command gets of the environment, so that its coverage counts; empty: it need not. */
export function coverageEnvironment(command: string): Record<string, string> {
  const before = started.get(command) ?? 0;
  started.set(command, before + 1);
  return directory !== undefined && before < counted ? { NODE_V8_COVERAGE: directory } : {};
}
