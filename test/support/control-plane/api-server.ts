import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeAuditPolicy } from './audit.ts';
import { makeServerCertificate, makeSigningKey } from './certificates.ts';
import { statusOf } from './probe.ts';
import { startProgram, untilReady } from './program.ts';
import type { Program } from './program.ts';
import type { Watchdog } from './watchdog.ts';

/** What an API server needs on disk, made once and kept over its restarts. */
export interface ApiServerFiles {
  /** PEM. */
  certificateAuthority: string;
  certificateAuthorityFile: string;
  serviceAccountKeyFile: string;
  auditLog: string;
  flags: string[];
}

/** Writes certificate, service-account key, token file and audit policy into the folder. */
export async function writeApiServerFiles(
  directory: string,
  { tokens, audit }: { tokens: Map<string, string>; audit: boolean },
): Promise<ApiServerFiles> {
  const path = (name: string): string => join(directory, name);
  const secret = { mode: 0o600 };
  const { certificateAuthority, server } = await makeServerCertificate({
    commonName: 'kube-apiserver',
    dnsNames: ['localhost', 'kubernetes', 'kubernetes.default', 'kubernetes.default.svc'],
    addresses: ['127.0.0.1', '10.0.0.1'],
  });
  await writeFile(path('ca.crt'), certificateAuthority);
  await writeFile(path('server.crt'), server.certificate);
  await writeFile(path('server.key'), server.privateKey, secret);
  await writeFile(path('service-account.key'), makeSigningKey(), secret);
  await writeFile(path('tokens.csv'), tokenFile(tokens), secret);
  const auditFlags = audit
    ? [
        `--audit-policy-file=${await writeAuditPolicy(path('audit-policy.yaml'))}`,
        `--audit-log-path=${path('audit.log')}`,
        // Written before the answer goes out, and never rotated: a test counts what its own calls have caused.
        '--audit-log-mode=blocking',
        '--audit-log-maxsize=100000',
      ]
    : [];
  return {
    certificateAuthority,
    certificateAuthorityFile: path('ca.crt'),
    serviceAccountKeyFile: path('service-account.key'),
    auditLog: path('audit.log'),
    flags: [
      `--tls-cert-file=${path('server.crt')}`,
      `--tls-private-key-file=${path('server.key')}`,
      `--service-account-key-file=${path('service-account.key')}`,
      `--service-account-signing-key-file=${path('service-account.key')}`,
      '--service-account-issuer=https://kubernetes.default.svc',
      `--token-auth-file=${path('tokens.csv')}`,
      ...auditFlags,
    ],
  };
}

/** Users of the group that RBAC does not bind: ours, and the controller manager, so that the audit log tells them apart. */
const masters = new Set(['admin', 'system:kube-controller-manager']);

/** One line a user: token, name, uid, groups. */
function tokenFile(tokens: Map<string, string>): string {
  const lines = [...tokens].map(
    ([user, token]) => `${token},"${user}","${user}"${masters.has(user) ? ',"system:masters"' : ''}`,
  );
  return `${lines.join('\n')}\n`;
}

/** Starts kube-apiserver on the port and waits until /readyz answers 200 and the default namespace is there. */
export async function startApiServer(deps: {
  command: string;
  directory: string;
  watchdog: Watchdog;
  running: Set<Program>;
  port: number;
  etcd: string;
  files: ApiServerFiles;
  adminToken: string;
  flags: string[];
}): Promise<Program> {
  const program = startProgram({
    name: 'kube-apiserver',
    command: deps.command,
    directory: deps.directory,
    watchdog: deps.watchdog,
    running: deps.running,
    arguments: [
      `--etcd-servers=${deps.etcd}`,
      `--secure-port=${deps.port}`,
      '--bind-address=127.0.0.1',
      '--advertise-address=127.0.0.1',
      '--authorization-mode=RBAC',
      '--service-cluster-ip-range=10.0.0.0/24',
      '--allow-privileged',
      '--endpoint-reconciler-type=none',
      ...deps.files.flags,
      ...deps.flags,
    ],
  });
  const url = `https://127.0.0.1:${deps.port}`;
  const answers = (path: string) => async (): Promise<boolean> =>
    (await statusOf(url + path, deps.files.certificateAuthority, deps.adminToken)) === 200;
  await untilReady(program, answers('/readyz'));
  await untilReady(program, answers('/api/v1/namespaces/default'));
  return program;
}
