import type { ApiServerFiles } from './api-server.ts';
import { statusOf } from './probe.ts';
import { startProgram, untilReady } from './program.ts';
import type { Program } from './program.ts';
import type { Watchdog } from './watchdog.ts';

/** Starts kube-controller-manager and waits until it has made the default namespace's service account. */
export async function startControllerManager(deps: {
  command: string;
  directory: string;
  watchdog: Watchdog;
  running: Set<Program>;
  kubeconfig: string;
  url: string;
  files: ApiServerFiles;
  adminToken: string;
}): Promise<Program> {
  const program = startProgram({
    name: 'kube-controller-manager',
    command: deps.command,
    directory: deps.directory,
    watchdog: deps.watchdog,
    running: deps.running,
    arguments: [
      `--kubeconfig=${deps.kubeconfig}`,
      '--controllers=*,-bootstrap-signer-controller,-token-cleaner-controller,-node-ipam-controller,-node-route-controller,-cloud-node-lifecycle-controller',
      '--leader-elect=false',
      `--service-account-private-key-file=${deps.files.serviceAccountKeyFile}`,
      `--root-ca-file=${deps.files.certificateAuthorityFile}`,
      // Its default of 20 requests a second makes starting its forty controllers take five seconds.
      '--kube-api-qps=1000',
      '--kube-api-burst=1000',
      '--secure-port=0',
    ],
  });
  const account = `${deps.url}/api/v1/namespaces/default/serviceaccounts/default`;
  await untilReady(
    program,
    async () => (await statusOf(account, deps.files.certificateAuthority, deps.adminToken)) === 200,
  );
  return program;
}
