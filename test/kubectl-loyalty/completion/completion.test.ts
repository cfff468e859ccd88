import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { delimiter } from 'node:path';
import { promisify } from 'node:util';
import { kubectlPath } from '../../support/control-plane/kubectl.ts';
import { plugin, pluginFolder } from '../plugin.ts';

const run = promisify(execFile);

/** What is offered behind these words; `FILES` where names of files fit. */
async function offered(...words: string[]): Promise<string[]> {
  const { stdout, code } = await plugin(['__complete', ...words]);
  assert.equal(code, 0);
  const lines = stdout.trimEnd().split('\n');
  return lines
    .map((line) => line.split('\t')[0] ?? '')
    .flatMap((word) => (word === ':4' ? [] : [word === ':0' ? 'FILES' : word]));
}

describe('completion of kubectl loyalty', () => {
  const cases: [words: string[], wanted: string[]][] = [
    [['st'], ['status']],
    [['r'], ['rollback', 'rerun', 'runs']],
    [['-n', 'loyalty', 'verify'], ['verify-ledger']],
    [
      ['status', '-o', ''],
      ['table', 'json', 'yaml'],
    ],
    [['status', '--output=j'], ['--output=json']],
    [['status', '--output', '=', 'y'], ['yaml']],
    [
      ['status', '--output', '='],
      ['table', 'json', 'yaml'],
    ],
    [['status', '--all'], ['--all-namespaces']],
    [['runs', '--task', 'e'], ['expire-points']],
    [['run', '--state', 'p'], ['partial']],
    [['rerun', 'v'], ['verify-ledger']],
    [['rerun', 'verify-ledger', ''], []],
    [['rerun', '-n', 'x', 'expire'], ['expire-points']],
    [['rerun', 'expire-points', '--mer'], ['--merchant']],
    [['rerun', 'expire-points', '--merchant', 'ID', '--mer'], ['--merchant']],
    [['rerun', 'expire-points', '--dry-run', '--dr'], []],
    [['check', '-f', ''], ['FILES']],
    [['check', '--kubeconfig=x'], []],
    [['status', '--kubeconfig', ''], ['FILES']],
    [
      ['completion', ''],
      ['bash', 'zsh', 'fish'],
    ],
  ];
  for (const [words, wanted] of cases)
    it(`offers ${wanted.join(' ') || 'nothing'} for: ${words.join(' ')}|`, async () => {
      const all = await offered(...words);
      assert.deepEqual(all, wanted);
    });

  it('offers every command that there is, with what it does', async () => {
    const { stdout } = await plugin(['__complete', '']);
    const { stdout: help } = await plugin(['--help']);
    const [, commands = ''] = /Commands:\n(.*?)\n\n/s.exec(help) ?? [];
    const listed = [...commands.matchAll(/^ {2}([a-z-]+)/gm)].map(([, name]) => name);
    assert.ok(listed.length > 7);
    assert.deepEqual(await offered(''), listed);
    for (const line of stdout.split('\n').slice(0, listed.length)) assert.match(line, /^[a-z-]+\t.{10,}$/);
  });

  const environment = { PATH: `${pluginFolder}${delimiter}${process.env['PATH']}`, HOME: '/nonexistent' };

  it('works in a real bash', async () => {
    const type = async (...words: string[]): Promise<string[]> => {
      const line = `source <(kubectl-loyalty completion bash)
        COMP_WORDS=(kubectl-loyalty "$@"); COMP_CWORD=$#
        "$(complete -p kubectl-loyalty | sed 's/.*-F \\([^ ]*\\) .*/\\1/')"
        printf '%s\\n' "\${COMPREPLY[@]}"`;
      const { stdout } = await run('bash', ['-c', line, 'bash', ...words], { env: environment, cwd: pluginFolder });
      return stdout.trimEnd().split('\n');
    };
    assert.deepEqual(await type('ro'), ['rollback']);
    assert.deepEqual(await type('status', '-o', ''), ['table', 'json', 'yaml']);
    assert.deepEqual(await type('check', '-f', 'kubectl-'), ['kubectl-loyalty']);
  });

  it('works through the real kubectl, which asks kubectl_complete-loyalty', async () => {
    const { stdout } = await run(await kubectlPath(), ['__complete', 'loyalty', 'runs', '--task', 's'], {
      env: environment,
    });
    assert.equal(stdout, 'sync-wallets\n:4\n');
  });

  it('prints a script for each shell, and refuses others', async () => {
    for (const shell of ['bash', 'zsh', 'fish']) {
      const { stdout, code } = await plugin(['completion', shell]);
      assert.equal(code, 0);
      assert.match(stdout, /kubectl-loyalty __complete/);
    }
    assert.equal((await plugin(['completion', 'cmd.exe'])).code, 64);
  });
});
