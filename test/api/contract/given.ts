import type { ApiAnswer } from '../../support/api-process.ts';
import { callApi } from '../../support/api-process.ts';
import type { DocumentedOperation } from '../document.ts';
import type { World } from '../world.ts';

/** With what an operation is called. */
export interface Given {
  key?: string;
  path?: Record<string, string>;
  query?: Record<string, string>;
  body?: unknown;
  headers?: Record<string, string>;
}

/** Brings the world into a state and says with what the operation then answers as is wanted. */
export type Provoke = (world: World) => Promise<Given> | Given;

/** Calls an operation. */
export function send(url: string, { method, path }: DocumentedOperation, given: Given): Promise<ApiAnswer> {
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => given.path?.[name] ?? `no ${name}`);
  const query = new URLSearchParams(given.query).toString();
  const { key, body, headers } = given;
  const call = { ...(key !== undefined && { key }), ...(body !== undefined && { body }), ...(headers && { headers }) };
  return callApi(`${url}${filled}${query && `?${query}`}`, method, call);
}
