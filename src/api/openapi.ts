import { z } from 'zod';
import {
  createDocument,
  type ZodOpenApiContentObject,
  type ZodOpenApiOperationObject,
  type ZodOpenApiPathsObject,
  type ZodOpenApiResponseObject,
  type ZodOpenApiResponsesObject,
} from 'zod-openapi';
import { productVersion } from '../command-line.ts';
import type { Operation, ResponseDefinition, Tag } from './operation.ts';
import { type ProblemCode, type ProblemDefinition, problems } from './problems.ts';

const tags: Record<Tag, string> = {
  'Loyalty - Store': 'For tills and shops: cards of one merchant. Keys of scope `store`.',
  'Loyalty - Admin':
    'For operators: merchants, programs, all cards, API keys, audit. Keys of scope `admin`; GETs also take `admin:read`.',
  'Google Wallet': 'What Google calls. No API key: callbacks are verified by their signature.',
  'Apple Wallet':
    'What iPhones call: the PassKit Web Service of Apple, whose names and answers these are. No API key; each pass has a token of its own.',
};

const introduction = `JSON in snake_case. Points are integers, instants RFC 3339 UTC with milliseconds, ids opaque strings.

Every refusal is a problem (RFC 9457) with a stable \`code\`. Unknown members and parameters are refused.

A POST with an \`Idempotency-Key\` takes effect once: a repeat within 48 hours gets the same answer, with \`Idempotency-Replayed: true\`.
Lists come in pages: go on with \`cursor\` = \`next_cursor\` until that is null.`;

const mistake = z
  .object({
    pointer: z.string().optional().meta({ description: 'JSON pointer (RFC 6901) into the body.' }),
    parameter: z.string().optional().meta({ description: 'Name of a parameter or header.' }),
    detail: z.string(),
  })
  .meta({ id: 'RequestMistake' });

const problem = z
  .looseObject({
    type: z.string().meta({ example: 'urn:problem-type:orion-loyalty:not-found' }),
    title: z.string().meta({ description: 'The same for each problem of this code.' }),
    status: z.int(),
    code: z.enum(Object.keys(problems) as [ProblemCode, ...ProblemCode[]]).meta({ description: 'Stable.' }),
    detail: z.string().meta({ description: 'What is wrong with this request, for people.' }),
    request_id: z.string().meta({ description: 'As in X-Request-Id; under a replayed answer, of the first request.' }),
    errors: z.array(mistake).optional().meta({ description: 'Of `invalid-request`: every mistake.' }),
  })
  .meta({ id: 'Problem', description: 'RFC 9457. Some codes have further members.' });

/** Headers that the answers with this status have. */
const problemHeaders: Record<number, z.ZodObject> = {
  401: z.object({ 'WWW-Authenticate': z.string() }),
  429: z.object({ 'Retry-After': z.string().meta({ description: 'Seconds.' }) }),
  503: z.object({ 'Retry-After': z.string().meta({ description: 'Seconds.' }) }),
};

const idempotencyKey = z
  .string()
  .optional()
  .meta({
    description: 'Makes a repeat safe: 1 to 255 visible ASCII characters, new for each new request, such as a UUID.',
    override: { minLength: 1, maxLength: 255, pattern: '^[!-~]+$' },
  });
const ifNoneMatch = z.string().optional().meta({ description: 'ETags that the client has: answered with 304.' });
const etag = z.string().meta({ description: 'Changes with the body.' });

