import assert from 'node:assert/strict';
import { groups, startConformanceServer } from './conformance-suite.ts';
import type { ConformanceServer } from './conformance-suite.ts';
import { readAnswers } from './recorded-answers.ts';
import type { RecordedAnswers } from './recorded-answers.ts';

/**
 * The answers in recorded/ are those of a real API server. The small one is held to them by `make test`, a real one by
 * `make test-cluster`, so that they stay true; thereby both are held to each other.
 */
export function describeConformance(kind: 'small' | 'real', options: { controllers: boolean }): void {
  describe(`the ${kind} API server answers as recorded from a real one`, function () {
    this.timeout(60_000);
    let server: ConformanceServer;

    before(async () => {
      server = await startConformanceServer(kind);
    });
    after(() => server?.stop());

    for (const [group, cases] of Object.entries(groups)) {
      describe(group, () => {
        let recorded: RecordedAnswers;
        before(async () => {
          recorded = await readAnswers(group);
        });

        for (const each of cases.filter(({ controllers }) => options.controllers || controllers !== true)) {
          it(each.name, async () => {
            const answers = await server.run(group, each);
            assert.deepEqual(answers, recorded[each.name]);
          });
        }
      });
    }
  });
}
