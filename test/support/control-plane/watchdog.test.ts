import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../wait.ts';

// A parent that starts two children that would live for ten minutes, has one of them watched, and tells both pids.
const parent = `
import { spawn } from 'node:child_process';
import { startWatchdog } from ${JSON.stringify(new URL('watchdog.ts', import.meta.url).href)};
const watchdog = startWatchdog({ remove: process.argv[1] });
const [watched, forgotten] = [0, 1].map(() => spawn('sleep', ['600'], { stdio: 'ignore', detached: true }));
watchdog.watch(watched.pid);
watchdog.watch(forgotten.pid);
watchdog.forget(forgotten.pid);
console.log(watched.pid, forgotten.pid);
if (process.argv[2] === 'exit') setTimeout(() => process.exit(), 100);
if (process.argv[2] === 'throw') setTimeout(() => { throw new Error('a crash'); }, 100);
`;

describe('the watchdog', () => {
  let directory: string;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'watchdog-'));
  });

  afterEach(() => rm(directory, { recursive: true, force: true }));

  for (const end of ['SIGKILL', 'SIGTERM', 'SIGINT', 'exit', 'throw'] as const) {
    it(`kills what it watches, and nothing else, and removes the folder when its parent ends by ${end}`, async () => {
      const process = spawn(execNode(), ['--input-type=module', '-e', parent, directory, end], {
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      const [line] = (await once(process.stdout.setEncoding('utf8'), 'data')) as [string];
      const [watched = 0, forgotten = 0] = line.trim().split(' ').map(Number);
      assert.deepEqual([lives(watched), lives(forgotten)], [true, true]);
      if (end.startsWith('SIG')) process.kill(end as NodeJS.Signals);
      await eventually(() => !lives(watched) && !existsSync(directory), { describe: 'the watchdog to act' });
      assert.ok(lives(forgotten));
      globalThis.process.kill(forgotten, 'SIGKILL');
    });
  }
});

function execNode(): string {
  return process.execPath;
}

function lives(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
