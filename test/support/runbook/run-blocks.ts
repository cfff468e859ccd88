import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { difference } from './expected-output.ts';
import { type Block, readRunbook } from './runbook.ts';

/** The situation in which a page's commands run. */
export interface Situation {
  /** What the reader has set, beside PATH and HOME. */
  environment: Record<string, string>;
  /** Folders before those of PATH: kubectl, and the plugin. */
  programs: string[];
  /** What the page calls otherwise: what is here shows as what is there. */
  calls?: Record<string, string>;
  /** Files in the folder in which the commands run. */
  files?: Record<string, string>;
  /** What somebody else does before the commands of a section. */
  before?: Record<string, () => unknown>;
}

const bin = fileURLToPath(new URL('../../../bin', import.meta.url));

/** The absolute path of a page. */
export function runbookPath(name: string): string {
  return fileURLToPath(new URL(`../../../runbooks/${name}.md`, import.meta.url));
}

/**
 * Runs the blocks of a page one after the other, each by `bash -euo pipefail`; variables and functions go on from block to block.
 * @throws Error with the line of the block, when it fails or shows something else than the page says.
 */
export async function runBlocks(
  page: string,
  situation: Situation,
  chosen: (block: Block) => boolean = () => true,
): Promise<void> {
  const path = runbookPath(page);
  const folder = await mkdtemp(join(tmpdir(), 'runbook-'));
  try {
    for (const [name, content] of Object.entries(situation.files ?? {})) await writeFile(join(folder, name), content);
    await writeFile(join(folder, '.variables'), '');
    let section: string | undefined;
    for (const block of readRunbook(path).blocks.filter(chosen)) {
      if (block.section !== section) await situation.before?.[block.section]?.();
      section = block.section;
      await runBlock(`${path}:${block.line}`, block, folder, situation);
    }
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function runBlock(where: string, { script, shows }: Block, folder: string, situation: Situation): Promise<void> {
  const { code, output } = await bash(script, folder, situation);
  if (code !== 0) throw new Error(`${where} ends with ${code}:\n${script}\n${output}`);
  const said = Object.entries(situation.calls ?? {}).reduce(
    (text, [here, there]) => text.replaceAll(here, there),
    output,
  );
  const reason = difference(shows ?? '', said);
  if (reason !== undefined) throw new Error(`${where} shows something else than the page says: ${reason}`);
}

function bash(
  script: string,
  cwd: string,
  { environment, programs }: Situation,
): Promise<{ code: number; output: string }> {
  const PATH = [...programs, bin, process.env['PATH'] ?? ''].join(delimiter);
  const env = { HOME: cwd, ...environment, PATH };
  // Standard error is what the reader sees, too; it is in its place among the lines.
  const around = `exec 2>&1\nsource .variables\nset -a\n${script}\nset +a\n{ declare -px; declare -f; } > .variables\n`;
  const child = spawn('bash', ['-euo', 'pipefail', '-c', around], { cwd, env, stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (output += chunk));
  return new Promise((done, fail) => {
    child.once('error', fail);
    child.once('close', (code) => done({ code: code ?? 128, output }));
  });
}
