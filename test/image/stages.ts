import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, stat, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import type { Instruction } from '../deploy/dockerfile.ts';
import { addNode, debianBase } from './base.ts';
import { runIn } from './chroot.ts';

const run = promisify(execFile);

/** What an image is, once it is built: a folder, and how a container of it starts. */
export interface BuiltStage {
  root: string;
  workingDirectory: string;
  environment: Record<string, string>;
  user: number;
  entrypoint: string[];
}

interface Build {
  /** The checkout: what COPY copies from. */
  context: string;
  /** An empty folder for the stages. */
  folder: string;
  log: (line: string) => void;
}

const path = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * Carries out a Dockerfile's instructions in their order, each stage in a folder of its own, RUN in a chroot.
 * @returns the last stage.
 * @throws Error with the instruction and what it printed.
 */
export async function buildStages(instructions: Instruction[], build: Build): Promise<BuiltStage> {
  const variables: Record<string, string> = {};
  const stages = new Map<string, BuiltStage>();
  let stage: BuiltStage | undefined;
  for (const { name, flags, text } of instructions) {
    const expanded = name === 'RUN' ? text : expand(text, variables);
    build.log(`${name} ${[...flags, expanded].join(' ').slice(0, 110)}`);
    if (name === 'ARG') {
      const [variable = '', value] = expanded.split('=');
      if (value !== undefined) variables[variable] = value;
    } else if (name === 'FROM') {
      const [base = '', , alias = `stage-${stages.size}`] = expanded.split(' ');
      stage = await startStage(base, { alias, stages, folder: build.folder });
      stages.set(alias, stage);
    } else if (stage === undefined) throw new Error(`${name} stands before FROM`);
    else await carryOut({ name, flags, text: expanded }, { stage, stages, build });
  }
  if (stage === undefined) throw new Error('the Dockerfile has no FROM');
  return stage;
}

function expand(text: string, variables: Record<string, string>): string {
  return text.replaceAll(/\$\{(\w+)\}/g, (_, name: string) => variables[name] ?? '');
}

async function startStage(
  base: string,
  { alias, stages, folder }: { alias: string; stages: Map<string, BuiltStage>; folder: string },
): Promise<BuiltStage> {
  const earlier = stages.get(base);
  const root = join(folder, alias);
  const release = /^(node|debian):(?:.*-)?(\w+)-slim$/.exec(base);
  if (earlier === undefined && release === null)
    throw new Error(`FROM ${base}: only node and Debian's slim images are known`);
  await run('cp', ['-a', earlier?.root ?? (await debianBase(release?.[2] ?? '')), root]);
  if (release?.[1] === 'node') await addNode(root);
  return {
    root,
    workingDirectory: earlier?.workingDirectory ?? '/',
    environment: { PATH: path, ...earlier?.environment },
    user: earlier?.user ?? 0,
    entrypoint: [],
  };
}

interface Place {
  stage: BuiltStage;
  stages: Map<string, BuiltStage>;
  build: Build;
}

async function carryOut({ name, flags, text }: Omit<Instruction, 'comments'>, place: Place): Promise<void> {
  const { stage } = place;
  if (name === 'RUN') await runStep(text, stage);
  else if (name === 'COPY') await copyStep(flags, text.split(' '), place);
  else if (name === 'WORKDIR') {
    stage.workingDirectory = text;
    await mkdir(join(stage.root, text), { recursive: true });
  } else if (name === 'ENV') Object.assign(stage.environment, Object.fromEntries([text.split('=')]));
  else if (name === 'USER') stage.user = Number(text.split(':')[0]);
  else if (name === 'ENTRYPOINT') stage.entrypoint = JSON.parse(text) as string[];
  else if (!['CMD', 'EXPOSE', 'HEALTHCHECK', 'LABEL'].includes(name)) throw new Error(`${name} is not known here`);
}

/** This machine's way to the package registries, below /run, which is not of the image. */
async function registryAccess(folder: string): Promise<Record<string, string>> {
  const apt = join(folder, '..', 'apt.conf');
  await writeFile(apt, 'Acquire::Check-Valid-Until "false"; Acquire::Check-Date "false";\n');
  const wanted = {
    '/run/apt.conf': apt,
    '/run/npmrc': join(homedir(), '.npmrc'),
    '/run/certificates.crt': '/etc/ssl/certs/ca-certificates.crt',
  };
  return Object.fromEntries(Object.entries(wanted).filter(([, source]) => existsSync(source)));
}

async function runStep(text: string, stage: BuiltStage): Promise<void> {
  const { root, workingDirectory, user } = stage;
  await run('cp', ['-L', '/etc/resolv.conf', '/etc/hosts', join(root, 'etc')]);
  const environment = {
    DEBIAN_FRONTEND: 'noninteractive',
    APT_CONFIG: '/run/apt.conf',
    NPM_CONFIG_USERCONFIG: '/run/npmrc',
    NPM_CONFIG_CACHE: '/run/npm',
    NODE_EXTRA_CA_CERTS: '/run/certificates.crt',
    ...stage.environment,
  };
  const command = ['/bin/sh', '-c', text];
  const shown = await registryAccess(root);
  const { code, output } = await runIn({ root, command, environment, workingDirectory, user, shown });
  if (code !== 0) throw new Error(`RUN ${text}\nended with ${code}:\n${output.slice(-3_000)}`);
}

/** As Docker copies: a folder's content, a file to a path or, when that ends with /, into it. */
async function copyStep(flags: string[], words: string[], { stage, stages, build }: Place): Promise<void> {
  const from = flags.find((flag) => flag.startsWith('--from='))?.slice('--from='.length);
  const source = from === undefined ? build.context : stages.get(from)?.root;
  if (source === undefined) throw new Error(`COPY --from=${from}: there is no such stage`);
  const targetText = words.at(-1) ?? '';
  const target = join(stage.root, resolve(stage.workingDirectory, targetText));
  for (const word of words.slice(0, -1)) {
    const path = join(source, word);
    const into = targetText.endsWith('/') && !(await stat(path)).isDirectory();
    await cp(path, into ? join(target, basename(path)) : target, { recursive: true, verbatimSymlinks: true });
  }
}
