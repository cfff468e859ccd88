import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

// A container's namespaces, and in them the one mount that not every machine allows (Docker in its default form does not).
const trial = `
folder=$(mktemp -d) && mount -t tmpfs tmpfs "$folder" && cd "$folder" && mkdir upper work root &&
mount -t overlay overlay -o "lowerdir=/,upperdir=$folder/upper,workdir=$folder/work" root &&
unshare --pid /bin/sh -c '(mount -t proc proc root/proc && chroot root setpriv --reuid 65532 --clear-groups -- true); exit $?'
status=$?; cd / && umount -l "$folder"; rmdir "$folder"; exit $status`;

/** The flags of `unshare` for the namespaces in which a container is made; process 1 gets one of its own when they are ready. */
export const namespaces = ['--mount', '--uts', '--propagation', 'private'];

/** @throws Error that says so when this machine cannot run a Pod as a process in namespaces of its own. */
export async function requireNamespaces(): Promise<void> {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) {
    throw new Error(
      'the test kubelet runs every container in a mount namespace of its own, which needs Linux and root: ' +
        `this is ${process.platform}, user ${process.getuid?.() ?? 'unknown'}. Run the cluster tests as root (sudo, or a privileged container).`,
    );
  }
  try {
    await promisify(execFile)('unshare', [...namespaces, '/bin/sh', '-c', trial]);
  } catch (error) {
    const { code, stderr = '' } = error as { code?: string | number; stderr?: string };
    const what = code === 'ENOENT' ? 'there is no `unshare`' : stderr.trim() || `exit code ${code}`;
    throw new Error(
      'the test kubelet needs util-linux (unshare, nsenter, setpriv), and a machine that lets root make namespaces and ' +
        `overlay mounts; here: ${what}. In Docker, run with --privileged.`,
      { cause: error },
    );
  }
}
