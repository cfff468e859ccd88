import { spawn } from 'node:child_process';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
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
  /** What lies elsewhere and is found in that folder, such as `deploy` of a clone: its path by its name. */
  links?: Record<string, string>;
  /** What is run in place of what the page writes, such as the URL of a database. */
  instead?: Record<string, string>;
  /** Whether a block of which the page says nothing may show something. */
  mayShowMore?: boolean;
  /** Waits until what a block serves is there. */
  whenServing?: () => Promise<unknown>;
}

const bin = fileURLToPath(new URL('../../../bin', import.meta.url));

/** The absolute path of a page. */
export function runbookPath(name: string): string {
  return fileURLToPath(new URL(`../../../runbooks/${name}.md`, import.meta.url));
}

/** Runs the blocks of a runbook; see {@link runPage}. */
export function runBlocks(
  page: string,
  situation: Situation,
  chosen: (block: Block) => boolean = () => true,
): Promise<void> {
  return runPage(runbookPath(page), situation, chosen);
}

/**
 * Runs the blocks of a page one after the other, each by `bash -euo pipefail`; variables and functions go on from block to block. What
 * serves is ended in the end; what needs something that no test has is left out.
 * @throws Error with the line of the block, when it fails or shows something else than the page says.
 */
export async function runPage(
  path: string,
  situation: Situation,
  chosen: (block: Block) => boolean = () => true,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'runbook-'));
  const serving: Serving[] = [];
  try {
    await furnish(folder, situation);
    let section: string | undefined;
    for (const block of readRunbook(path).blocks.filter(chosen)) {
      if (block.section !== section) await situation.before?.[block.section]?.();
      section = block.section;
      if (block.needs !== undefined) continue;
      if (block.serves) serving.push(await serve(block, folder, situation));
      else await runBlock(`${path}:${block.line}`, block, folder, situation);
    }
  } finally {
    for (const { end } of serving) await end();
    await rm(folder, { recursive: true });
  }
}

async function furnish(folder: string, { files = {}, links = {} }: Situation): Promise<void> {
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
  for (const [name, target] of Object.entries(links)) await symlink(target, join(folder, name));
  await writeFile(join(folder, '.variables'), '');
}

interface Serving {
  end: () => Promise<void>;
}

async function serve({ script }: Block, folder: string, situation: Situation): Promise<Serving> {
  const running = bash(script, folder, situation, { ofItsOwn: true });
  const failed = running.ended.then(({ code, output }) => {
    throw new Error(`what was to serve ended with ${code}:\n${script}\n${output}`);
  });
  const end = async (): Promise<void> => {
    running.terminate();
    await running.ended;
  };
  try {
    await Promise.race([failed, situation.whenServing?.()]);
  } catch (error) {
    await end();
    throw error;
  }
  failed.catch(() => {});
  return { end };
}

async function runBlock(where: string, { script, shows }: Block, folder: string, situation: Situation): Promise<void> {
  const { code, output } = await bash(script, folder, situation).ended;
  if (code !== 0) throw new Error(`${where} ends with ${code}:\n${script}\n${output}`);
  if (shows === undefined && situation.mayShowMore === true) return;
  const said = replaced(output, situation.calls);
  const reason = difference(shows ?? '', said);
  if (reason !== undefined) throw new Error(`${where} shows something else than the page says: ${reason}`);
}

function replaced(text: string, replacements: Record<string, string> = {}): string {
  return Object.entries(replacements).reduce((changed, [here, there]) => changed.replaceAll(here, there), text);
}

interface Running {
  ended: Promise<{ code: number; output: string }>;
  /** SIGTERM to all that it has started. */
  terminate: () => void;
}

/** @param ofItsOwn whether it is the head of a process group, which can be ended as a whole */
function bash(
  script: string,
  cwd: string,
  { environment, programs, instead }: Situation,
  { ofItsOwn = false } = {},
): Running {
  const PATH = [...programs, bin, process.env['PATH'] ?? ''].join(delimiter);
  const env = { HOME: cwd, ...environment, PATH };
  // Standard error is what the reader sees, too; it is in its place among the lines.
  const around = `exec 2>&1\nsource .variables\nset -a\n${replaced(script, instead)}\nset +a\n{ declare -px; declare -f; } > .variables\n`;
  const child = spawn('bash', ['-euo', 'pipefail', '-c', around], {
    cwd,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: ofItsOwn,
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (output += chunk));
  const ended = new Promise<{ code: number; output: string }>((done, fail) => {
    child.once('error', fail);
    child.once('close', (code) => done({ code: code ?? 128, output }));
  });
  return {
    ended,
    terminate: () => {
      if (child.exitCode === null && child.pid !== undefined) process.kill(-child.pid, 'SIGTERM');
    },
  };
}
