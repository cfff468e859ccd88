import { realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';

export interface Mount {
  /** A file or folder of this machine. */
  source: string;
  target: string;
  file?: boolean;
  readOnly?: boolean;
}

/** A container before its first process runs. */
export interface Sandbox {
  /** An empty folder of this machine: its root is mounted there, in its own mount namespace alone. */
  directory: string;
  hostname: string;
  /** Shown at their own paths, read-only. */
  imageFolders: readonly string[];
  mounts: readonly Mount[];
  readOnlyRoot: boolean;
  user: { uid: number; gid: number; groups: readonly number[] };
  noNewPrivileges: boolean;
  noCapabilities: boolean;
  workingDirectory: string;
  command: readonly string[];
}

/**
 * A shell script for a mount namespace of its own: it makes a root out of this machine's (an overlay: what the container writes is
 * gone with it), mounts what belongs in it, and runs the command as process 1 of a new process namespace. It tells on file
 * descriptor 3 the process id of that as this machine sees it, and ends as it ends; when the script is killed, that is too.
 */
export async function sandboxScript(sandbox: Sandbox): Promise<string> {
  const { directory } = sandbox;
  const root = join(directory, 'root');
  const inRoot = (path: string): string => quote(join(root, path));
  const mounts = await Promise.all(
    sandbox.mounts.map(async (mount) => ({ ...mount, target: await resolve(mount.target) })),
  );
  const folder = quote(directory);
  return [
    'set -e',
    'export own=$PATH; PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    `mount -t tmpfs tmpfs ${folder}; mkdir ${folder}/upper ${folder}/work ${folder}/root`,
    `mount -t overlay overlay -o lowerdir=/,upperdir=${folder}/upper,workdir=${folder}/work ${quote(root)}`,
    `cd ${quote(root)}; mount -t tmpfs -o mode=755 tmpfs dev`,
    'cp -a /dev/null /dev/zero /dev/full /dev/random /dev/urandom /dev/tty dev/; ln -s /proc/self/fd dev/fd',
    'ln -s /proc/self/fd/0 dev/stdin; ln -s /proc/self/fd/1 dev/stdout; ln -s /proc/self/fd/2 dev/stderr',
    'mount -t tmpfs -o mode=1777 tmpfs tmp; mount -t tmpfs -o mode=755 tmpfs run',
    `echo ${quote(sandbox.hostname)} > /proc/sys/kernel/hostname; echo ${quote(sandbox.hostname)} > etc/hostname`,
    ...sandbox.imageFolders.flatMap((path) => [
      `mkdir -p ${inRoot(path)}; chmod o+x ${ancestors(path).map(inRoot).join(' ')}`,
      bind({ source: path, target: path, readOnly: true }, root),
    ]),
    `mkdir -p ${inRoot(sandbox.workingDirectory)}`,
    ...mounts.toSorted((a, b) => a.target.length - b.target.length).map((mount) => bind(mount, root)),
    ...(sandbox.readOnlyRoot ? ['for part in tmp run .; do mount -o remount,ro "$part"; done'] : []),
    `exec unshare --pid /bin/sh -c ${quote(firstProcess(sandbox))}`,
  ].join('\n');
}

/**
 * The shell that waits for process 1 stays outside, and silent. (`unshare --fork` would wait, too, but of a process that SIGKILL
 * ended it says exit code 1.)
 */
function firstProcess(sandbox: Sandbox): string {
  const command = [
    `exec "$chroot" . "$env" -C ${quote(sandbox.workingDirectory)}`,
    `"$setpriv" ${privileges(sandbox).join(' ')} -- ${sandbox.command.map(quote).join(' ')}`,
  ].join(' ');
  return [
    'exec 4>&2 2>/dev/null',
    '(',
    'exec 2>&4 4>&-',
    'set -e',
    'read -r pid rest < /proc/self/stat',
    'mount -t proc proc proc',
    'chroot=$(command -v chroot); env=$(command -v env); setpriv=$(command -v setpriv); PATH=$own',
    'unset own OLDPWD; echo "$pid" >&3; exec 3>&-',
    command,
    ')',
    'exit $?',
  ].join('\n');
}

/** The flags of `setpriv` for the container's user, with the end of its parent as its own end. */
export function privileges({ user, noNewPrivileges, noCapabilities }: Sandbox): string[] {
  return [
    `--reuid=${user.uid}`,
    `--regid=${user.gid}`,
    user.groups.length > 0 ? `--groups=${user.groups.join(',')}` : '--clear-groups',
    '--pdeathsig=KILL',
    ...(noNewPrivileges ? ['--no-new-privs'] : []),
    ...(noCapabilities ? ['--bounding-set=-all', '--inh-caps=-all'] : []),
  ];
}

function bind({ source, target, file = false, readOnly = false }: Mount, root: string): string {
  const place = quote(join(root, target));
  const make = file ? `mkdir -p ${quote(dirname(join(root, target)))}; : > ${place}` : `mkdir -p ${place}`;
  return `${make}; mount --bind ${quote(source)} ${place}${readOnly ? `; mount -o remount,bind,ro ${place}` : ''}`;
}

/** Where a path leads that goes through links of this machine: /var/run is /run, and its link must not be followed outside of the root. */
async function resolve(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch {
    return path === '/' ? path : join(await resolve(dirname(path)), path.slice(path.lastIndexOf('/')));
  }
}

function ancestors(path: string): string[] {
  return path === '/' ? [] : [...ancestors(dirname(path)), path];
}

function quote(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
