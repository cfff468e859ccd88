import type { ApiContext, ApiMiddleware, WrittenAnswer } from './context.ts';
import { present } from './context.ts';

/** Puts an answer on its way. */
export function send(context: ApiContext, { status, headers, text, file }: WrittenAnswer): void {
  context.status = status;
  for (const [name, value] of Object.entries(headers)) context.set(name, value);
  if (file !== undefined) {
    context.set('Content-Type', file.type);
    context.body = file.bytes;
    return;
  }
  if (text === undefined) {
    context.body = null;
    // Koa makes 204 of a null body.
    context.status = status;
    return;
  }
  context.set('Content-Type', status >= 400 ? 'application/problem+json' : 'application/json');
  context.body = text;
}

/** Sends what the middleware after it have answered, once the transaction is committed. */
export const sent: ApiMiddleware = async function sendAnswer(context, next) {
  await next();
  send(context, present(context.state.answer, 'answer'));
};
