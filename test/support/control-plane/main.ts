// Starts a control plane in the foreground: `node test/support/control-plane/main.ts [--directory DIR]`.
import { parseArgs } from 'node:util';
import { findAssets } from './assets.ts';
import { startControlPlane } from './control-plane.ts';

const usage = 'usage: node test/support/control-plane/main.ts [--directory DIR] [--kind real|small]';

/** Answers what is wrong with the command line as a string, and the options when nothing is. */
function readArguments(): { directory?: string; kind?: 'real' | 'small' } | string {
  try {
    const { values } = parseArgs({ options: { directory: { type: 'string' }, kind: { type: 'string' } } });
    const { directory, kind } = values;
    if (kind !== undefined && kind !== 'real' && kind !== 'small') return `--kind is real or small, not ${kind}`;
    return { ...(directory === undefined ? {} : { directory }), ...(kind === undefined ? {} : { kind }) };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

const asked = readArguments();
if (typeof asked === 'string') {
  console.error(`${asked}\n${usage}`);
  process.exit(64);
}

// Listened for before the start: a Ctrl-C while it starts is remembered, and obeyed when there is something to stop.
const interrupted = new Promise<NodeJS.Signals>((resolve) => {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, resolve);
});
const alive = setInterval(() => {}, 60_000);
const started = Date.now();
const controlPlane = await startControlPlane(asked).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : String(error));
  process.exit(70);
});
const seconds = ((Date.now() - started) / 1000).toFixed(1);
const manager = findAssets()?.kubeControllerManager === undefined ? '' : ', kube-controller-manager';
const what = {
  real: `a real control plane (etcd, kube-apiserver${manager}; no kubelet)`,
  small: 'the small API server (no RBAC, no CEL, no controllers: set KUBEBUILDER_ASSETS for a real control plane)',
}[controlPlane.kind];
console.log(`# ${what} at ${controlPlane.url}, up in ${seconds} s`);
console.log(`# data and logs: ${controlPlane.directory}${asked.directory === undefined ? ', removed at the end' : ''}`);
console.log(`# kubectl: ${controlPlane.kubectl}`);
console.log('# Ctrl-C stops it');
console.log(`export KUBECONFIG=${controlPlane.kubeconfig}`);
console.log(`# stopping: ${await interrupted}`);
await controlPlane.stop();
clearInterval(alive);
