import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** Ends processes and removes a folder when this process ends, in whatever way it ends. */
export interface Watchdog {
  watch(pid: number): void;
  forget(pid: number): void;
  /** Does now what it would do at the end of this process, and comes back when that is done. */
  release(): Promise<void>;
}

// A shell at the other end of a pipe: however this process ends (exit, Ctrl-C, kill -9, a crash), the pipe closes and
// the shell reads end-of-file. Node has no PR_SET_PDEATHSIG, and handlers for signals would change how tests stop.
const script = `
trap '' INT TERM HUP
pids=' '
while read -r word pid; do
  case $word in
    watch) pids="$pids$pid " ;;
    forget) case $pids in *" $pid "*) pids="\${pids%%" $pid "*} \${pids#*" $pid "}" ;; esac ;;
  esac
done
for pid in $pids; do kill -s "$2" "$pid" 2>/dev/null; done
[ -n "$1" ] || exit 0
for attempt in 1 2 3 4 5 6 7 8 9 10; do
  rm -rf "$1" 2>/dev/null
  [ -e "$1" ] || exit 0
  sleep 0.1 2>/dev/null || sleep 1
done
`;

/**
 * Starts one; `remove` names a folder to remove after the processes have been killed. PostgreSQL wants QUIT, on which it
 * gives its shared memory back at once.
 */
export function startWatchdog({
  remove = '',
  signal = 'KILL',
}: { remove?: string; signal?: 'KILL' | 'QUIT' } = {}): Watchdog {
  const shell = spawn('/bin/sh', ['-c', script, 'watchdog', remove, signal], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
    cwd: '/',
  });
  const { stdin } = shell;
  stdin.on('error', () => {}); // it was killed: nothing is left to tell it
  shell.unref();
  if ('unref' in stdin && typeof stdin.unref === 'function') stdin.unref();
  return {
    watch: (pid) => void stdin.write(`watch ${pid}\n`),
    forget: (pid) => void stdin.write(`forget ${pid}\n`),
    release: async () => {
      if (shell.exitCode !== null || shell.signalCode !== null) return;
      shell.ref();
      const exited = once(shell, 'exit');
      stdin.end();
      await exited;
    },
  };
}
