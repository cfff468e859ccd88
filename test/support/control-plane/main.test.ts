import assert from 'node:assert/strict';
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { eventually } from '../wait.ts';
import { kubectl, kubectlPath } from './kubectl.ts';

const main = fileURLToPath(new URL('main.ts', import.meta.url));

describe('a control plane in the foreground', function () {
  this.timeout(120_000);

  const start = (...args: string[]): ChildProcessByStdio<null, Readable, Readable> =>
    spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });

  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    it(`prints the KUBECONFIG to use, and stops clean at ${signal}`, async () => {
      const command = start();
      let text = '';
      command.stdout.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      const told = (): string | null => /^export KUBECONFIG=(.+)\n/m.exec(text)?.[1] ?? null;
      const kubeconfig = await eventually(told, { describe: 'the KUBECONFIG', deadlineSeconds: 60 });
      const directory = dirname(kubeconfig);
      const ask = { kubectl: await kubectlPath(), kubeconfig, directory };
      assert.equal((await kubectl(ask, ['get', 'namespace', 'default', '-o', 'name'])).stdout, 'namespace/default\n');
      command.kill(signal);
      assert.deepEqual(await once(command, 'exit'), [0, null]);
      assert.equal(existsSync(directory), false);
    });
  }

  it('says what it does not understand', async () => {
    const command = start('--kind', 'medium');
    const stderr = (await command.stderr.setEncoding('utf8').toArray()).join('');
    assert.match(stderr, /^--kind is real or small, not medium\nusage: /);
    assert.equal(command.exitCode ?? (await once(command, 'exit'))[0], 64);
  });
});
