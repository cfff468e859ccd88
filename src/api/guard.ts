import { z } from 'zod';
import type { ApiContext, ApiMiddleware } from './context.ts';
import { readBody, readUpload } from './body.ts';
import type { Operation } from './operation.ts';
import { invalidRequest, Problem, type RequestMistake } from './problems.ts';
import { parseQuery } from './query.ts';
import { pointerOf } from './strict-json.ts';

type Issue = z.core.$ZodIssue;

/** Reads and checks everything that an operation takes, and refuses with every mistake at once. */
export function guarded(operation: Operation): ApiMiddleware {
  const querySchema = (operation.query ?? z.object({})).strict();
  return async function guard(context, next) {
    const params = operation.params && paramsOf(context, operation);
    const body = operation.body && (await bodyOf(context, operation));
    context.state.body = body?.value;
    const query = querySchema.safeParse(parseQuery(context.querystring));
    const mistakes = query.success ? [] : query.error.issues.flatMap(ofParameter);
    const checked = operation.body?.safeParse(body?.value);
    if (checked && !checked.success) mistakes.push(...checked.error.issues.flatMap(ofBody));
    if (mistakes.length > 0) throw invalidRequest(mistakes);
    context.state.input = { params, query: operation.query && query.data, body: checked?.data };
    await next();
  };
}

async function bodyOf({ req }: ApiContext, { upload }: Operation): Promise<{ value: unknown }> {
  return upload === undefined ? readBody(req) : { value: await readUpload(req, upload) };
}

/** An id that is none names nothing: 404. What another protocol than ours has in its paths is refused as it is: 400. */
function paramsOf(context: ApiContext, { params: schema, authentication }: Operation): unknown {
  const params = (schema ?? z.object({})).safeParse(context['params'] as unknown);
  if (params.success) return params.data;
  if (authentication) throw invalidRequest(params.error.issues.flatMap(ofParameter));
  const name = String(params.error.issues[0]?.path[0] ?? 'path');
  throw new Problem('not-found', `There is no such ${name.replace(/_id$/, '').replaceAll('_', ' ')}.`);
}

function ofParameter(issue: Issue): RequestMistake[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((parameter) => ({ parameter, detail: 'is not a parameter of this operation' }));
  }
  return [{ parameter: String(issue.path[0] ?? ''), detail: issue.message }];
}

function ofBody(issue: Issue): RequestMistake[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      pointer: pointerOf([...issue.path, key]),
      detail: 'is not a member of this object',
    }));
  }
  return [{ pointer: pointerOf(issue.path), detail: issue.message }];
}
