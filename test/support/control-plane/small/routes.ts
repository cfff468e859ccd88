import { createHash } from 'node:crypto';
import type { Cluster } from './cluster.ts';
import { aggregatedDiscovery, apiGroup, apiGroupList, apiResourceList, apiVersions } from './discovery.ts';
import { badRequest, methodNotAllowed } from './api-error.ts';
import { isJsonObject } from './kubernetes-object.ts';
import type { JsonObject } from './kubernetes-object.ts';
import { answerObjects } from './object-requests.ts';
import type { Answer } from './object-requests.ts';
import { openApiDocument, openApiIndex, openApiVersion2 } from './openapi.ts';
import { negotiate, serialize } from './representation.ts';
import { parseObject } from './request.ts';
import type { ApiRequest } from './request.ts';
import { findTarget, parseResourcePath } from './request-path.ts';
import type { ResourcePath } from './request-path.ts';
import { answerReview, reviews } from './reviews.ts';
import { version } from './version.ts';

const aggregated =
  /application\/json;(?=[^,]*g=apidiscovery\.k8s\.io)(?=[^,]*v=v2(;|,|$))(?=[^,]*as=APIGroupDiscoveryList)/;
const aggregatedType = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';

/**
 * Answers any request.
 * @throws ApiError for everything that is not a success.
 */
export function route(cluster: Cluster, request: ApiRequest): Answer {
  const path = request.path.replace(/\/+$/, '');
  if (/^\/(healthz|livez|readyz)(\/[\w-]+)?$/.test(path)) return { code: 200, text: 'ok', format: 'text' };
  if (path === '/openapi/v2') return { code: 200, text: openApiVersion2(), format: 'openapi' };
  const document = request.method === 'GET' ? findDocument(cluster, path, request) : undefined;
  if (document !== undefined) return document;
  const resourcePath = parseResourcePath(request.path);
  if (resourcePath === undefined || !isServed(cluster, resourcePath)) return pageNotFound;
  const review = reviews.find((each) => each.group === resourcePath.group && each.plural === resourcePath.plural);
  if (review === undefined) return answerObjects(cluster, findTarget(cluster, resourcePath), request);
  if (request.method !== 'POST') throw methodNotAllowed();
  const sent = parseObject(request, badRequest);
  return json(answerReview(review, isJsonObject(sent) ? sent : {}, request.user, request.now), 201);
}

const pageNotFound: Answer = {
  code: 404,
  text: '404 page not found\n',
  format: 'text',
  headers: { 'X-Content-Type-Options': 'nosniff' },
};

// An unknown group, version or custom resource is an unknown page; an unknown resource of a built-in version is a Status.
function isServed(cluster: Cluster, { group, version: asked, plural }: ResourcePath): boolean {
  const resources = cluster.resources().filter((each) => each.group === group && each.version === asked);
  if (resources.some(({ custom }) => custom)) return resources.some((each) => each.plural === plural);
  return resources.length > 0 || (asked === 'v1' && reviews.some((each) => each.group === group));
}

function json(document: JsonObject, code = 200): Answer {
  return { code, text: serialize(document, 'json'), format: 'json' };
}

/** Version, discovery and OpenAPI. */
function findDocument(cluster: Cluster, path: string, request: ApiRequest): Answer | undefined {
  if (path === '/version') return json(version);
  const resources = cluster.resources();
  if (path === '/api' || path === '/apis') return groups(cluster, path === '/api', request);
  const [, root, ...parts] = path.split('/');
  const document = {
    api: () => (parts.length === 1 ? apiResourceList(resources, '', parts[0] ?? '') : undefined),
    apis: () => {
      if (parts.length === 1) return apiGroup(resources, parts[0] ?? '');
      return parts.length === 2 ? apiResourceList(resources, parts[0] ?? '', parts[1] ?? '') : undefined;
    },
    openapi: () => {
      if (path === '/openapi/v3') return openApiIndex(resources);
      return parts[0] === 'v3' ? openApiDocument(resources, parts.slice(1).join('/')) : undefined;
    },
  }[root as 'api' | 'apis' | 'openapi']?.();
  return document === undefined ? undefined : json(document);
}

function groups(cluster: Cluster, core: boolean, request: ApiRequest): Answer {
  const accept = (request.headers.accept ?? '').replaceAll(' ', '');
  if (!aggregated.test(accept)) {
    const how = negotiate(request.headers.accept, request.query, request.now);
    const document = core ? apiVersions(request.headers.host ?? '') : apiGroupList(cluster.resources());
    return { code: 200, text: serialize(document, how.format), format: how.format };
  }
  const text = serialize(aggregatedDiscovery(cluster.resources(), core), 'json');
  const etag = `"${createHash('sha256').update(text).digest('hex').toUpperCase()}"`;
  const headers = { 'Content-Type': aggregatedType, ETag: etag, Vary: 'Accept', 'Cache-Control': 'public' };
  if (request.headers['if-none-match'] === etag) return { code: 304, text: '', format: 'json', headers };
  return { code: 200, text, format: 'json', headers };
}
