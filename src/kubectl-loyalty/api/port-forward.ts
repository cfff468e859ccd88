import { type ChildProcess, spawn } from 'node:child_process';
import { type ExitCode, ExitError, exitCodes } from '../../errors.ts';
import type { ClusterFlags } from '../connection.ts';
import type { ApiFlags } from './api-flags.ts';

export interface PortForward {
  /** `http://127.0.0.1:PORT` */
  url: string;
  close(): void;
}

/** Until then kubectl says that it listens, or is given up. */
const startMilliseconds = 20_000;

/**
 * Opens a way to the API through the API server, by kubectl, which is there where a plugin of it is. (The API server's own proxy to
 * Services takes the Authorization header away.)
 * @throws ExitError: 78 without kubectl, Service or permission; 75 for the rest, such as no pod that runs.
 */
export async function openPortForward(
  { service, ...flags }: Pick<ApiFlags, 'service'> & ClusterFlags,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<PortForward> {
  const [name = service, port = 'http'] = service.split(':');
  const arguments_ = ['port-forward', '--address=127.0.0.1', `service/${name}`, `:${port}`, ...repeated(flags)];
  const child = spawn('kubectl', arguments_, { env: { ...environment }, stdio: ['ignore', 'pipe', 'pipe'] });
  const end = (): void => void child.kill();
  process.once('exit', end);
  const close = (): void => {
    process.removeListener('exit', end);
    end();
  };
  try {
    return { url: `http://127.0.0.1:${await whenListening(child, name)}`, close };
  } catch (error) {
    close();
    throw error;
  }
}

function repeated({ namespace, context, kubeconfig }: ClusterFlags): string[] {
  return Object.entries({ namespace, context, kubeconfig }).flatMap(([flag, value]) =>
    value === undefined ? [] : [`--${flag}=${value}`],
  );
}

function whenListening(child: ChildProcess, service: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let [said, complained] = ['', ''];
  const timer = setTimeout(
    () => reject(explain(service, `nothing for ${startMilliseconds / 1_000} s. ${complained}`)),
    startMilliseconds,
  );
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    said += chunk;
    const port = /^Forwarding from 127\.0\.0\.1:(\d+) /m.exec(said)?.[1];
    if (port !== undefined) resolve(port);
  });
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => (complained += chunk));
  child.once('error', (error) => reject(withoutKubectl(error)));
  child.once('close', () => reject(explain(service, complained.trim() || 'nothing')));
  return promise.finally(() => clearTimeout(timer));
}

const otherWays = 'Or name the API by --api-url or LOYALTY_URL.';

function withoutKubectl(error: Error): ExitError {
  const message = `kubectl port-forward cannot be started: ${error.message}. Put kubectl on the PATH. ${otherWays}`;
  return new ExitError(exitCodes.configuration, message);
}

function explain(service: string, complaint: string): ExitError {
  const [code, advice] = verdictOn(complaint);
  return new ExitError(
    code,
    `There is no way to Service ${service}: kubectl port-forward says: ${complaint}\n${advice}`,
  );
}

function verdictOn(complaint: string): [ExitCode, string] {
  if (/\(NotFound\)|does not have a named port|does not have a service port/.test(complaint))
    return [exitCodes.configuration, `Name the Service by --service, its namespace by -n. ${otherWays}`];
  if (/\(Forbidden\)|\(Unauthorized\)/.test(complaint))
    return [exitCodes.configuration, `docs/kubectl-loyalty.md lists the permissions that it needs. ${otherWays}`];
  return [exitCodes.temporary, `Does the API run? kubectl get pods. Try again. ${otherWays}`];
}
