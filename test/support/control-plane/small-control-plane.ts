import type { Backend, BackendOptions } from './backend.ts';
import { startSmallApiServer } from './small/small-api-server.ts';

/** Starts the small API server, for machines without the real programs: no audit log, no controllers, no RBAC. */
export async function startSmallControlPlane(options: BackendOptions): Promise<Backend> {
  const { directory } = options;
  const users = Object.fromEntries([...options.tokens].filter(([user]) => user !== 'admin'));
  let server = await startSmallApiServer({ directory, users });
  const { url, certificateAuthority, adminToken } = server;
  let running = true;
  const kill = async (): Promise<void> => {
    if (running) await server.stop();
    running = false;
  };
  const start = async (): Promise<void> => {
    if (running) throw new Error('the small API server is running: kill it before you start it');
    server = await startSmallApiServer({ directory, users, port: Number(new URL(url).port), store: server.store });
    running = true;
  };
  return { url, certificateAuthority, adminToken, auditEvents: async () => [], apiServer: { kill, start }, stop: kill };
}
