import { spawn } from 'node:child_process';

/** A program in a folder as its root. */
export interface Chroot {
  root: string;
  command: readonly string[];
  environment?: Record<string, string>;
  workingDirectory?: string;
  /** Of user and group; 0 when absent. */
  user?: number;
  /** Nothing can be written but what is mounted for it. */
  readOnly?: boolean;
  /** Files and folders of this machine, by where they are shown (read-only; below /run, which is an empty folder in memory). */
  shown?: Record<string, string>;
}

const quote = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;

/** The program and arguments that run it, in a mount namespace of its own: when it has ended, no mount is left. */
export function chrootCommand(chroot: Chroot): [string, string[]] {
  const { root, command, environment = {}, workingDirectory = '/', user = 0, readOnly = false, shown = {} } = chroot;
  const variables = Object.entries(environment).map(([name, value]) => quote(`${name}=${value}`));
  const privileges = `--reuid ${user} --regid ${user} --clear-groups${user === 0 ? '' : ' --bounding-set=-all --no-new-privs'}`;
  const script = [
    'set -e',
    `mount --bind ${quote(root)} ${quote(root)}; cd ${quote(root)}`,
    'mkdir -p dev proc run; mount --rbind /dev dev; mount -t proc proc proc; mount -t tmpfs tmpfs run',
    ...Object.entries(shown).map(
      ([target, source]) => `cp -r ${quote(source)} ${quote(`.${target}`)} && chmod a+r ${quote(`.${target}`)}`,
    ),
    ...(readOnly ? ['mount -o remount,ro,bind .; mount -o remount,ro run'] : []),
    `exec chroot . /usr/bin/setpriv ${privileges} /usr/bin/env -i -C ${quote(workingDirectory)} ${variables.join(' ')} ${command.map(quote).join(' ')}`,
  ];
  // The process namespace ends with its first process, and everything in it.
  const flags = ['--mount', '--pid', '--fork', '--kill-child', '--propagation', 'private'];
  return ['unshare', [...flags, '/bin/sh', '-c', script.join('\n')]];
}

export interface Finished {
  code: number | null;
  output: string;
}

/** Runs it to its end. */
export function runIn(chroot: Chroot): Promise<Finished> {
  const child = spawn(...chrootCommand(chroot), { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, output }));
  });
}
