import type { Chance } from '../../../domain/credentials/checks/mutation.ts';
import { type Attack, attack, bytesOf, messageOf } from '../message.ts';
import type { ValidRequest } from '../request.ts';

const noHttp = [
  Buffer.from('16030100a5010000a10303', 'hex'), // the begin of a TLS handshake
  Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
  Buffer.from('\r\n\r\n\r\n\r\n'),
  Buffer.from('\u0000'.repeat(5_000)),
  Buffer.from('SSH-2.0-OpenSSH_9.2\r\n'),
  Buffer.from('*1\r\n$7\r\nCOMMAND\r\n'),
  Buffer.from('GET /\r\n'),
  Buffer.from('GET  / HTTP/1.1\r\n\r\n'),
  Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'),
  Buffer.alloc(0),
];

/** What arrives has little to do with what was meant. */
export const bytes: Record<string, (request: ValidRequest, chance: Chance) => Attack | undefined> = {
  'bits flipped': (request, { below }) => {
    const damaged = Buffer.from(bytesOf(messageOf(request)));
    for (let count = 1 + below(5); count > 0; count -= 1) {
      const place = below(damaged.length);
      damaged[place] = (damaged[place] ?? 0) ^ (1 << below(8));
    }
    return { bytes: damaged, outcome: 'cut' };
  },
  'a part lost': (request, { below }) => {
    const whole = bytesOf(messageOf(request));
    const start = below(whole.length);
    return { bytes: Buffer.concat([whole.subarray(0, start), whole.subarray(start + 1 + below(30))]), outcome: 'cut' };
  },
  'a part twice': (request, { below }) => {
    const whole = bytesOf(messageOf(request));
    const start = below(whole.length);
    const end = start + below(60);
    return { bytes: Buffer.concat([whole.subarray(0, end), whole.subarray(start)]), outcome: 'cut' };
  },
  'random bytes': (_, { below }) => ({
    bytes: Buffer.from(Array.from({ length: 1 + below(500) }, () => below(256))),
    outcome: 'cut',
  }),
  'another protocol': (_, { pick }) => ({ bytes: pick(noHttp), outcome: 'cut' }),
  'many at once': (request) => {
    const kept = messageOf({ ...request, headers: request.headers });
    const open = { ...kept, headers: kept.headers.filter(([name]) => name !== 'Connection') };
    return {
      bytes: Buffer.concat([...Array.from({ length: 20 }, () => bytesOf(open)), bytesOf(kept)]),
      outcome: 'answered',
    };
  },
  'nothing hostile': (request) => attack(messageOf(request), 'answered'),
};
