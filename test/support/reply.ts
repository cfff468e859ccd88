import type { ServerResponse } from 'node:http';

/** An HTTP answer: JSON, or text or bytes of any type. */
export interface Reply {
  status: number;
  json?: unknown;
  text?: string | Uint8Array;
  headers?: Record<string, string>;
}

export function sendReply(response: ServerResponse, { status, json, text, headers }: Reply): void {
  const type = json === undefined ? 'text/html; charset=UTF-8' : 'application/json; charset=UTF-8';
  response.writeHead(status, { 'content-type': type, ...headers });
  response.end(json === undefined ? (text ?? '') : JSON.stringify(json));
}
