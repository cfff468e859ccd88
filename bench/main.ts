import { benchApns } from './apns.ts';
import { benchController } from './controller.ts';
import { benchExpirePoints, expireSizes } from './expire-points.ts';
import { noise, printTable, type Row } from './measure.ts';
import { benchPass } from './pass.ts';
import { benchRedeem } from './redeem.ts';
import { benchSyncWallets } from './sync-wallets.ts';
import { benchVerifyLedger } from './verify-ledger.ts';

type Say = (text: string) => void;

interface Bench {
  /** It runs on a real kube-apiserver. */
  controlPlane?: true;
  run: (small: boolean, say: Say) => Promise<Row[]>;
}

const benches: Record<string, Bench> = {
  apns: {
    run: (small, say) => benchApns(small ? { pushes: 2_000, rounds: 3 } : { pushes: 20_000, rounds: 7 }, say),
  },
  controller: {
    controlPlane: true,
    run: (small, say) =>
      benchController(
        small
          ? { credentials: 100, unrelatedSecrets: 1_000, rotations: 50, restSeconds: 10 }
          : { credentials: 1_000, unrelatedSecrets: 10_000, rotations: 200, restSeconds: 60 },
        say,
      ),
  },
  'expire-points': { run: (small, say) => benchExpirePoints(expireSizes(small, process.env), say) },
  pass: { run: (small, say) => benchPass(small ? { passes: 60, rounds: 3 } : { passes: 300, rounds: 7 }, say) },
  redeem: {
    run: (small, say) =>
      benchRedeem(
        small ? { cards: 500, rounds: 3, roundSeconds: 1 } : { cards: 2_000, rounds: 7, roundSeconds: 4 },
        say,
      ),
  },
  'sync-wallets': {
    run: (small, say) =>
      benchSyncWallets(
        small ? { rates: [20, 100], seconds: 10, rounds: 1 } : { rates: [20, 100, 1_000], seconds: 20, rounds: 5 },
        say,
      ),
  },
  'verify-ledger': {
    run: (small, say) => benchVerifyLedger(small ? { cards: 5_000, rounds: 3 } : { cards: 500_000, rounds: 5 }, say),
  },
};

/** `make bench`, or `node bench/main.ts NAME…`: one table, each row against its goal. BENCH_SMALL=1 for a quick look whose figures mean little. */
const names = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(benches);
const unknown = names.filter((name) => !Object.hasOwn(benches, name));
if (unknown.length > 0) {
  console.error(`There is no bench ${unknown.join(', ')}; there are ${Object.keys(benches).join(', ')}.`);
  process.exit(64);
}
if (names.some((name) => benches[name]?.controlPlane) && !process.env['KUBEBUILDER_ASSETS']) {
  console.error(
    'The bench "controller" needs a real control plane: set KUBEBUILDER_ASSETS to a folder with kube-apiserver and etcd (make control-plane builds them).',
  );
  process.exit(78);
}
console.log(`Machine before: ${noise()}`);
const rows: Row[] = [];
for (const name of names) {
  const measured = await benches[name]?.run(process.env['BENCH_SMALL'] === '1', (text) => console.log(`… ${text}`));
  rows.push(...(measured ?? []));
}
console.log(`Machine after:  ${noise()}\n`);
printTable(rows);
process.exit(rows.every((row) => row.met) ? 0 : 10);
