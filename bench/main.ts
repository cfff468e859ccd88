import { benchController } from './controller.ts';
import { noise, printTable } from './measure.ts';

/** `make bench`: one table, each row against its goal. BENCH_SMALL=1 for a quick look whose figures mean little. */
if (!process.env['KUBEBUILDER_ASSETS']) {
  console.error(
    'The bench needs a real control plane: set KUBEBUILDER_ASSETS to a folder with kube-apiserver and etcd (make control-plane builds them).',
  );
  process.exit(78);
}
const small = process.env['BENCH_SMALL'] === '1';
const sizes = small
  ? { credentials: 100, unrelatedSecrets: 1_000, rotations: 50, restSeconds: 10 }
  : { credentials: 1_000, unrelatedSecrets: 10_000, rotations: 200, restSeconds: 60 };
const say = (text: string): void => console.log(`… ${text}`);
console.log(`Machine before: ${noise()}`);
const rows = await benchController(sizes, say);
console.log(`Machine after:  ${noise()}\n`);
printTable(rows);
process.exit(rows.every((row) => row.met) ? 0 : 10);
