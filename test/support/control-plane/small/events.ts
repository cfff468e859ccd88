import type { Cause } from './api-error.ts';
import { column } from './column.ts';
import { ageOf } from './human-duration.ts';
import { fieldAt } from './kubernetes-object.ts';
import type { KubernetesObject } from './kubernetes-object.ts';
import { invalidValue, namePartCauses, requiredValue } from './object-metadata.ts';
import { builtIn } from './resource.ts';
import { dateTime, integer, microTime, object, pointer, string } from './schema.ts';

const reference = object({
  kind: string,
  namespace: string,
  name: string,
  uid: string,
  apiVersion: string,
  resourceVersion: string,
  fieldPath: string,
});

/** Events of core/v1, both those with count and timestamps and those with eventTime. They do not expire here. */
export const events = builtIn({
  group: '',
  version: 'v1',
  kind: 'Event',
  plural: 'events',
  shortNames: ['ev'],
  createOnUpdate: true,
  schema: object(
    {
      involvedObject: reference,
      reason: string,
      message: string,
      source: object({ component: string, host: string }),
      firstTimestamp: dateTime,
      lastTimestamp: dateTime,
      count: integer,
      type: string,
      eventTime: microTime,
      series: pointer(object({ count: integer, lastObservedTime: microTime })),
      action: string,
      related: pointer(reference),
      reportingComponent: string,
      reportingInstance: string,
    },
    [
      'involvedObject',
      'source',
      'firstTimestamp',
      'lastTimestamp',
      'eventTime',
      'reportingComponent',
      'reportingInstance',
    ],
  ),
  columns: [
    column('Last Seen', (event, now) => ageOf(text(event, 'lastTimestamp') || firstSeen(event), now)),
    column('Type', (event) => text(event, 'type')),
    column('Reason', (event) => text(event, 'reason')),
    column(
      'Object',
      (event) => `${text(event, 'involvedObject.kind').toLowerCase()}/${text(event, 'involvedObject.name')}`,
    ),
    column('Subobject', (event) => text(event, 'involvedObject.fieldPath'), { priority: 1 }),
    column('Source', (event) => sourceOf(event), { priority: 1 }),
    column('Message', (event) => text(event, 'message').trim()),
    column('First Seen', (event, now) => ageOf(firstSeen(event), now), { priority: 1 }),
    column('Count', (event) => event['count'] ?? 1, { priority: 1 }),
    column('Name', (event) => event.metadata.name, { priority: 1, format: 'name' }),
  ],
  selectableFields: {
    ...Object.fromEntries(
      [...Object.keys(reference.properties ?? {}).map((name) => `involvedObject.${name}`), 'reason', 'type'].map(
        (path) => [path, (event: KubernetesObject) => text(event, path)],
      ),
    ),
    reportingComponent: (event) => text(event, 'reportingComponent'),
    source: (event) => text(event, 'source.component') || text(event, 'reportingComponent'),
  },
  rules: { check },
});

function text(event: KubernetesObject, path: string): string {
  const value = fieldAt(event, path.split('.'));
  return typeof value === 'string' ? value : '';
}

function firstSeen(event: KubernetesObject): string {
  return text(event, 'firstTimestamp') || text(event, 'eventTime');
}

function sourceOf(event: KubernetesObject): string {
  const component = text(event, 'source.component') || text(event, 'reportingComponent');
  const host = text(event, 'source.host') || text(event, 'reportingInstance');
  return [component, host].filter((part) => part !== '').join(', ');
}

function check(event: KubernetesObject): Cause[] {
  const about = text(event, 'involvedObject.namespace');
  const elsewhere = (about === '' ? 'default' : about) !== event.metadata.namespace;
  return [
    ...(elsewhere ? [invalidValue('involvedObject.namespace', about, 'does not match event.namespace')] : []),
    ...(text(event, 'eventTime') === '' ? [] : checkNewStyle(event)),
  ];
}

// Whoever sets eventTime is held to the rules of events.k8s.io.
function checkNewStyle(event: KubernetesObject): Cause[] {
  const component = text(event, 'reportingComponent');
  const missing = (field: string): Cause[] => (text(event, field) === '' ? [requiredValue(field)] : []);
  const tooLong = (field: string, limit: number): Cause[] =>
    text(event, field).length > limit ? [invalidValue(field, '', `can have at most ${limit} characters`)] : [];
  return [
    ...missing('reportingComponent'),
    ...namePartCauses('reportingComponent', component),
    ...['reportingInstance', 'action', 'reason'].flatMap((field) => [...missing(field), ...tooLong(field, 128)]),
    ...tooLong('message', 1024),
  ];
}
