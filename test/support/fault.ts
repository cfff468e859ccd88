import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { sendReply, type Reply } from './reply.ts';

/** What goes wrong at an endpoint, instead of what it does. */
export type Fault =
  | { reply: Reply }
  /** No answer, ever. */
  | 'hang'
  /** A TCP reset before the answer. */
  | 'reset'
  /** A TCP reset in the middle of the body. */
  | 'truncate'
  /** A body without end. */
  | 'flood'
  /** The right answer, later. */
  | { delayMilliseconds: number };

/** Carries a fault out; true when the request still wants its right answer. */
export async function carryOut(
  fault: Fault,
  response: ServerResponse,
  transport: Socket | undefined,
): Promise<boolean> {
  if (fault === 'hang') return false;
  if (fault === 'reset') transport?.resetAndDestroy();
  else if (fault === 'truncate') {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': 1000 });
    response.write('{"half":', () => transport?.resetAndDestroy());
  } else if (fault === 'flood') flood(response);
  else if ('reply' in fault) sendReply(response, fault.reply);
  else return sleep(fault.delayMilliseconds, true);
  return false;
}

function flood(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'application/json' });
  const part = Buffer.alloc(65_536, '[');
  const more = (): void => {
    while (!response.destroyed && response.write(part));
  };
  response.on('drain', more);
  more();
}