/** The document of these operations, from the very schemas that validate. */
export function openApiDocument(operations: readonly Operation[]): object {
  const paths: Record<string, Record<string, ZodOpenApiOperationObject>> = {};
  for (const operation of operations) {
    const path = (paths[operation.path] ??= {});
    path[operation.method.toLowerCase()] = describe(operation);
  }
  return createDocument({
    openapi: '3.1.0',
    info: {
      title: 'Orion Loyalty',
      version: productVersion(),
      description: introduction,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    tags: Object.entries(tags).map(([name, description]) => ({ name, description })),
    security: [{ apiKey: [] }],
    paths: paths as ZodOpenApiPathsObject,
    components: {
      // The refusals refer to it by name.
      schemas: { Problem: problem },
      securitySchemes: {
        apiKey: { type: 'http', scheme: 'bearer', description: 'An API key: `olk_…`' },
        passToken: {
          type: 'apiKey',
          in: 'header',
          name: 'Authorization',
          description: '`ApplePass ` and the `authenticationToken` of the pass.',
        },
      },
    },
  });
}

function describe(operation: Operation): ZodOpenApiOperationObject {
  const { operationId, tag, summary, params, query, body, authentication } = operation;
  const header = headerParameters(operation);
  const requestParams = { ...(params && { path: params }), ...(query && { query }), ...(header && { header }) };
  return {
    operationId,
    tags: [tag],
    summary,
    description: authentication ? operation.description : withScopes(operation),
    ...(authentication && { security: authentication.scheme ? [{ [authentication.scheme]: [] }] : [] }),
    ...(Object.keys(requestParams).length > 0 && { requestParams }),
    ...(body && { requestBody: { required: true, content: contentOf(operation, body) } }),
    responses: { ...answers(operation), ...refusals(operation) },
  };
}

function withScopes({ description, scopes }: Operation): string {
  return `${description}\n\nScope: ${scopes.map((scope) => `\`${scope}\``).join(' or ')}.`;
}

function contentOf({ upload }: Operation, body: z.ZodType): ZodOpenApiContentObject {
  return upload === undefined ? { 'application/json': { schema: body } } : { [upload.type]: { schema: bytes } };
}

const bytes = { type: 'string', format: 'binary' } as const;

function isIdempotent({ method, authentication }: Operation): boolean {
  return method === 'POST' && authentication === undefined;
}

function headerParameters(operation: Operation): z.ZodObject | undefined {
  const { etag: tagged, requestHeaders } = operation;
  if (requestHeaders) return requestHeaders;
  if (isIdempotent(operation)) return z.object({ 'Idempotency-Key': idempotencyKey });
  return tagged ? z.object({ 'If-None-Match': ifNoneMatch }) : undefined;
}

function answers(operation: Operation): ZodOpenApiResponsesObject {
  const { responses, etag: tagged } = operation;
  const documented = Object.entries(responses).map(([status, definition]) => {
    const own = definition.headers ?? z.object({});
    const replayable = isIdempotent(operation) ? own.extend({ 'Idempotency-Replayed': replayed }) : own;
    const headers = tagged && status === '200' ? replayable.extend({ ETag: etag }) : replayable;
    return [status, answer(definition, headers)] as const;
  });
  const unchanged = { description: 'It is as the ETag says.', headers: z.object({ ETag: etag }) };
  return { ...Object.fromEntries(documented), ...(tagged && { '304': unchanged }) };
}

const replayed = z.literal('true').optional().meta({
  description: 'This is the answer to an earlier request with the same Idempotency-Key.',
});

function answer({ description, schema, file }: ResponseDefinition, headers: z.ZodObject): ZodOpenApiResponseObject {
  return {
    description,
    ...(Object.keys(headers.shape).length > 0 && { headers }),
    ...(schema && { content: { 'application/json': { schema } } }),
    ...(file !== undefined && { content: { [file]: { schema: bytes } } }),
  };
}

/** The codes that the pipeline adds to those of the operation itself. */
function codesOf(operation: Operation): Set<ProblemCode> {
  const { params, body, authentication, problems: own = [] } = operation;
  return new Set<ProblemCode>([
    'invalid-request',
    ...(authentication ? [] : (['unauthenticated', 'forbidden'] as const)),
    ...(authentication?.scheme ? (['invalid-pass-token'] as const) : []),
    ...(params && !authentication ? (['not-found'] as const) : []),
    ...own,
    ...(body ? (['payload-too-large', 'unsupported-media-type'] as const) : []),
    ...(isIdempotent(operation) ? (['idempotency-key-reused'] as const) : []),
    'rate-limited',
    'internal',
    'unavailable',
  ]);
}

function refusals(operation: Operation): ZodOpenApiResponsesObject {
  const byStatus = Map.groupBy(codesOf(operation), (code) => problems[code].status);
  const documented = [...byStatus].map(([status, codes]) => [String(status), refusal(status, codes)] as const);
  return Object.fromEntries(documented) as ZodOpenApiResponsesObject;
}

const shared = new Map<ProblemCode, ZodOpenApiResponseObject>();

function refusal(status: number, codes: readonly ProblemCode[]): ZodOpenApiResponseObject {
  const [only] = codes;
  if (codes.length !== 1 || only === undefined) return problemResponse(status, codes);
  const found = shared.get(only) ?? { ...problemResponse(status, codes), id: componentName(only) };
  shared.set(only, found);
  return found;
}

/** `not-found` → `NotFound`. */
function componentName(code: ProblemCode): string {
  return code.replaceAll(/(?:^|-)([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

function problemResponse(status: number, codes: readonly ProblemCode[]): ZodOpenApiResponseObject {
  const definitions = codes.map((code): [ProblemCode, ProblemDefinition] => [code, problems[code]]);
  const lines = definitions.map(([code, { when }]) => `\`${code}\`: ${when}`);
  const headers = problemHeaders[status];
  const schema = {
    allOf: [
      { $ref: '#/components/schemas/Problem' as const },
      { type: 'object' as const, properties: { status: { const: status }, code: { enum: [...codes] } } },
    ],
  };
  return {
    description: lines.join('\n\n'),
    ...(headers && { headers }),
    content: { 'application/problem+json': { schema } },
  };
}
