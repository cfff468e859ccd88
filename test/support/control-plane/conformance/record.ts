// Asks a real API server everything that the conformance suite asks, and writes its answers into recorded/:
//
//   KUBEBUILDER_ASSETS=… node test/support/control-plane/conformance/record.ts [GROUP…]
//
// Needed when cases are added or changed, or when another Kubernetes version is to be followed. Read the difference
// before committing it: what changes there is what the small server has to answer from now on.
import { groups, startConformanceServer } from './conformance-suite.ts';
import { writeAnswers } from './recorded-answers.ts';
import type { RecordedAnswers } from './recorded-answers.ts';

const wanted = process.argv.slice(2);
const server = await startConformanceServer('real');
try {
  for (const [group, cases] of Object.entries(groups)) {
    if (wanted.length > 0 && !wanted.includes(group)) continue;
    const answers: RecordedAnswers = {};
    for (const each of cases) answers[each.name] = await server.run(group, each);
    await writeAnswers(group, answers);
    console.log(`${group}: ${cases.length} cases`);
  }
} finally {
  await server.stop();
}
