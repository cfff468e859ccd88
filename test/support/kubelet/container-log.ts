export interface LogLine {
  time: Date;
  text: string;
}

/** What one run of a container has written to stdout and stderr, by line. */
export interface ContainerLog {
  append(stream: 'stdout' | 'stderr', chunk: Buffer): void;
  /** The container has ended: nothing more comes. */
  close(): void;
  closed(): boolean;
  lines(): readonly LogLine[];
  /** Calls back for each further line, and once at the end; answers how to stop that. */
  follow(onLine: (line: LogLine) => void, onEnd: () => void): () => void;
}

export function createContainerLog(onText?: (line: string) => void): ContainerLog {
  const lines: LogLine[] = [];
  const open = { stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) };
  const followers = new Set<{ onLine: (line: LogLine) => void; onEnd: () => void }>();
  let closed = false;

  function add(text: string): void {
    const line = { time: new Date(), text };
    lines.push(line);
    onText?.(text);
    for (const { onLine } of followers) onLine(line);
  }

  return {
    append(stream, chunk) {
      let rest = Buffer.concat([open[stream], chunk]);
      for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
        add(rest.toString('utf8', 0, end));
        rest = rest.subarray(end + 1);
      }
      open[stream] = rest;
    },
    close() {
      for (const rest of Object.values(open)) if (rest.length > 0) add(rest.toString('utf8'));
      closed = true;
      for (const { onEnd } of followers) onEnd();
      followers.clear();
    },
    closed: () => closed,
    lines: () => lines,
    follow(onLine, onEnd) {
      const follower = { onLine, onEnd };
      followers.add(follower);
      return () => void followers.delete(follower);
    },
  };
}
