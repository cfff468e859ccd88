import { ApiError, type Status } from './api-error.ts';

/** The version from which the watch should go on is too old: only a list helps. */
export class WatchExpired extends Error {}

/** What arrived is no list, no watch event or no object. Its message never quotes it: it may hold a Secret. */
export class WatchMalformed extends Error {}

/** Nothing arrived for so long that the connection is taken for dead. */
export class WatchIdle extends Error {}

/** An ERROR event other than 410. */
export class WatchFailed extends ApiError {}

export interface WatchEvent {
  type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK';
  /** Of a BOOKMARK only its resourceVersion means anything. */
  object: unknown;
  resourceVersion: string;
}

const types: ReadonlySet<unknown> = new Set(['ADDED', 'MODIFIED', 'DELETED', 'BOOKMARK']);

/**
 * One line of a watch.
 * @throws WatchExpired, WatchFailed for an ERROR event; WatchMalformed for what is no event.
 */
export function parseWatchEvent(line: string, path: string): WatchEvent {
  const { type, object } = parseLine(line);
  if (type === 'ERROR') throw errorEvent((object ?? {}) as Status, path);
  const { resourceVersion } = metadataOf(object);
  if (!types.has(type) || !isText(resourceVersion))
    throw new WatchMalformed(`a line of the watch ${path} is not a watch event`);
  return { type: type as WatchEvent['type'], object, resourceVersion };
}

function parseLine(line: string): { type?: unknown; object?: unknown } {
  try {
    return (JSON.parse(line) ?? {}) as { type?: unknown; object?: unknown };
  } catch {
    return {};
  }
}

function errorEvent({ code = 500, reason = '', message = '' }: Status, path: string): Error {
  if (code === 410) return new WatchExpired(`watch ${path}: the resourceVersion is too old`);
  return new WatchFailed(`watch ${path}`, code, { reason, message });
}

export interface ObjectIdentity {
  namespace: string;
  name: string;
  resourceVersion: string;
}

/** @throws WatchMalformed when the object has not what every namespaced object has. */
export function identityOf(object: unknown, path: string): ObjectIdentity {
  const { namespace, name, resourceVersion } = metadataOf(object);
  if (!isText(namespace) || !isText(name) || !isText(resourceVersion))
    throw new WatchMalformed(`an object of ${path} has no namespace, name or resourceVersion`);
  return { namespace, name, resourceVersion };
}

function metadataOf(object: unknown): Partial<Record<keyof ObjectIdentity, unknown>> {
  const { metadata } = (object ?? {}) as { metadata?: object | null };
  return metadata ?? {};
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}
