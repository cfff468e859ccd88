import type { IncomingMessage, ServerResponse } from 'node:http';
import helmet, { type HelmetOptions } from 'helmet';
import type { ApiMiddleware } from './context.ts';

/** JSON: nothing in it is to be run, framed or embedded. */
const ofAnswers: HelmetOptions = {
  contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] } },
  xFrameOptions: { action: 'deny' },
};

/** A page of ours with its own scripts and styles, which calls the API that it came from. */
const ofPages: HelmetOptions = {
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: ["'none'"],
      scriptSrc: ["'self'"],
      // Swagger UI sets style attributes; no script can come in that way.
      styleSrc: ["'self'", "'unsafe-inline'"],
      imgSrc: ["'self'", 'data:'],
      connectSrc: ["'self'"],
      baseUri: ["'none'"],
      formAction: ["'none'"],
      frameAncestors: ["'none'"],
    },
  },
  xFrameOptions: { action: 'deny' },
};

/** The console: no scripts at all, nothing inline, and forms that go nowhere else. */
const ofConsole: HelmetOptions = {
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: ["'none'"],
      styleSrc: ["'self'"],
      imgSrc: ["'self'"],
      baseUri: ["'none'"],
      formAction: ["'self'"],
      frameAncestors: ["'none'"],
    },
  },
  xFrameOptions: { action: 'deny' },
  // Without a referrer a form would say that its origin is null.
  referrerPolicy: { policy: 'same-origin' },
};

/** Helmet sets the same headers each time: they are asked for once. */
function headersOf(options: HelmetOptions): Record<string, string> {
  const headers: Record<string, string> = {};
  const response = {
    setHeader: (name: string, value: string) => void (headers[name] = value),
    removeHeader: () => {},
  } as unknown as ServerResponse;
  helmet(options)({} as IncomingMessage, response, (error) => {
    if (error !== undefined) throw error;
  });
  return headers;
}

const answerHeaders = { ...headersOf(ofAnswers), 'Cache-Control': 'no-store' };
/** What a page has in place of an answer's headers. */
export const pageHeaders = { ...headersOf(ofPages), 'Cache-Control': 'no-cache' };

/** What a page of the console has in place of them. */
export const consoleHeaders = { ...headersOf(ofConsole), 'Cache-Control': 'no-store' };

export const secured: ApiMiddleware = function setSecurityHeaders(context, next) {
  for (const name in answerHeaders) context.res.setHeader(name, answerHeaders[name as keyof typeof answerHeaders]);
  return next();
};
