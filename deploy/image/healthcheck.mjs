// Docker's HEALTHCHECK; Kubernetes has probes of its own and does not run this.
// One image runs servers and jobs: which it is, the command line of the container's first process says.
import { readFileSync } from 'node:fs';

const defaultPorts = new Map([
  ['controller', '8080'],
  ['api', '3000'],
]);
const commandLine = readFileSync(process.argv[2] ?? '/proc/1/cmdline', 'utf8').split('\0');
const command = commandLine.find((word) => defaultPorts.has(word));

// A job has no port: its health is its exit code.
if (command !== undefined) {
  const { HOST = '0.0.0.0', PORT = defaultPorts.get(command) } = process.env;
  const host = HOST === '0.0.0.0' ? '127.0.0.1' : HOST;
  const url = new URL(`http://${host.includes(':') ? `[${host}]` : host}:${PORT}/healthz`);
  const problem = await fetch(url, { signal: AbortSignal.timeout(4000) }).then(
    (response) => (response.ok ? undefined : `answers ${response.status}`),
    (error) => `does not answer: ${error.cause?.message ?? error.message}`,
  );
  if (problem !== undefined) {
    process.stderr.write(`${command}: ${url} ${problem}\n`);
    process.exitCode = 1;
  }
}
