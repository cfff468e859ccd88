import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startControlPlane, type ControlPlane } from '../test/support/control-plane/control-plane.ts';
import { startControllerProcess, type ControllerProcess } from '../test/support/controller-process.ts';
import { type ApiDemo, demonstrateApi } from './api.ts';
import { createShell, heading, type Shell, wrap } from './step.ts';

/** `make demo`: the main job, on a throw-away control plane, in the words and with the tools that its users have. */

const root = fileURLToPath(new URL('..', import.meta.url));
const namespace = 'loyalty';
const started = Date.now();

async function withControlPlane(): Promise<void> {
  const controlPlane = await startControlPlane();
  try {
    await withController(controlPlane);
  } finally {
    await controlPlane.stop();
  }
}

async function withController(controlPlane: ControlPlane): Promise<void> {
  const real = controlPlane.kind === 'real';
  const which = real
    ? 'A real Kubernetes control plane (etcd, kube-apiserver, kube-controller-manager) is running, from KUBEBUILDER_ASSETS.'
    : 'No KUBEBUILDER_ASSETS is set, so a small API server of this repository stands in for Kubernetes: no CEL rules, no RBAC.';
  heading(1, 'A cluster', `${which} The kubectl is a real one either way. The CRD is applied as on any cluster.`);
  const shell = await shellFor(controlPlane);
  await shell.run('kubectl apply -f deploy/crds');
  await shell.run('kubectl wait --for=condition=Established crd/walletcredentials.loyalty.orion.dev --timeout=30s');
  await shell.run(`kubectl create namespace ${namespace}`);
  heading(
    2,
    'The controller',
    'It runs outside the cluster here, with a kubeconfig; in a cluster it is deploy/manifests/controller.yaml. It takes a made-up Apple root ' +
      '(APPLE_ROOTS_FILE), since the example credentials do not come from Apple.',
  );
  const files = `--authority-directory ${join(controlPlane.directory, 'authority')}`;
  const roots = join(controlPlane.directory, 'root.pem');
  const yaml = await shell.run(`loyalty example-credentials ${files} --root-file ${roots}`, { quiet: true });
  await writeFile(join(controlPlane.directory, 'examples.yaml'), yaml, { mode: 0o600 });
  const kubeconfig = await controlPlane.kubeconfigFor({ namespace });
  const controller = startControllerProcess({ KUBECONFIG: kubeconfig, APPLE_ROOTS_FILE: roots });
  try {
    await controller.whenLogged('leader.elected');
    console.log(`  GET http://127.0.0.1:${await controller.port()}/readyz
  ${(await controller.get('/readyz')).body}`);
    await tellTheStory({ controlPlane, controller, shell, again: files });
    await withApi({ controlPlane, controller, shell, again: files });
  } finally {
    await controller.stop();
  }
}

/** kubectl, loyalty and kubectl-loyalty on the PATH, and the cluster of the demo as the current one. */
async function shellFor(controlPlane: ControlPlane): Promise<Shell> {
  const bin = join(controlPlane.directory, 'bin');
  await mkdir(bin, { recursive: true });
  await writeFile(join(bin, 'kubectl'), `#!/bin/sh\nexec '${controlPlane.kubectl}' "$@"\n`, { mode: 0o755 });
  const kubeconfig = await controlPlane.kubeconfigFor({ namespace });
  const PATH = [bin, join(root, 'bin'), process.env['PATH']].join(':');
  return createShell({ ...process.env, PATH, KUBECONFIG: kubeconfig, COLUMNS: '100' }, root);
}

interface Story {
  controlPlane: ControlPlane;
  controller: ControllerProcess;
  shell: Shell;
  /** The options with which example-credentials makes another credential under the same root. */
  again: string;
}

async function tellTheStory(story: Story): Promise<void> {
  await firstCredentials(story);
  await metrics(story);
  await rotateWell(story);
  await rotateBadly(story);
  await rollBack(story);
}

async function withApi(story: Story): Promise<void> {
  const api = await demonstrateApi(story.shell, join(story.controlPlane.directory, 'root.pem'), 8);
  try {
    heading(
      16,
      'The end',
      `That took ${Math.round((Date.now() - started) / 1000)} s. What happened to the credentials is also in their Events:`,
    );
    await story.shell.run(
      'kubectl get events --sort-by=.metadata.resourceVersion -o custom-columns=TYPE:.type,REASON:.reason,CREDENTIAL:.involvedObject.name | cut -c1-100',
    );
    console.log(`\n  The API's documentation, to read and to try: ${api.url}/docs`);
    if (process.env['KEEP'] === '1') await keep(story, api);
    else console.log('  (make demo KEEP=1 leaves all of it running)');
  } finally {
    await api.stop();
  }
}

async function firstCredentials({ shell, controlPlane }: Story): Promise<void> {
  heading(
    3,
    'A Google and an Apple credential',
    'Each is a Secret as a person or a secret manager writes it (the source), and a WalletCredential that names it. The controller checks the ' +
      'source and, since it passes, promotes it to the live Secret that pods mount. Revision 1 is kept for a rollback.',
  );
  await shell.run(`kubectl apply -f ${join(controlPlane.directory, 'examples.yaml')}`);
  await shell.run('kubectl wait --for=condition=Ready walletcredential --all --timeout=30s');
  await shell.run('kubectl get walletcredentials');
  await shell.run('kubectl get secrets -L loyalty.orion.dev/role');
}

