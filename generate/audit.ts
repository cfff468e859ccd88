import { execFile } from 'node:child_process';
import { pathToFileURL } from 'node:url';

/**
 * `make audit`: asks the registry which weaknesses are known of what production installs. Exit codes: 0 none, or each is explained; 10 there are
 * some; 75 the registry does not answer such a question, so nothing was audited.
 */

/** Advisories that do not concern us, by id, each with the reason. SECURITY.md has the same table. */
export const explained: Readonly<Record<string, string>> = {};

/** What `npm audit --json` writes, as far as it is looked at: `via` names another package, or is an advisory of this one. */
interface AuditReport {
  auditReportVersion?: number;
  message?: string;
  vulnerabilities?: Record<string, { via: (string | { url: string; title: string; severity: string })[] }>;
}

export interface AuditOutcome {
  exitCode: 0 | 10 | 75;
  message: string;
}

/** @param known ids such as GHSA-…, each with the reason for which it does not concern us */
export function judgeAudit(report: AuditReport, known: Readonly<Record<string, string>>): AuditOutcome {
  const { auditReportVersion, vulnerabilities, message = 'it wrote no report' } = report;
  if (auditReportVersion === undefined || vulnerabilities === undefined)
    return { exitCode: 75, message: `Nothing was audited: npm audit says ${message}` };
  const found = Object.entries(vulnerabilities).flatMap(([name, { via }]) =>
    via.flatMap((each) => (typeof each === 'string' ? [] : [{ ...each, name, id: each.url.replace(/^.*\//, '') }])),
  );
  const open = found.filter(({ id }) => !Object.hasOwn(known, id));
  const gone = Object.keys(known).filter((id) => !found.some((advisory) => advisory.id === id));
  const lines = [
    ...open.map(({ name, severity, title, url }) => `${name}: ${severity}: ${title} (${url})`),
    ...gone.map((id) => `${id} is explained, and no longer reported: remove it from generate/audit.ts and SECURITY.md`),
  ];
  if (lines.length > 0) return { exitCode: 10, message: lines.join('\n') };
  return { exitCode: 0, message: `No advisory is open; ${found.length} explained.` };
}

function npmAudit(): Promise<AuditReport> {
  return new Promise((resolve, reject) => {
    // It ends with 1 when there is anything to report; what it writes counts.
    execFile('npm', ['audit', '--omit=dev', '--json'], { maxBuffer: 64 * 1024 * 1024 }, (error, stdout) => {
      try {
        resolve(JSON.parse(stdout) as AuditReport);
      } catch {
        reject(error ?? new Error(`npm audit wrote no JSON: ${stdout.slice(0, 200)}`));
      }
    });
  });
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const { exitCode, message } = judgeAudit(await npmAudit(), explained);
  console.log(message);
  process.exitCode = exitCode;
}
