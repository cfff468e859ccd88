import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type Router from '@koa/router';
import type { ApiContext, ApiMiddleware, RequestState } from './context.ts';
import { Problem } from './problems.ts';
import { pageHeaders } from './security-headers.ts';

// All links are relative, so that the page also works behind a proxy that adds a path.
const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Orion Loyalty API</title>
<link rel="icon" type="image/png" href="docs/favicon-32x32.png">
<link rel="stylesheet" href="docs/swagger-ui.css">
<link rel="stylesheet" href="docs/page.css">
</head>
<body>
<div id="api"></div>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/start.js"></script>
</body>
</html>
`;

// validatorUrl: null, because Swagger UI would ask a server in the internet for a badge.
const start = `SwaggerUIBundle({
  url: 'openapi.json',
  dom_id: '#api',
  presets: [SwaggerUIBundle.presets.apis],
  deepLinking: true,
  validatorUrl: null,
  displayRequestDuration: true,
  tryItOutEnabled: true,
  syntaxHighlight: { activated: true },
});
`;

// Swagger UI is laid out for wide windows: on a phone descriptions get lines of their own, and tables scroll in their block.
const style = `body { margin: 0; }
@media (max-width: 640px) {
  .swagger-ui .wrapper { padding: 0 12px; }
  .swagger-ui .opblock-tag { flex-wrap: wrap; }
  .swagger-ui .opblock-tag a { flex: 1; }
  .swagger-ui .opblock-tag small { order: 1; flex-basis: 100%; padding: 4px 0 0; }
  .swagger-ui .opblock-body { overflow-x: auto; }
  .swagger-ui .scheme-container .schemes { flex-wrap: wrap; gap: 12px; }
}
`;

interface Asset {
  type: string;
  content(): Promise<string | Buffer>;
}

function ofSwagger(name: string, type: string): [string, Asset] {
  let read: Promise<Buffer> | undefined;
  const path = new URL(import.meta.resolve(`swagger-ui-dist/${name}`));
  return [name, { type, content: () => (read ??= readFile(path)) }];
}

const script = 'text/javascript; charset=utf-8';
const assets = new Map<string, Asset>([
  ofSwagger('swagger-ui.css', 'text/css; charset=utf-8'),
  ofSwagger('swagger-ui-bundle.js', script),
  ofSwagger('favicon-32x32.png', 'image/png'),
  ['page.css', { type: 'text/css; charset=utf-8', content: () => Promise.resolve(style) }],
  ['start.js', { type: script, content: () => Promise.resolve(start) }],
]);

/** `/docs` (Swagger UI from the package, nothing from the internet) and `/openapi.json`; `/` leads to `/docs`. */
export function addDocsPage(router: Router<RequestState>, document: object): void {
  const text = JSON.stringify(document);
  router.get('/openapi.json', at('/openapi.json'), (context) => serve(context, 'application/json', text));
  router.get('/docs', at('/docs'), (context) => serve(context, 'text/html; charset=utf-8', page));
  router.get('/docs/:asset', at('/docs/{asset}'), async (context) => {
    const asset = assets.get(String(context['params'].asset));
    if (asset === undefined) throw new Problem('not-found', 'There is no such file.');
    serve(context, asset.type, await asset.content());
  });
  router.get('/', at('/'), (context) => context.redirect('docs'));
}

function at(route: string): ApiMiddleware {
  return function nameRoute(context, next) {
    context.state.route = route;
    return next();
  };
}

function serve(context: ApiContext, type: string, content: string | Buffer): void {
  for (const [name, value] of Object.entries(pageHeaders)) context.set(name, value);
  context.status = 200;
  context.set('Content-Type', type);
  context.set('ETag', `"${createHash('sha256').update(content).digest('base64url').slice(0, 27)}"`);
  // Koa's fresh() compares If-None-Match.
  if (context.fresh) context.status = 304;
  else context.body = content;
}
