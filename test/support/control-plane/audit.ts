import { readFile, writeFile } from 'node:fs/promises';
import { stringify } from 'yaml';

/** One line of the API server's audit log (audit.k8s.io/v1 Event, level Metadata), as far as tests look at it. */
export interface AuditEvent {
  auditID: string;
  /** ResponseStarted comes for a watch when it opens; ResponseComplete comes once for every request, at its end. */
  stage: 'ResponseStarted' | 'ResponseComplete' | 'Panic';
  verb: string;
  requestURI: string;
  user: { username: string; groups?: string[] };
  userAgent?: string;
  objectRef?: {
    resource: string;
    namespace?: string;
    name?: string;
    subresource?: string;
    apiGroup?: string;
    resourceVersion?: string;
  };
  responseStatus?: { code: number; reason?: string };
  requestReceivedTimestamp: string;
  stageTimestamp: string;
}

/** Writes the policy "every request, who, what and how it was answered, but no bodies". */
export async function writeAuditPolicy(path: string): Promise<string> {
  const policy = {
    apiVersion: 'audit.k8s.io/v1',
    kind: 'Policy',
    omitStages: ['RequestReceived'],
    rules: [{ level: 'Metadata' }],
  };
  await writeFile(path, stringify(policy));
  return path;
}

/** Reads an audit log; a last line that is still being written is left for the next time. */
export async function readAuditLog(path: string): Promise<AuditEvent[]> {
  const lines = (await readFile(path, 'utf8')).split('\n').slice(0, -1);
  return lines.map((line) => JSON.parse(line) as AuditEvent);
}
