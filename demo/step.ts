import { spawn } from 'node:child_process';

const width = 100;

/** Prints a step's heading, and what one is looking at. */
export function heading(number: number, title: string, explanation: string): void {
  console.log(`\n${'─'.repeat(width)}\n${number}. ${title}\n${wrap(explanation)}\n`);
}

export function wrap(text: string, columns = width): string {
  const lines = [''];
  for (const word of text.split(/\s+/)) {
    const last = lines.at(-1) ?? '';
    if (last.length + word.length + 1 > columns) lines.push(word);
    else lines[lines.length - 1] = last === '' ? word : `${last} ${word}`;
  }
  return lines.join('\n');
}

export interface Shell {
  /** Prints the command line as one would type it, runs it, prints what it prints, and gives that back. Throws when it fails. */
  run(command: string, options?: { expect?: number; quiet?: boolean }): Promise<string>;
  /** The same shell with further variables. */
  with(variables: Record<string, string>): Shell;
}

/** Runs command lines by `sh` in the root of the clone. */
export function createShell(environment: NodeJS.ProcessEnv, cwd: string): Shell {
  async function run(
    command: string,
    { expect = 0, quiet = false }: { expect?: number; quiet?: boolean } = {},
  ): Promise<string> {
    if (!quiet) console.log(`  $ ${command}`);
    const child = spawn('sh', ['-c', command], { env: environment, cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const take = (chunk: Buffer): void => void (output += chunk.toString());
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    const code = await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));
    if (code !== expect) throw new Error(`${command}\nexited with ${String(code)}, expected ${expect}:\n${output}`);
    if (!quiet) console.log(output.trimEnd().replace(/^/gm, '  ').trimEnd());
    return output;
  }
  return { run, with: (variables) => createShell({ ...environment, ...variables }, cwd) };
}
