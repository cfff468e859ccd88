import assert from 'node:assert/strict';
import { findAssets } from '../assets.ts';
import { groups, startConformanceServer } from './conformance-suite.ts';
import type { ConformanceServer } from './conformance-suite.ts';
import { readAnswers } from './recorded-answers.ts';
import type { RecordedAnswers } from './recorded-answers.ts';

// The answers in recorded/ are those of a real API server. The small one is always held to them. Where a real one can be
// started it is held to them too, so that they stay true, and thereby both are held to each other.
const assets = findAssets();
const kinds = assets === undefined ? (['small'] as const) : (['small', 'real'] as const);
const withControllers = { small: true, real: assets?.kubeControllerManager !== undefined };

for (const kind of kinds) {
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

        for (const each of cases.filter(({ controllers }) => withControllers[kind] || controllers !== true)) {
          it(each.name, async () => {
            const answers = await server.run(group, each);
            assert.deepEqual(answers, recorded[each.name]);
          });
        }
      });
    }
  });
}
