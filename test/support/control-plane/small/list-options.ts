import { badRequest, internalError, invalidOption } from './api-error.ts';
import type { KubernetesObject } from './kubernetes-object.ts';
import type { ResourceDefinition } from './resource.ts';
import { fieldMatcher, labelMatcher } from './selectors.ts';
import type { Matcher } from './selectors.ts';

/** The query parameters of a list or a watch. */
export interface ListOptions {
  watch: boolean;
  matches: Matcher;
  /** Whether a selector narrows the list: then nobody counts what remains. */
  selective: boolean;
  limit: number;
  continueToken: string;
  /** Undefined when not given; 0 means "any". */
  resourceVersion: number | undefined;
  resourceVersionMatch: string;
  sendInitialEvents: boolean | undefined;
  allowWatchBookmarks: boolean;
  timeoutSeconds: number | undefined;
}

/** Reads and checks the query parameters of a list, a watch or a deletecollection. */
export function readListOptions(query: URLSearchParams, resource: ResourceDefinition): ListOptions {
  const watch = readBoolean(query, 'watch') ?? false;
  const selectors = [
    labelMatcher(query.get('labelSelector') ?? ''),
    fieldMatcher(query.get('fieldSelector') ?? '', resource),
  ];
  const options: ListOptions = {
    watch,
    matches: (object: KubernetesObject) => selectors.every((matches) => matches(object)),
    selective: Boolean(query.get('labelSelector')) || Boolean(query.get('fieldSelector')),
    limit: readInteger(query, 'limit') ?? 0,
    continueToken: query.get('continue') ?? '',
    resourceVersion: readVersion(query, watch),
    resourceVersionMatch: query.get('resourceVersionMatch') ?? '',
    sendInitialEvents: readBoolean(query, 'sendInitialEvents'),
    allowWatchBookmarks: readBoolean(query, 'allowWatchBookmarks') ?? false,
    timeoutSeconds: readInteger(query, 'timeoutSeconds'),
  };
  if (watch) checkWatch(options);
  else checkList(options);
  return options;
}

function checkWatch({ sendInitialEvents, resourceVersionMatch }: ListOptions): void {
  if (sendInitialEvents === undefined && resourceVersionMatch !== '') {
    throw refused(
      'resourceVersionMatch',
      'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided',
    );
  }
  if (sendInitialEvents !== undefined && resourceVersionMatch !== 'NotOlderThan') {
    throw refused('resourceVersionMatch', 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan');
  }
}

function checkList(options: ListOptions): void {
  const { sendInitialEvents, resourceVersionMatch, resourceVersion, continueToken } = options;
  if (sendInitialEvents !== undefined) throw refused('sendInitialEvents', 'sendInitialEvents is forbidden for list');
  if (continueToken !== '' && resourceVersion !== undefined && resourceVersion !== 0) {
    throw badRequest('specifying resource version is not allowed when using continue');
  }
  if (resourceVersionMatch !== '' && resourceVersion === undefined) {
    throw refused('resourceVersionMatch', 'resourceVersionMatch is forbidden unless resourceVersion is provided');
  }
}

function refused(field: string, why: string): Error {
  return invalidOption('ListOptions', { reason: 'FieldValueForbidden', message: `Forbidden: ${why}`, field });
}

/** The resourceVersion that the client asks for; undefined when it leaves the choice to the server. */
export function readVersion(query: URLSearchParams, watch = false): number | undefined {
  const text = query.get('resourceVersion') ?? '';
  if (text === '') return undefined;
  if (/^\d+$/.test(text)) return Number(text);
  const message = `resourceVersion: Invalid value: "${text}": strconv.ParseUint: parsing "${text}": invalid syntax`;
  throw watch ? internalError(message) : badRequest(`invalid resource version: ${message}`);
}

function readInteger(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name) ?? '';
  if (text === '') return undefined;
  if (/^[+-]?\d+$/.test(text)) return Number(text);
  throw badRequest(`strconv.ParseInt: parsing "${text}": invalid syntax`);
}

function readBoolean(query: URLSearchParams, name: string): boolean | undefined {
  const text = query.get(name);
  return text === null ? undefined : !['', '0', 'false', 'False', 'FALSE', 'f', 'F'].includes(text);
}