async function metrics({ controller }: Story): Promise<void> {
  heading(
    4,
    'Metrics',
    'Prometheus scrapes /metrics. When each certificate ends, and what each credential is like, are series; alerts are made from them.',
  );
  const { body } = await controller.get('/metrics');
  const wanted = /^loyalty_wallet_credential_(expiration|live_revision|condition)\S*\{.*name="apple"/;
  const series = body.split('\n').filter((line) => wanted.test(line));
  console.log(`  GET http://127.0.0.1:${await controller.port()}/metrics, of it what is about apple:`);
  for (const line of series) console.log(`  ${line.replace(/namespace="loyalty",name="apple",provider="apple"/, '…')}`);
}

/** The fingerprint that is live, as the Secret's annotation says. */
const liveFingerprint = `kubectl get secret apple-live -o jsonpath='{.metadata.annotations.loyalty\\.orion\\.dev/fingerprint}'`;

function rotate(story: Story, flaw?: string): Promise<string> {
  const options = `--provider apple --secrets-only ${flaw ? `--flaw ${flaw} ` : ''}`;
  return story.shell.run(`loyalty example-credentials ${options}${story.again} | kubectl apply -f -`);
}

async function rotateWell(story: Story): Promise<void> {
  heading(
    5,
    'A good rotation',
    'A new certificate and key go into the source Secret. Within milliseconds they are live, as revision 2.',
  );
  await rotate(story);
  await story.shell.run(`kubectl wait --for=jsonpath='{.status.live.revision}'=2 walletcredential/apple --timeout=30s`);
  await story.shell.run('kubectl get walletcredential apple');
}

const mistakes: [flaw: string, reason: string, words: string][] = [
  ['wrong-key', 'KeyMismatch', 'the key of another certificate'],
  ['wrong-wwdr', 'WwdrMismatch', 'the WWDR certificate of another generation'],
  ['expired', 'Expired', 'a certificate that has expired'],
];

async function rotateBadly(story: Story): Promise<void> {
  const { shell } = story;
  heading(
    6,
    'Three bad rotations',
    'What people do at three in the morning: a wrong key, a wrong WWDR certificate, an expired certificate. Each is refused with a reason and ' +
      'what to do; the live Secret stays exactly as it was, so passes go on being updated.',
  );
  const before = await shell.run(liveFingerprint, { quiet: true });
  for (const [flaw, reason, words] of mistakes) {
    console.log(`\n  # ${words}`);
    await rotate(story, flaw);
    await shell.run(
      `kubectl wait --for=jsonpath='{.status.source.reason}'=${reason} walletcredential/apple --timeout=30s`,
    );
    const message = await shell.run(`kubectl get walletcredential apple -o jsonpath='{.status.source.message}'`, {
      quiet: true,
    });
    console.log(wrap(`${reason}: ${message}`).replace(/^/gm, '    '));
    if ((await shell.run(liveFingerprint, { quiet: true })) !== before) throw new Error('the live Secret changed');
  }
  console.log('');
  await shell.run('kubectl get walletcredential apple');
  console.log(`\n  The live Secret has had the fingerprint ${before.slice(0, 12)}… all the time.`);
}

async function rollBack({ shell }: Story): Promise<void> {
  heading(
    7,
    'A rollback',
    'The kubectl plugin sets spec.rollbackTo to the revision before: it is checked again, made live, and pinned until the field is removed.',
  );
  await shell.run('kubectl loyalty rollback apple');
  await shell.run('kubectl loyalty status');
}

async function keep({ controlPlane, controller, again }: Story, api: ApiDemo): Promise<void> {
  console.log(`
It goes on running. In another terminal, in this folder:

  export KUBECONFIG=${await controlPlane.kubeconfigFor({ namespace })} PATH=${join(controlPlane.directory, 'bin')}:$PWD/bin:$PATH
  kubectl get wcred -o wide
  kubectl describe wcred apple
  kubectl explain wcred.spec
  kubectl loyalty status
  loyalty example-credentials --provider apple --secrets-only ${again} | kubectl apply -f -

  export API=${api.url} ADMIN_KEY="$(cat ${api.keyFile})"
  curl -sS "$API/api/v1/admin/loyalty/merchants" -H "Authorization: Bearer $ADMIN_KEY"

Documentation: ${api.url}/docs (Authorize takes the key)
Console: ${api.url}/console (signs in with the key: echo $ADMIN_KEY)
Metrics of the controller: http://127.0.0.1:${await controller.port()}/metrics

Ctrl-C stops everything and removes it.`);
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
}

try {
  await withControlPlane();
  console.log('\nStopped: the API and the controller have ended, PostgreSQL and the cluster are gone.');
} catch (error) {
  console.error(`\nThe demo failed: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 70;
}
