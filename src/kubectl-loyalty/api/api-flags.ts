import { type Command, InvalidArgumentError, Option } from 'commander';
import { addClusterFlags } from '../cluster-flags.ts';
import type { ClusterFlags } from '../connection.ts';

/** Flags that say where the API is. */
export interface ApiFlags extends ClusterFlags {
  /** Absent: LOYALTY_URL, else a port-forward to the Service. */
  apiUrl?: string;
  /** `NAME` or `NAME:PORT`. */
  service: string;
}

/** With those of the cluster, through which the API is reached by default. */
export function addApiFlags(command: Command): Command {
  return addClusterFlags(command)
    .addOption(
      new Option('--api-url <url>', 'where the API is (default: LOYALTY_URL, else a port-forward)').argParser(apiUrl),
    )
    .addOption(
      new Option('--service <name>', 'Service of the API for the port-forward; NAME:PORT when its port is not http')
        .default('loyalty-api')
        .argParser(serviceName),
    );
}

function apiUrl(value: string): string {
  if (URL.canParse(value) && /^https?:$/.test(new URL(value).protocol)) return value;
  throw new InvalidArgumentError('Write a URL, as in https://loyalty.example.com.');
}

function serviceName(value: string): string {
  const name = value.replace(/^(svc|services?)\//, '');
  if (/^[a-z]([-a-z0-9]{0,61}[a-z0-9])?(:[-a-z0-9]{1,15})?$/.test(name)) return name;
  throw new InvalidArgumentError('Write the name of a Service, as in loyalty-api or loyalty-api:8080.');
}

/** What is said of it in the help of each command. */
export const apiHelp = `
The API is asked at --api-url, else at LOYALTY_URL, else by kubectl port-forward to the Service, with
the admin key (scope admin or admin:read) in the file that LOYALTY_ADMIN_KEY_FILE names.`;
