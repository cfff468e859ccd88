import type { JsonObject } from './kubernetes-object.ts';
import { groupVersion } from './resource.ts';
import type { ResourceDefinition } from './resource.ts';
import { reviews } from './reviews.ts';
import type { Review } from './reviews.ts';

const verbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];
const statusVerbs = ['get', 'patch', 'update'];

interface Group {
  name: string;
  /** Newest first. */
  versions: string[];
}

/** The API groups but the core group, in the order of their first resource. */
function groupsOf(resources: ResourceDefinition[]): Group[] {
  const served = [...resources, ...reviews.map(({ group }) => ({ group, version: 'v1' }))];
  const names = [...new Set(served.map(({ group }) => group))].filter((name) => name !== '');
  return names.map((name) => {
    const versions = served.filter(({ group }) => group === name).map(({ version }) => version);
    return { name, versions: [...new Set(versions)].sort(byPriority) };
  });
}

// v2 before v1, v1 before v1beta1, beta before alpha: as Kubernetes orders versions.
function byPriority(a: string, b: string): number {
  const rank = (version: string): number[] => {
    const [, major = '0', stage = 'stable', minor = '0'] = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(version) ?? [];
    return [['stable', 'beta', 'alpha'].indexOf(stage), -Number(major), -Number(minor)];
  };
  const [left, right] = [rank(a), rank(b)];
  const difference = left.findIndex((part, index) => part !== right[index]);
  return difference === -1 ? 0 : (left[difference] as number) - (right[difference] as number);
}

function groupDocument({ name, versions }: Group): JsonObject {
  const all = versions.map((version) => ({ groupVersion: `${name}/${version}`, version }));
  return { name, versions: all, preferredVersion: all[0] };
}

/** `/api` */
export function apiVersions(serverAddress: string): JsonObject {
  const byNetwork = [{ clientCIDR: '0.0.0.0/0', serverAddress }];
  return { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: byNetwork };
}

/** `/apis` */
export function apiGroupList(resources: ResourceDefinition[]): JsonObject {
  return { kind: 'APIGroupList', apiVersion: 'v1', groups: groupsOf(resources).map(groupDocument) };
}

/** `/apis/GROUP`; undefined when there is no such group. */
export function apiGroup(resources: ResourceDefinition[], name: string): JsonObject | undefined {
  const group = groupsOf(resources).find((each) => each.name === name);
  return group === undefined ? undefined : { kind: 'APIGroup', apiVersion: 'v1', ...groupDocument(group) };
}

/** `/api/v1` and `/apis/GROUP/VERSION`; undefined when there is no such version. */
export function apiResourceList(
  resources: ResourceDefinition[],
  group: string,
  version: string,
): JsonObject | undefined {
  const served = resources.filter((each) => each.group === group && each.version === version);
  const asked = version === 'v1' ? reviews.filter((each) => each.group === group) : [];
  if (served.length + asked.length === 0) return undefined;
  const entries = [...served.flatMap(resourceEntries), ...asked.map(reviewEntry)];
  const versioned = group === '' ? {} : { apiVersion: 'v1' };
  return { kind: 'APIResourceList', ...versioned, groupVersion: groupVersion({ group, version }), resources: entries };
}

function resourceEntries(resource: ResourceDefinition): JsonObject[] {
  const { plural, singular, namespaced, kind, shortNames, categories } = resource;
  const names = {
    ...(shortNames.length === 0 ? {} : { shortNames }),
    ...(categories.length === 0 ? {} : { categories }),
  };
  const status = { name: `${plural}/status`, singularName: '', namespaced, kind, verbs: statusVerbs };
  return [
    { name: plural, singularName: singular, namespaced, kind, verbs: verbsOf(resource), ...names },
    ...(resource.statusSubresource ? [status] : []),
  ];
}

function verbsOf(resource: ResourceDefinition): string[] {
  return resource.kind === 'Namespace' ? verbs.filter((verb) => verb !== 'deletecollection') : verbs;
}

function reviewEntry({ plural, kind }: Review): JsonObject {
  return { name: plural, singularName: kind.toLowerCase(), namespaced: false, kind, verbs: ['create'] };
}

/** `/api` and `/apis` in the aggregated form that kubectl asks for: all groups and all their resources at once. */
export function aggregatedDiscovery(resources: ResourceDefinition[], core: boolean): JsonObject {
  const groups: Group[] = core ? [{ name: '', versions: ['v1'] }] : groupsOf(resources);
  const items = groups.map(({ name, versions }) => ({
    metadata: name === '' ? {} : { name },
    versions: versions.map((version) => ({
      version,
      resources: [
        ...resources.filter((each) => each.group === name && each.version === version).map(aggregatedResource),
        ...reviews.filter((each) => each.group === name && version === 'v1').map(aggregatedReview),
      ],
      freshness: 'Current',
    })),
  }));
  return { kind: 'APIGroupDiscoveryList', apiVersion: 'apidiscovery.k8s.io/v2', metadata: {}, items };
}

function aggregatedResource(resource: ResourceDefinition): JsonObject {
  const { group, version, kind, plural, singular, namespaced, shortNames, categories } = resource;
  // Of the core group the real server leaves the version out.
  const responseKind = { group, version: group === '' ? '' : version, kind };
  return {
    resource: plural,
    responseKind,
    scope: namespaced ? 'Namespaced' : 'Cluster',
    singularResource: singular,
    verbs: verbsOf(resource),
    shortNames,
    categories,
    subresources: resource.statusSubresource ? [{ subresource: 'status', responseKind, verbs: statusVerbs }] : [],
  };
}

function aggregatedReview({ group, kind, plural }: Review): JsonObject {
  const responseKind = { group, version: 'v1', kind };
  return { resource: plural, responseKind, scope: 'Cluster', singularResource: kind.toLowerCase(), verbs: ['create'] };
}
